/**
 * Keeps one person from approving in another's name: nobody makes a client certificate for somebody else who may approve and can sign in
 * already. They make it themselves, while they hold one; whoever lost all is taken out and let in anew, which they and the ledger see.
 */
import { isInternal } from '#kernel/access.ts';
import { forbidden } from '#kernel/errors.ts';
import type { AdmissionRequest } from '#kernel/kind.ts';
import { ClientCertificate, type ClientCertificateObject } from '../identity/client-certificate.ts';
import { approvesSomething } from './approvers.ts';

export function noDoublesAdmission({ kind, operation, object, actor, view }: AdmissionRequest): void {
  if (kind.resource !== ClientCertificate.resource || operation !== 'create' || isInternal(actor)) return;
  const { user } = (object as ClientCertificateObject).spec;
  // Whoever may not approve themselves is refused for what the credential would give.
  if (user === actor.name || !approvesSomething(view, user) || !approvesSomething(view, actor.name)) return;
  throw forbidden(
    { group: kind.group, kind: kind.plural, name: object.metadata.name },
    `"${user}" may approve what others ask for, and has a way in: only they make another credential for themselves. ` +
      'If they lost it, first delete their ClientCertificates, or invite their User anew',
  );
}

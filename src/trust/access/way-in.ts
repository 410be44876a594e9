/**
 * Lock-out guard, as a rule over changes: a realm always keeps a way in. There is nobody above an organization who could
 * let it back in, so its last administrator cannot revoke the last administrator's credential or binding.
 */
import { forbidden } from '#kernel/errors.ts';
import type { AdmissionRequest } from '#kernel/kind.ts';
import type { Condition } from '#kernel/object.ts';
import { realmType } from '#kernel/realm-id.ts';
import { ClientCertificate, type ClientCertificateObject } from '../identity/client-certificate.ts';
import { type Binding, type BindingSpec, holds, type Principal } from './grants.ts';
import { ADMINISTRATOR, bindingsIn, isInternal } from './guard.ts';
import { RoleBinding } from './role-binding.ts';

interface Credential {
  readonly uid: string;
  readonly principal: Principal;
}

/** Credentials that work: signed, not expired (its controller says so), not being deleted. */
function credentialsIn(request: AdmissionRequest): Credential[] {
  const credentials: Credential[] = [];
  for (const entry of request.view.entries(ClientCertificate)) {
    const { metadata, spec, status } = entry.object() as ClientCertificateObject;
    const ready = (status?.conditions as Condition[] | undefined)?.find(({ type }) => type === 'Ready');
    if (metadata.deletionTimestamp !== undefined || ready?.status !== 'True') continue;
    credentials.push({ uid: entry.uid, principal: { user: spec.user, groups: spec.groups ?? [] } });
  }
  return credentials;
}

const isWayIn = (bindings: readonly Binding[], credentials: readonly Credential[]): boolean =>
  credentials.some(({ principal }) => bindings.some(({ spec }) => holds(spec, principal)));

/** Refuses to take away the last way in. Internal actors may: they unmake whole realms. */
export function wayInAdmission(request: AdmissionRequest): void {
  const { kind, operation, actor, object, realm } = request;
  const isBinding = kind.resource === RoleBinding.resource;
  if (operation === 'create' || isInternal(actor)) return;
  if (!isBinding && (kind.resource !== ClientCertificate.resource || operation !== 'delete')) return;

  const role = ADMINISTRATOR[realmType(realm)];
  const bindings = bindingsIn(request.view, RoleBinding).filter(({ spec }) => spec.role === role);
  const credentials = credentialsIn(request);
  const { name, uid } = object.metadata;
  const changed = operation === 'delete' ? [] : [{ name, spec: object.spec as BindingSpec }];
  const bindingsAfter = isBinding
    ? [
        ...bindings.filter((other) => other.name !== name),
        ...changed.filter(({ spec }) => spec.role === role),
      ]
    : bindings;
  const credentialsAfter = isBinding ? credentials : credentials.filter((other) => other.uid !== uid);

  if (!isWayIn(bindings, credentials) || isWayIn(bindingsAfter, credentialsAfter)) return;
  throw forbidden(
    { group: kind.group, kind: kind.plural, name },
    `it is the last way in for role ${role}, and nobody could administer this realm without it; ` +
      `first give the role to somebody else whose ClientCertificate is ready`,
  );
}

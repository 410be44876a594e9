/**
 * Revocation: a certificate that counts no more, until it would have expired anyway. Lists of revoked certificates are made from these. Nobody
 * takes one back: it goes by itself.
 */

import { type Static, Type } from 'typebox';
import { isInternal } from '#kernel/access.ts';
import { forbidden } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CERTIFICATES_GROUP } from './api-group.ts';
import { REASON } from './issued-certificate.ts';

const SPEC = Type.Object({
  serial: Type.String({ pattern: '^[0-9a-f]{2,64}$', description: 'Serial number in lower-case hex.' }),
  issuer: Type.Integer({
    minimum: 0,
    description: 'Which of the realm’s issuers signed it; 0 is the region’s root.',
  }),
  reason: REASON,
  revokedAt: Type.String(),
  notAfter: Type.String({ description: 'When it would have expired.' }),
  certificate: Type.String({ maxLength: 600, description: 'What it was: <project>/<name>.' }),
});

export type RevocationSpec = Static<typeof SPEC>;

function guardRevocation({ actor, object }: AdmissionRequest): void {
  if (isInternal(actor)) return;
  throw forbidden(
    { group: CERTIFICATES_GROUP, kind: 'revocations', name: object.metadata.name },
    'revocations follow from deleting an IssuedCertificate, and go when it would have expired',
  );
}

export const Revocation = defineKind({
  group: CERTIFICATES_GROUP,
  version: 'v1',
  kind: 'Revocation',
  plural: 'revocations',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description: 'A certificate that was revoked and has not expired yet. It is on the list of its issuer.',
  spec: SPEC,
  columns: [
    { name: 'Certificate', type: 'string', description: 'What it was.', value: 'spec.certificate' },
    { name: 'Reason', type: 'string', description: 'Why.', value: 'spec.reason' },
    { name: 'Revoked', type: 'string', description: 'When.', value: 'spec.revokedAt' },
    { name: 'Expires', type: 'string', description: 'When it would have expired.', value: 'spec.notAfter' },
  ],
  immutable: ['spec'],
  admit: guardRevocation,
});

export type RevocationObject = ObjectOf<typeof Revocation>;

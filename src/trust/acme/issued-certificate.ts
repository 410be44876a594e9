/**
 * IssuedCertificate: a certificate that the organization's issuer signed. Only the ACME server makes one; deleting it revokes it: it holds
 * on, by a finalizer, until its Revocation is written.
 */

import { type Static, Type } from 'typebox';
import { isInternal } from '#kernel/access.ts';
import { forbidden } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import { REVOCATION_REASONS, type RevocationReason } from '../certificates/crl.ts';
import { CERTIFICATES_GROUP } from './api-group.ts';
import { NAMES_MAX } from './limits.ts';

export const REVOCATION_FINALIZER = `${CERTIFICATES_GROUP}/revocation`;
/** Label with the name of the account it was issued to. */
export const ACCOUNT_LABEL = `${CERTIFICATES_GROUP}/account`;

const CERTIFICATE_LENGTH_MAX = 16_384;

export const REASON = oneOf(Object.keys(REVOCATION_REASONS) as RevocationReason[], {
  description: 'Why it was revoked (RFC 5280, 5.3.1).',
});

const SPEC = Type.Object({
  names: Type.Array(Type.String({ maxLength: 253 }), { maxItems: NAMES_MAX, description: 'What it is for.' }),
  account: Type.Object({
    name: Type.String({ maxLength: 253, description: 'The AcmeAccount it was issued to.' }),
    uid: Type.String({ maxLength: 64 }),
  }),
  serial: Type.String({ maxLength: 64, description: 'Serial number in lower-case hex.' }),
  issuer: Type.Integer({ minimum: 1, description: 'Which of the organization’s issuers signed it.' }),
  keyType: Type.String({ maxLength: 32 }),
  notBefore: Type.String(),
  notAfter: Type.String(),
  certificate: Type.String({ maxLength: CERTIFICATE_LENGTH_MAX, description: 'In PEM.' }),
});

const STATUS = Type.Object({
  revocationReason: Type.Optional(REASON),
});

export type IssuedCertificateSpec = Static<typeof SPEC>;

function guardIssuedCertificate({ operation, actor, object }: AdmissionRequest): void {
  if (operation === 'delete' || isInternal(actor)) return;
  throw forbidden(
    { group: CERTIFICATES_GROUP, kind: 'issuedcertificates', name: object.metadata.name },
    'certificates are issued over ACME; make an AcmeAccount and give its eab to a client such as certbot',
  );
}

export const IssuedCertificate = defineKind({
  group: CERTIFICATES_GROUP,
  version: 'v1',
  kind: 'IssuedCertificate',
  plural: 'issuedcertificates',
  scope: 'Project',
  realms: ['organization'],
  description: 'A certificate of the organization’s issuer, got over ACME. Deleting it revokes it at once.',
  spec: SPEC,
  status: STATUS,
  columns: [
    {
      name: 'Names',
      type: 'string',
      description: 'What it is for.',
      value: (object) => (object.spec as IssuedCertificateSpec).names.join(','),
    },
    { name: 'Account', type: 'string', description: 'Who got it.', value: 'spec.account.name' },
    { name: 'Expires', type: 'string', description: 'When it ends.', value: 'spec.notAfter' },
    { name: 'Serial', type: 'string', description: 'Its serial number.', value: 'spec.serial', priority: 1 },
  ],
  immutable: ['spec'],
  normalize: (object) => bornWithFinalizer(object, REVOCATION_FINALIZER),
  admit: guardIssuedCertificate,
});

export type IssuedCertificateObject = ObjectOf<typeof IssuedCertificate>;

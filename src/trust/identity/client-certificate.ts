/**
 * ClientCertificate: what makes a certificate valid in a realm. The private key never comes here: the spec carries a
 * signing request, the controller answers with a certificate in the status. Deleting the object revokes it at once.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION } from '#kernel/kind-parts.ts';
import type { KubeObject } from '#kernel/object.ts';
import { ACCESS_GROUP } from '../access/api-group.ts';
import { REQUEST_LENGTH_MAX } from '../certificates/request.ts';
import { guardClientCertificate } from './guard.ts';

export const VALIDITY_DAYS_MAX = 825;
export const VALIDITY_DAYS_DEFAULT = 365;
const GROUPS_MAX = 32;

const SPEC = Type.Object({
  user: Type.String({
    minLength: 1,
    maxLength: 64,
    description: 'Who the certificate speaks for, such as "alice". Never "system:…".',
  }),
  groups: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      maxItems: GROUPS_MAX,
      description: 'Groups that role bindings may name. Never "system:…".',
    }),
  ),
  request: Type.String({
    minLength: 1,
    maxLength: REQUEST_LENGTH_MAX,
    description:
      'A PKCS#10 signing request in PEM. Only its key counts (P-256, P-384, Ed25519, or RSA of 3072 bits or more); its subject is ignored.',
  }),
  validity_days: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: VALIDITY_DAYS_MAX,
      default: VALIDITY_DAYS_DEFAULT,
      description: 'How many days the certificate is valid, from when it is signed.',
    }),
  ),
});

const STATUS = Type.Object({
  certificate: Type.Optional(Type.String({ description: 'The signed certificate in PEM.' })),
  serial: Type.Optional(Type.String({ description: 'Its serial number in lower-case hex.' })),
  notBefore: Type.Optional(Type.String({ description: 'When it begins to be valid.' })),
  notAfter: Type.Optional(Type.String({ description: 'When it stops being valid.' })),
  observedGeneration: OBSERVED_GENERATION,
  conditions: CONDITIONS,
});

const specOf = (object: KubeObject) => object.spec as Static<typeof SPEC>;
const statusOf = (object: KubeObject) => object.status as Static<typeof STATUS> | undefined;

export const ClientCertificate = defineKind({
  group: ACCESS_GROUP,
  version: 'v1',
  kind: 'ClientCertificate',
  plural: 'clientcertificates',
  shortNames: ['cc'],
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'A user’s credential in this realm: a signing request and the certificate that answers it. It counts only while this object lives; deleting it revokes it at once.',
  spec: SPEC,
  status: STATUS,
  columns: [
    { name: 'User', type: 'string', description: 'Who it speaks for.', value: 'spec.user' },
    {
      name: 'Groups',
      type: 'string',
      description: 'Groups it carries.',
      value: (object) => specOf(object).groups?.join(','),
    },
    {
      name: 'Ready',
      type: 'string',
      description: 'Whether it was signed.',
      value: (object) => statusOf(object)?.conditions?.find((c) => c.type === 'Ready')?.status,
    },
    { name: 'Expires', type: 'string', description: 'When it expires.', value: 'status.notAfter' },
    { name: 'Serial', type: 'string', description: 'Serial number.', value: 'status.serial', priority: 1 },
  ],
  immutable: ['spec'],
  admit: (request) => guardClientCertificate(request),
});

export type ClientCertificateObject = ObjectOf<typeof ClientCertificate>;

/**
 * AcmeAccount: leave for one ACME client to get certificates for names of a project. Somebody of the organization makes it; the client
 * binds its own key to it once, with the key that the action `eab` gives (RFC 8555 §7.3.4). Deleting it ends what the client may do at once.
 */
import { type Static, Type } from 'typebox';
import { invalid, type StatusCause } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import { SET } from '#kernel/list-type.ts';
import { CERTIFICATES_GROUP } from './api-group.ts';
import {
  CERTIFICATES_PER_ACCOUNT_DEFAULT,
  CERTIFICATES_PER_ACCOUNT_MAX,
  CONTACT_LENGTH_MAX,
  CONTACTS_MAX,
  PATTERNS_MAX,
  VALIDITY_DAYS_MAX,
} from './limits.ts';
import { parseInstanceName } from './names.ts';

const SPEC = Type.Object({
  names: Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
    ...SET,
    minItems: 1,
    maxItems: PATTERNS_MAX,
    description:
      'Names it may get certificates for, each <instance>.<network>.<project>.<organization>.internal in this project; * in place of the instance stands for any one of that network.',
  }),
  validation: Type.Optional(
    oneOf(['policy', 'http-01'], {
      default: 'policy',
      description:
        'policy: this object is what authorizes, and the instance has to exist. http-01: the client also has to answer at the instance’s port 80, through a Forward that lets the region in.',
    }),
  ),
  validity_days: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: VALIDITY_DAYS_MAX,
      default: VALIDITY_DAYS_MAX,
      description: 'How many days its certificates are valid.',
    }),
  ),
  certificates_max: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: CERTIFICATES_PER_ACCOUNT_MAX,
      default: CERTIFICATES_PER_ACCOUNT_DEFAULT,
      description: 'How many certificates it may have that have not expired.',
    }),
  ),
});

const KEY_PART = Type.Optional(Type.String({ maxLength: 2_048 }));

const STATUS = Type.Object({
  state: oneOf(['pending', 'valid', 'deactivated'], {
    description: 'pending: no client has bound its key yet. deactivated: the client gave it up, for good.',
  }),
  key: Type.Optional(
    Type.Object(
      {
        kty: Type.String({ maxLength: 8 }),
        crv: KEY_PART,
        x: KEY_PART,
        y: KEY_PART,
        n: KEY_PART,
        e: KEY_PART,
      },
      { description: 'The client’s public key, as a JSON Web Key.' },
    ),
  ),
  thumbprint: Type.Optional(Type.String({ description: 'Of that key (RFC 7638, SHA-256).' })),
  contacts: Type.Optional(
    Type.Array(Type.String({ maxLength: CONTACT_LENGTH_MAX }), {
      maxItems: CONTACTS_MAX,
      description: 'What the client gave as contacts.',
    }),
  ),
  registeredAt: Type.Optional(Type.String({ description: 'When the client bound its key.' })),
});

export type AcmeAccountSpec = Static<typeof SPEC>;
export type AcmeAccountStatus = Static<typeof STATUS>;

function guardAccount({ operation, object, realm }: AdmissionRequest): void {
  if (operation === 'delete') return;
  const { name, namespace } = object.metadata;
  const causes: StatusCause[] = [];
  (object.spec as AcmeAccountSpec).names.forEach((pattern, at) => {
    const parsed = parseInstanceName(realm, pattern);
    if (parsed !== undefined && parsed.project === namespace) return;
    causes.push({
      reason: 'FieldValueInvalid',
      field: `spec.names[${at}]`,
      message: `"${pattern}" is not a name of this project; write <instance>.<network>.${namespace}.${realm.slice('/orgs/'.length)}.internal`,
    });
  });
  if (causes.length > 0) throw invalid({ group: CERTIFICATES_GROUP, kind: 'AcmeAccount', name }, causes);
}

export const AcmeAccount = defineKind({
  group: CERTIFICATES_GROUP,
  version: 'v1',
  kind: 'AcmeAccount',
  plural: 'acmeaccounts',
  scope: 'Project',
  realms: ['organization'],
  description:
    'Leave for one ACME client (certbot, say) to get certificates for names of this project. The action eab gives what it registers with.',
  spec: SPEC,
  status: STATUS,
  initialStatus: { state: 'pending' },
  columns: [
    { name: 'State', type: 'string', description: 'Whether a client has registered.', value: 'status.state' },
    { name: 'Validation', type: 'string', description: 'What proves names.', value: 'spec.validation' },
    {
      name: 'Names',
      type: 'string',
      description: 'What it may get certificates for.',
      value: (object) => (object.spec as AcmeAccountSpec).names.join(','),
    },
  ],
  subresources: {
    eab: {
      type: 'action',
      description:
        'Gives the key id and the HMAC key that one client registers with. It works once: until a client has bound its key.',
      request: Type.Object({}),
      response: Type.Object({
        directory: Type.String({ description: 'Address of the ACME directory.' }),
        kid: Type.String({ description: 'certbot: --eab-kid.' }),
        hmacKey: Type.String({ description: 'certbot: --eab-hmac-key. Secret.' }),
      }),
    },
  },
  admit: guardAccount,
});

export type AcmeAccountObject = ObjectOf<typeof AcmeAccount>;

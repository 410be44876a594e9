/**
 * Credential: one thing that a User signs in with. Everything in it that proves anything is in `spec.sealed`, encrypted under the realm's
 * key and bound to this person; the API gives nobody more than that ciphertext, and no role reads even that. Only the sign-in code makes
 * or changes one: a password that an administrator could set would let them sign in as somebody else. Deleting one is an administrator's
 * right, as is the person's own on their account page.
 */

import { Type } from 'typebox';
import { isInternal } from '#kernel/access.ts';
import { forbidden } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import { IDENTITY_GROUP } from '../api-group.ts';

export const CREDENTIAL_TYPES = ['passkey', 'password', 'totp', 'recovery-codes'] as const;
export type CredentialType = (typeof CREDENTIAL_TYPES)[number];

export const CREDENTIAL_LABEL_LENGTH_MAX = 64;
const SEALED_LENGTH_MAX = 16_384;

const SPEC = Type.Object({
  user: Type.String({ minLength: 1, maxLength: 64, description: 'The name of the User it belongs to.' }),
  type: oneOf(CREDENTIAL_TYPES, {
    description: 'passkey; password and totp, which only count together; recovery-codes, in place of totp.',
  }),
  label: Type.Optional(
    Type.String({
      maxLength: CREDENTIAL_LABEL_LENGTH_MAX,
      description: 'What its owner calls it, "Blue key".',
    }),
  ),
  left: Type.Optional(Type.Integer({ minimum: 0, description: 'Of recovery codes: how many are left.' })),
  lastUsedAt: Type.Optional(Type.String({ description: 'When somebody last signed in with it.' })),
  sealed: Type.String({
    maxLength: SEALED_LENGTH_MAX,
    description: 'What proves it, encrypted under the realm’s key: of no use to whoever reads it.',
  }),
});

/** Only our own code makes and changes credentials. */
function guardCredential({ operation, actor, object }: AdmissionRequest): void {
  if (operation === 'delete' || isInternal(actor)) return;
  throw forbidden(
    { group: IDENTITY_GROUP, kind: 'credentials', name: object.metadata.name },
    'credentials are made on the sign-in pages, by the person they belong to; send them an Invitation',
  );
}

export const Credential = defineKind({
  group: IDENTITY_GROUP,
  version: 'v1',
  kind: 'Credential',
  plural: 'credentials',
  scope: 'Realm',
  realms: ['region', 'organization'],
  secret: true,
  description:
    'Something that a User signs in with. Made on the sign-in pages only; what is secret in it nobody can read. Deleting it takes it away from its owner at once.',
  spec: SPEC,
  columns: [
    { name: 'User', type: 'string', description: 'Whose it is.', value: 'spec.user' },
    { name: 'Type', type: 'string', description: 'What it is.', value: 'spec.type' },
    { name: 'Label', type: 'string', description: 'What its owner calls it.', value: 'spec.label' },
    { name: 'Last Used', type: 'date', description: 'When it was last used.', value: 'spec.lastUsedAt' },
  ],
  immutable: ['spec.user', 'spec.type'],
  admit: guardCredential,
});

export type CredentialObject = ObjectOf<typeof Credential>;

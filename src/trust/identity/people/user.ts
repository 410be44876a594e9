/**
 * User: a person of one realm. `metadata.name` is what role bindings and groups name; the uid is what tokens and sessions name, so that
 * somebody made anew under an old name inherits nothing of theirs. How a person proves who they are is in Credentials that they own.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import { SET } from '#kernel/list-type.ts';
import type { KubeObject } from '#kernel/object.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import { IDENTITY_GROUP } from '../api-group.ts';
import { provisionedBy } from './provisioner.ts';

/** Holds a removed User until nothing names them any more. They count no more all the same. */
export const REMOVAL_FINALIZER = `${IDENTITY_GROUP}/removal`;
const FEDERATED_GROUPS_MAX = 256;
/** Languages that the sign-in pages speak. */
export const LOCALES = ['en', 'de', 'fr'] as const;

const SPEC = Type.Object({
  displayName: Type.String({ minLength: 1, maxLength: 200, description: 'What others see, "Alice Muller".' }),
  email: Type.Optional(
    Type.String({
      minLength: 3,
      maxLength: 254,
      pattern: '^[^\\s@<>"]+@[^\\s@<>"]+$',
      description: 'Where to reach them. Told to applications that they sign in to.',
    }),
  ),
  disabled: Type.Optional(
    Type.Boolean({
      description:
        'True: cannot sign in, and whatever they are signed in with is refused at once, their client certificates too.',
    }),
  ),
  locale: Type.Optional(oneOf(LOCALES, { description: 'The language they prefer.' })),
  identityProvider: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 253,
      description:
        'The IdentityProvider that says who they are. Absent: they sign in here, with Credentials.',
    }),
  ),
  subject: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 512,
      description: 'What that provider calls them: the subject that it never gives to anybody else.',
    }),
  ),
  provisionedBy: provisionedBy('The SCIM client that sees, changes and removes them. Absent: none does.'),
});

const STATUS = Type.Object({
  federatedGroups: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      ...SET,
      maxItems: FEDERATED_GROUPS_MAX,
      description: 'Groups that their identity provider put them into when they last signed in.',
    }),
  ),
  lastSignInAt: Type.Optional(Type.String({ description: 'When they last signed in.' })),
  credentials: Type.Optional(
    Type.Object(
      {
        passkeys: Type.Integer({ description: 'Number of passkeys.' }),
        password: Type.Boolean({ description: 'Whether they have a password.' }),
        authenticator: Type.Boolean({ description: 'Whether an authenticator app is set up.' }),
        recoveryCodes: Type.Integer({ description: 'Recovery codes that were not used yet.' }),
      },
      { description: 'What they can sign in with. Never a secret.' },
    ),
  ),
});

const specOf = (object: KubeObject) => object.spec as Static<typeof SPEC>;
const statusOf = (object: KubeObject) => object.status as Static<typeof STATUS> | undefined;

/** `2 passkeys, password` as a column shows it. */
function meansOf(object: KubeObject): string | undefined {
  const { identityProvider } = specOf(object);
  if (identityProvider !== undefined) return `by ${identityProvider}`;
  const { credentials } = statusOf(object) ?? {};
  if (credentials === undefined) return undefined;
  const { passkeys, password, authenticator } = credentials;
  const means = [
    ...(passkeys === 0 ? [] : [passkeys === 1 ? '1 passkey' : `${passkeys} passkeys`]),
    ...(password && authenticator ? ['password and code'] : []),
  ];
  return means.length === 0 ? 'nothing yet' : means.join(', ');
}

export const User = defineKind({
  group: IDENTITY_GROUP,
  version: 'v1',
  kind: 'User',
  plural: 'users',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'A person of this realm. Invite them (Invitation) to let them choose what they sign in with. Deleting or disabling one ends at once everything they are signed in to; deleting one also takes their certificates and their name out of whatever names them.',
  spec: SPEC,
  status: STATUS,
  normalize: (object) => bornWithFinalizer(object, REMOVAL_FINALIZER),
  columns: [
    { name: 'Display Name', type: 'string', description: 'What others see.', value: 'spec.displayName' },
    {
      name: 'State',
      type: 'string',
      description: 'active or disabled.',
      value: (object) => (specOf(object).disabled === true ? 'disabled' : 'active'),
    },
    { name: 'Signs In With', type: 'string', description: 'What they sign in with.', value: meansOf },
    { name: 'Last Sign-In', type: 'date', description: 'When they last did.', value: 'status.lastSignInAt' },
    { name: 'Email', type: 'string', description: 'Where to reach them.', value: 'spec.email', priority: 1 },
  ],
});

export type UserObject = ObjectOf<typeof User>;
export type UserStatus = NonNullable<UserObject['status']>;

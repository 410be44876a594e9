/**
 * Session: somebody's sign-in to one client. It is what tokens stand on: they count only while it lives, so deleting it signs out at once,
 * in every process. Only the OpenID Provider makes one.
 */

import { Type } from 'typebox';
import { isInternal } from '#kernel/access.ts';
import { forbidden } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import { IDENTITY_GROUP } from '../api-group.ts';

const NAME_LENGTH_MAX = 253;

/** Holds an ended Session until its client was told. It counts no more all the same. */
export const TELL_FINALIZER = `${IDENTITY_GROUP}/back-channel-logout`;

const SPEC = Type.Object({
  user: Type.String({ maxLength: NAME_LENGTH_MAX, description: 'The name of the User who signed in.' }),
  userUid: Type.String({
    maxLength: 64,
    description: 'The uid of that User: another of the same name is somebody else.',
  }),
  strength: oneOf(['passkey', 'password+totp', 'federated'], {
    description: 'How they proved who they are.',
  }),
  client: Type.String({
    maxLength: NAME_LENGTH_MAX,
    description: 'What they signed in to: casemate-cli, casemate-console, or an OAuthClient.',
  }),
  startedAt: Type.String({ description: 'When they proved it.' }),
  expiresAt: Type.String({ description: 'When it ends by itself.' }),
});

/** Only the OpenID Provider makes sessions, after somebody proved who they are. */
function guardSession({ operation, actor, object }: AdmissionRequest): void {
  if (operation === 'delete' || isInternal(actor)) return;
  throw forbidden(
    { group: IDENTITY_GROUP, kind: 'sessions', name: object.metadata.name },
    'sessions begin by signing in; run casemate login',
  );
}

export const Session = defineKind({
  group: IDENTITY_GROUP,
  version: 'v1',
  kind: 'Session',
  plural: 'sessions',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'Somebody’s sign-in to one client. Its tokens count only while it lives: deleting it signs them out at once.',
  spec: SPEC,
  columns: [
    { name: 'User', type: 'string', description: 'Who signed in.', value: 'spec.user' },
    { name: 'Client', type: 'string', description: 'To what.', value: 'spec.client' },
    { name: 'Strength', type: 'string', description: 'How they proved it.', value: 'spec.strength' },
    { name: 'Expires', type: 'string', description: 'When it ends.', value: 'spec.expiresAt' },
  ],
  immutable: ['spec'],
  admit: guardSession,
});

export type SessionObject = ObjectOf<typeof Session>;

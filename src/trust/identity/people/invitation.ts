/**
 * Invitation: lets a User choose what they sign in with, once. Its action `link` answers the one link there is of it, whose secret is
 * kept nowhere but in that answer; the object has its digest. For somebody who has credentials already it replaces them all, so that
 * nobody can quietly add a way in to another's account: the owner notices when their own stop working.
 */
import { type Static, Type } from 'typebox';
import { rfc3339 } from '#kernel/clock.ts';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import { IDENTITY_GROUP } from '../api-group.ts';

/** Seven days. */
export const VALID_HOURS_MAX = 168;
export const VALID_HOURS_DEFAULT = 72;

const SPEC = Type.Object({
  user: Type.String({ minLength: 1, maxLength: 64, description: 'The name of the User who is invited.' }),
  validHours: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: VALID_HOURS_MAX,
      default: VALID_HOURS_DEFAULT,
      description: 'How many hours its link works, from when this object was made; at most seven days.',
    }),
  ),
});

const STATUS = Type.Object({
  linkDigest: Type.Optional(
    Type.String({ description: 'SHA-256 of the link’s secret, in base64url; the secret itself is nowhere.' }),
  ),
  userUid: Type.Optional(
    Type.String({
      description: 'The uid of the User then: a later one of that name is not who was invited.',
    }),
  ),
  linkedAt: Type.Optional(Type.String({ description: 'When the link was asked for.' })),
  usedAt: Type.Optional(Type.String({ description: 'When the link was used: it works no more.' })),
});

const specOf = (object: KubeObject) => object.spec as Static<typeof SPEC>;

/** Milliseconds since the Unix epoch when an invitation ends. */
export function endOf(object: KubeObject): number {
  const hours = specOf(object).validHours ?? VALID_HOURS_DEFAULT;
  return Date.parse(object.metadata.creationTimestamp) + hours * 3_600_000;
}

function stateOf(object: KubeObject): string {
  const { linkDigest, usedAt } = (object.status as Static<typeof STATUS> | undefined) ?? {};
  if (usedAt !== undefined) return 'used';
  return linkDigest === undefined ? 'no link yet' : 'open';
}

export const Invitation = defineKind({
  group: IDENTITY_GROUP,
  version: 'v1',
  kind: 'Invitation',
  plural: 'invitations',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'Lets a User choose a passkey, or a password and an authenticator app, by a link that works once. What they had before is replaced.',
  spec: SPEC,
  status: STATUS,
  subresources: {
    link: {
      type: 'action',
      description: 'Answers the link, once: hand it over safely, for who opens it becomes the User.',
      request: Type.Object({}),
      response: Type.Object({
        url: Type.String({ description: 'The link.' }),
        expiresAt: Type.String({ description: 'When it stops working.' }),
      }),
    },
  },
  columns: [
    { name: 'User', type: 'string', description: 'Who is invited.', value: 'spec.user' },
    { name: 'State', type: 'string', description: 'no link yet, open or used.', value: stateOf },
    {
      name: 'Expires',
      type: 'string',
      description: 'When its link stops working.',
      value: (object) => rfc3339(endOf(object)),
    },
  ],
  immutable: ['spec'],
});

export type InvitationObject = ObjectOf<typeof Invitation>;

/**
 * Group: people who hold roles together. Role bindings name groups by their `metadata.name`. Whoever adds somebody to a group must hold
 * what the group holds; see `guard.ts`.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { SET } from '#kernel/list-type.ts';
import type { KubeObject } from '#kernel/object.ts';
import { IDENTITY_GROUP } from '../api-group.ts';
import { provisionedBy } from './provisioner.ts';

export const MEMBERS_MAX = 5_000;

const SPEC = Type.Object({
  displayName: Type.Optional(Type.String({ maxLength: 200, description: 'What others see.' })),
  members: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      ...SET,
      maxItems: MEMBERS_MAX,
      description: 'Names of Users, each once. Who is removed as a User leaves every group.',
    }),
  ),
  provisionedBy: provisionedBy(
    'The SCIM client that may put the people it provisions into this group, whatever roles the group holds. Whoever sets it must hold them.',
  ),
});

const specOf = (object: KubeObject) => object.spec as Static<typeof SPEC> | undefined;

export const Group = defineKind({
  group: IDENTITY_GROUP,
  version: 'v1',
  kind: 'Group',
  plural: 'groups',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description: 'People who hold roles together: a RoleBinding names it, its members hold the role.',
  spec: SPEC,
  columns: [
    { name: 'Display Name', type: 'string', description: 'What others see.', value: 'spec.displayName' },
    {
      name: 'Members',
      type: 'integer',
      description: 'How many people are in it.',
      value: (object) => specOf(object)?.members?.length ?? 0,
    },
  ],
});

export type GroupObject = ObjectOf<typeof Group>;

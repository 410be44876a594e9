/**
 * RoleBinding: who holds which built-in role in a realm, in one project or in all. Deleting it takes the role away at
 * once. What may be bound by whom is decided in `guard.ts`, inside the lane.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import { guardRoleBinding } from './guard.ts';
import { ROLE_NAMES } from './roles.ts';

export const ACCESS_GROUP = 'access.casemate.internal';
const SUBJECTS_MAX = 256;

const SPEC = Type.Object({
  role: Type.Enum([...ROLE_NAMES], {
    description:
      'In the region: region-operator, region-auditor. In an organization: organization-admin, organization-auditor, project-editor, project-viewer.',
  }),
  project: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 63,
      description:
        'The one project that a project-editor or project-viewer binding covers; absent: every project.',
    }),
  ),
  subjects: Type.Array(
    Type.Object({
      kind: Type.Enum(['User', 'Group'], { description: 'User or Group.' }),
      name: Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'As in the ClientCertificate’s spec.user or spec.groups.',
      }),
    }),
    { minItems: 1, maxItems: SUBJECTS_MAX, description: 'Who holds the role.' },
  ),
});

const specOf = (object: KubeObject) => object.spec as Static<typeof SPEC>;

export const RoleBinding = defineKind({
  group: ACCESS_GROUP,
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  shortNames: ['rb'],
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'Gives a built-in role to users and groups of this realm, in one project or in all. Effective at once; so is deleting it.',
  spec: SPEC,
  columns: [
    { name: 'Role', type: 'string', description: 'The built-in role.', value: 'spec.role' },
    {
      name: 'Project',
      type: 'string',
      description: 'The project it covers; * for all.',
      value: (object) => specOf(object).project ?? '*',
    },
    {
      name: 'Subjects',
      type: 'string',
      description: 'Who holds the role.',
      value: (object) =>
        specOf(object)
          .subjects.map((subject) => (subject.kind === 'Group' ? `group:${subject.name}` : subject.name))
          .join(','),
    },
  ],
  immutable: ['spec.role', 'spec.project'],
  admit: (request) => guardRoleBinding(request),
});

export type RoleBindingObject = ObjectOf<typeof RoleBinding>;

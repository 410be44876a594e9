/**
 * RoleBinding: who holds which role in a realm, built-in or its own, in one project or in all. Deleting it takes the role away at
 * once. What may be bound by whom is decided in `guard.ts`, inside the lane.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import type { KubeObject } from '#kernel/object.ts';
import { ACCESS_GROUP } from './api-group.ts';
import { type Subject, subjectText } from './grants.ts';
import { guardRoleBinding } from './guard.ts';

export const SUBJECTS_MAX = 256;

/** Users, groups and service accounts, as bindings and guardrails name them. */
export const SUBJECT = Type.Object({
  kind: oneOf(['User', 'Group', 'ServiceAccount'], { description: 'User, Group or ServiceAccount.' }),
  name: Type.String({
    minLength: 1,
    maxLength: 64,
    description:
      'As its User, Group or ServiceAccount is named, or as in a ClientCertificate’s spec.user or spec.groups.',
  }),
  project: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 63,
      description: 'Of a service account: the project it belongs to.',
    }),
  ),
});

const SPEC = Type.Object({
  role: Type.String({
    minLength: 1,
    maxLength: 253,
    description:
      'A Role of this realm, or a built-in one. In the region: region-operator, region-auditor, region-security. In an organization: organization-admin, organization-auditor, security-officer, key-custodian, project-editor, project-viewer.',
  }),
  project: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 63,
      description:
        'The one project that the binding covers, for roles that can be narrowed; absent: every project.',
    }),
  ),
  subjects: Type.Array(SUBJECT, {
    minItems: 1,
    maxItems: SUBJECTS_MAX,
    description: 'Who holds the role.',
  }),
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
    'Gives a role to users, groups and service accounts of this realm, in one project or in all. Effective at once; so is deleting it.',
  spec: SPEC,
  columns: [
    { name: 'Role', type: 'string', description: 'The role.', value: 'spec.role' },
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
          .subjects.map((subject) => subjectText(subject as Subject))
          .join(','),
    },
  ],
  immutable: ['spec.role', 'spec.project'],
  admit: (request) => guardRoleBinding(request),
});

export type RoleBindingObject = ObjectOf<typeof RoleBinding>;

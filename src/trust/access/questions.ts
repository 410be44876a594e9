/**
 * Questions about who may do what: Kubernetes' own reviews of somebody else's access, and AccessQuestion for what these cannot ask.
 * Shapes only; `answers.ts` answers.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type Kind } from '#kernel/kind.ts';
import { ACCESS_GROUP } from './api-group.ts';

const TEXT_LENGTH_MAX = 512;
const GROUPS_MAX = 256;

const text = (description: string) => Type.Optional(Type.String({ maxLength: TEXT_LENGTH_MAX, description }));
const groups = Type.Optional(
  Type.Array(Type.String({ maxLength: 253 }), {
    maxItems: GROUPS_MAX,
    description: 'Their groups; absent: those that the realm knows them to be in.',
  }),
);

const ATTRIBUTES = Type.Object({
  namespace: text('The project; empty for all of them, or for resources of the realm.'),
  verb: text('get, list, watch, create, update, patch, delete or deletecollection.'),
  group: text('The API group; empty for the core group.'),
  version: text('The version of the group.'),
  resource: text('The plural.'),
  subresource: text('status, exec, log, …'),
  name: text('One object; empty for all.'),
});

const SUBJECT_REVIEW = Type.Object({
  user: text('Who; a service account as system:serviceaccount:<project>:<name>.'),
  groups,
  uid: text('Not looked at.'),
  extra: Type.Optional(
    Type.Record(Type.String(), Type.Array(Type.String()), { description: 'Not looked at.' }),
  ),
  resourceAttributes: Type.Optional(ATTRIBUTES),
  nonResourceAttributes: Type.Optional(
    Type.Object({ path: text('A URL path.'), verb: text('get, post, …') }),
  ),
});

const REVIEW_STATUS = Type.Object({
  allowed: Type.Boolean({ description: 'Whether they may.' }),
  denied: Type.Optional(
    Type.Boolean({ description: 'Whether a guardrail forbids it, whatever roles they hold.' }),
  ),
  reason: text('What decided.'),
});

const authorization = {
  group: 'authorization.k8s.io',
  version: 'v1',
  realms: ['region', 'organization'],
  review: true,
  spec: SUBJECT_REVIEW,
  status: REVIEW_STATUS,
} as const;

export type SubjectReviewSpec = Static<typeof SUBJECT_REVIEW>;
export type Attributes = Static<typeof ATTRIBUTES>;

export const SubjectAccessReview = defineKind({
  ...authorization,
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  scope: 'Realm',
  description: 'Asks whether somebody may do one thing.',
});

export const LocalSubjectAccessReview = defineKind({
  ...authorization,
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  scope: 'Project',
  description: 'Asks whether somebody may do one thing in this project.',
});

const POLICY = Type.Object({
  kind: Type.String({ description: 'RoleBinding, Guardrail, or BuiltIn for what holds everywhere.' }),
  name: Type.String(),
  role: text('Of a RoleBinding: the role it gives.'),
  project: text('Of a RoleBinding: the one project it covers.'),
  message: text('Of a Guardrail: what it says.'),
});

const PERSON = {
  user: text('Who; a service account as system:serviceaccount:<project>:<name>.'),
  groups,
};

const QUESTION = Type.Object({
  whoCan: Type.Optional(ATTRIBUTES),
  of: Type.Optional(
    Type.Object({ ...PERSON, project: text('What they may do there; absent: in the realm.') }),
  ),
  why: Type.Optional(
    Type.Object({
      ...PERSON,
      address: text('From which address they would ask; absent: one that nobody knows.'),
      strength: text(
        'How they would have signed in: certificate, password+totp, passkey, federated or token.',
      ),
      attributes: ATTRIBUTES,
    }),
  ),
});

export type AccessQuestionSpec = Static<typeof QUESTION>;

const REACHING = Type.Object({
  kind: Type.String({ description: 'User, Group or ServiceAccount.' }),
  name: Type.String(),
  policies: Type.Array(POLICY, { description: 'What decides it.' }),
  groups: Type.Optional(Type.Array(Type.String(), { description: 'Of a user: their groups.' })),
});

const ANSWER = Type.Object({
  allowed: Type.Optional(Type.Boolean({ description: 'Of why: whether they may.' })),
  reason: text('Of why: what decided, in words.'),
  policies: Type.Optional(Type.Array(POLICY, { description: 'Of why: the policies that decided.' })),
  roles: Type.Optional(Type.Array(Type.String(), { description: 'Of why: roles that would allow it.' })),
  administrators: Type.Optional(
    Type.Array(Type.String(), { description: 'Of why: who could give such a role.' }),
  ),
  subjects: Type.Optional(
    Type.Array(REACHING, {
      description: 'Of whoCan: who may, users with their groups taken into account.',
    }),
  ),
  forbidden: Type.Optional(
    Type.Array(REACHING, {
      description:
        'Of whoCan: who holds a role that allows it, and is kept from it by a guardrail as things are; what nobody knows of them counts against them.',
    }),
  ),
  incomplete: Type.Optional(Type.Boolean({ description: 'Of whoCan: whether there may be more.' })),
  grants: Type.Optional(Type.Array(POLICY, { description: 'Of of: the roles they hold, and by what.' })),
  groups: Type.Optional(
    Type.Array(Type.String(), { description: 'Of of: the groups they were taken to be in.' }),
  ),
  resourceRules: Type.Optional(
    Type.Array(
      Type.Object({
        verbs: Type.Array(Type.String()),
        apiGroups: Type.Array(Type.String()),
        resources: Type.Array(Type.String()),
        resourceNames: Type.Optional(Type.Array(Type.String())),
      }),
      { description: 'Of of: everything they may do.' },
    ),
  ),
});

export type AccessAnswer = Static<typeof ANSWER>;

export const AccessQuestion = defineKind({
  group: ACCESS_GROUP,
  version: 'v1',
  kind: 'AccessQuestion',
  plural: 'accessquestions',
  scope: 'Realm',
  realms: ['region', 'organization'],
  review: true,
  description:
    'Asks who can reach something (whoCan), what somebody can do (of), or why somebody may or may not do something (why). One of the three.',
  spec: QUESTION,
  status: ANSWER,
});

export const QUESTION_KINDS: readonly Kind[] = [
  SubjectAccessReview,
  LocalSubjectAccessReview,
  AccessQuestion,
];

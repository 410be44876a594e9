/**
 * The questions a client may ask about itself: `kubectl auth can-i`, `kubectl auth whoami`. Shapes only; `reviews.ts` answers.
 */
import { Type } from 'typebox';
import { defineKind, type Kind } from '../kind.ts';

const Text = (description: string) => Type.Optional(Type.String({ description }));
const Texts = (description: string) => Type.Optional(Type.Array(Type.String(), { description }));

const common = { scope: 'Realm', realms: ['region', 'organization'] } as const;

export const SelfSubjectAccessReview = defineKind({
  ...common,
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  description: 'Asks whether you may do one thing.',
  spec: Type.Object({
    resourceAttributes: Type.Optional(
      Type.Object({
        namespace: Text('The project; empty for all of them, or for resources of the realm.'),
        verb: Text('get, list, watch, create, update, patch, delete or deletecollection.'),
        group: Text('The API group; empty for the core group.'),
        version: Text('The version of the group.'),
        resource: Text('The plural.'),
        subresource: Text('status, exec, log, …'),
        name: Text('One object; empty for all.'),
      }),
    ),
    nonResourceAttributes: Type.Optional(
      Type.Object({ path: Text('A URL path.'), verb: Text('get, post, …') }),
    ),
  }),
  status: Type.Object({
    allowed: Type.Boolean({ description: 'Whether you may.' }),
    reason: Text('What decided.'),
  }),
});

export const SelfSubjectRulesReview = defineKind({
  ...common,
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  description: 'Asks for everything you may do in a project.',
  spec: Type.Object({ namespace: Text('The project.') }),
  status: Type.Object({
    resourceRules: Type.Array(
      Type.Object({
        verbs: Type.Array(Type.String()),
        apiGroups: Texts('API groups.'),
        resources: Texts('Plurals.'),
        resourceNames: Texts('Names; absent for all.'),
      }),
    ),
    nonResourceRules: Type.Array(
      Type.Object({ verbs: Type.Array(Type.String()), nonResourceURLs: Texts('URL paths.') }),
    ),
    incomplete: Type.Boolean({ description: 'Whether there may be more than is listed.' }),
  }),
});

const selfSubjectReview = {
  ...common,
  group: 'authentication.k8s.io',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  description: 'Asks who you are to this server.',
  status: Type.Object({
    userInfo: Type.Object({
      username: Text('Your name.'),
      groups: Texts('Your groups.'),
    }),
  }),
} as const;

export const SelfSubjectReview = defineKind({ ...selfSubjectReview, version: 'v1' });
/** kubectl 1.27 asks for this version only. */
const SelfSubjectReviewV1Beta1 = defineKind({ ...selfSubjectReview, version: 'v1beta1' });

export const REVIEW_KINDS: readonly Kind[] = [
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SelfSubjectReview,
  SelfSubjectReviewV1Beta1,
];

/**
 * ApprovalPolicy: how many people a guarded change takes in this realm, where that is more than its kind asks for. It can ask for more at any
 * time; to ask for fewer it must be deleted, which itself takes the approvals that it asks for. Below two people in all nothing can be set:
 * only a region that has one single operator says so, on its host, and only as long as it is true.
 */

import { type Static, Type } from 'typebox';
import { isInternal } from '#kernel/access.ts';
import { APPROVALS_MAX } from '#kernel/approvals/guarded.ts';
import { forbidden } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { RealmView } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { ACCESS_GROUP } from '../access/api-group.ts';

const RULES_MAX = 64;
/** The policy that the bootstrap makes in the region, and where it says whether there is one operator only. */
export const REGION_POLICY = 'region';

const RULE = Type.Object({
  resource: Type.String({
    minLength: 1,
    maxLength: 253,
    description: 'Which resource, such as keys.keys.casemate.internal; *: every one.',
  }),
  transition: Type.Optional(
    Type.String({ minLength: 1, maxLength: 63, description: 'Which transition; absent: every one.' }),
  ),
  approvals: Type.Integer({
    minimum: 1,
    maximum: APPROVALS_MAX,
    description: 'How many people other than who asks must approve.',
  }),
});

const SPEC = Type.Object({
  rules: Type.Optional(
    Type.Array(RULE, {
      maxItems: RULES_MAX,
      description: 'What takes more approvals than its kind asks for.',
    }),
  ),
  soleOperator: Type.Optional(
    Type.String({
      maxLength: 64,
      description:
        'In the region only, and written on its host only: its one operator, who needs no approval as long as there is nobody else to give it.',
    }),
  ),
});

type Rule = Static<typeof RULE>;

const specOf = (object: KubeObject) => object.spec as Static<typeof SPEC>;
const rulesOf = (object: KubeObject): readonly Rule[] => specOf(object).rules ?? [];

export const ApprovalPolicy = defineKind({
  group: ACCESS_GROUP,
  version: 'v1',
  kind: 'ApprovalPolicy',
  plural: 'approvalpolicies',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'Asks for more approvals than kinds do by themselves. Asking for fewer takes its deletion, which takes the approvals it asks for.',
  spec: SPEC,
  guarded: [{ transition: 'delete', approvals: (object) => mostOf(rulesOf(object)) }],
  columns: [
    {
      name: 'Rules',
      type: 'string',
      description: 'What takes how many.',
      value: (object) =>
        rulesOf(object)
          .map(({ resource, transition = '*', approvals }) => `${resource}:${transition}=${approvals}`)
          .join(','),
    },
    {
      name: 'Sole Operator',
      type: 'string',
      description: 'Who runs the region alone.',
      value: 'spec.soleOperator',
    },
  ],
  admit: (request) => admitPolicy(request),
});

export type ApprovalPolicyObject = ObjectOf<typeof ApprovalPolicy>;

const mostOf = (rules: readonly Rule[]): number => Math.max(0, ...rules.map(({ approvals }) => approvals));

const asksFor = (rules: readonly Rule[], resource: string, transition: string): number =>
  mostOf(
    rules.filter(
      (rule) =>
        (rule.resource === '*' || rule.resource === resource) &&
        (rule.transition === undefined || rule.transition === transition),
    ),
  );

/** The most that any policy of the realm asks for a transition; 0 when none does. */
export function approvalsByPolicy(view: RealmView, resource: string, transition: string): number {
  return Math.max(0, ...view.list(ApprovalPolicy).map((one) => asksFor(rulesOf(one), resource, transition)));
}

/** Whoever the region's host says runs it alone; undefined where nobody does. */
export function soleOperatorIn(view: RealmView): string | undefined {
  for (const { spec } of view.list(ApprovalPolicy))
    if (spec.soleOperator !== undefined) return spec.soleOperator;
  return undefined;
}

/** Whether each rule is still there, word for word or asking for more. */
const isKept = (rule: Rule, next: readonly Rule[]) =>
  next.some(
    ({ resource, transition, approvals }) =>
      resource === rule.resource && transition === rule.transition && approvals >= rule.approvals,
  );

function admitPolicy({ operation, object, previous, actor, realm }: AdmissionRequest): void {
  if (isInternal(actor)) return;
  const subject = { group: ACCESS_GROUP, kind: 'approvalpolicies', name: object.metadata.name };
  if (operation === 'delete') {
    // Made anew it would say again that there is one operator only, whatever happened since.
    if (realm !== REGION || object.metadata.name !== REGION_POLICY) return;
    throw forbidden(subject, 'the region keeps its own policy; put rules into another, which can be deleted');
  }
  const { soleOperator } = specOf(object);
  if (soleOperator !== undefined && soleOperator !== (previous && specOf(previous).soleOperator)) {
    throw forbidden(
      subject,
      'spec.soleOperator: that a region has one operator only is said on its host, when it is first started: soleOperator in region.yaml',
    );
  }
  const lost = previous && rulesOf(previous).find((rule) => !isKept(rule, rulesOf(object)));
  if (lost) {
    throw forbidden(
      subject,
      `spec.rules: the rule for ${lost.resource} asks for ${lost.approvals} and cannot ask for fewer or go; delete the policy, which takes as many approvals`,
    );
  }
}

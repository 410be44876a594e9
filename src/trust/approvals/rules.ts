/** How many people a guarded change takes in a realm, and whose word counts: what the kernel asks trust for. Pure. */
import type { ApprovalRules, GuardedChange } from '#kernel/approvals/admission.ts';
import type { Kind } from '#kernel/kind.ts';
import { realmType } from '#kernel/realm-id.ts';
import type { KindRegistry } from '#kernel/registry.ts';
import { approvalsByPolicy, soleOperatorIn } from './approval-policy.ts';
import { ApprovalRequest } from './approval-request.ts';
import { approversIn, isApprover } from './approvers.ts';

export interface RulesOptions {
  /** The kind of projects (`v1 Namespace`), which take what they hold along. */
  readonly projectKind: Kind;
  readonly registry: () => KindRegistry;
}

/** Whether this is the one operator of a region that has said so, and still the only one who could approve. */
function isAlone({ view, actor }: GuardedChange): boolean {
  if (realmType(view.realm) !== 'region' || soleOperatorIn(view) !== actor) return false;
  for (const name of approversIn(view)) if (name !== actor) return false;
  return true;
}

export function approvalRules({ projectKind, registry }: RulesOptions): ApprovalRules {
  return {
    requests: ApprovalRequest,
    required(change, own) {
      if (isAlone(change)) return 0;
      return Math.max(
        own,
        approvalsByPolicy(change.view, change.kind.resource, change.transition.transition),
      );
    },
    counts: (view, name, transition) => isApprover(view, name, transition?.approvers),
    holder: () => ({ kind: projectKind, kinds: registry().all() }),
  };
}

/**
 * The two-person rule, as kinds declare it: which changes of their objects take the consent of people other than who makes them. Plain
 * data and pure functions; `admission.ts` enforces it in the lane.
 */
import type { Operation } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import type { RealmView } from '../realm.ts';

/** More nobody could gather. */
export const APPROVALS_MAX = 8;

export interface GuardedTransition {
  /** `delete`, or a word for an update: `destroy`. Unique within the kind; what an ApprovalRequest names. */
  readonly transition: string;
  /**
   * How many people other than who asks must approve, from 0 (nothing to lose here) to `APPROVALS_MAX`: 1 makes it two people in all.
   * A realm's policy may ask for more, never for fewer.
   */
  readonly approvals: number | ((object: KubeObject, view: RealmView) => number);
  /** Roles whose holders may approve this transition, beside those who may approve every one: whoever has the duty, and knows what is lost. */
  readonly approvers?: readonly string[];
  /**
   * Whether a change is this transition; absent: whatever operation `transition` names. Of an update `previous` is the object as it is. Pure.
   * A change is held against one transition at most, the first that matches. Nothing guards `create`: there is no object to ask about yet.
   */
  readonly matches?: (operation: Operation, object: KubeObject, previous: KubeObject | undefined) => boolean;
}

interface Change {
  readonly operation: Operation;
  readonly kind: { readonly guarded?: readonly GuardedTransition[] };
  readonly object: KubeObject;
  readonly previous?: KubeObject;
}

/** The transition that a change is, if it is a guarded one. What is being deleted already was decided on then. */
export function guardedTransition({
  operation,
  kind,
  object,
  previous,
}: Change): GuardedTransition | undefined {
  if (operation === 'create' || previous?.metadata.deletionTimestamp !== undefined) return undefined;
  return kind.guarded?.find(({ transition, matches }) =>
    matches ? matches(operation, object, previous) : operation === transition,
  );
}

/** How many approvals the kind itself asks for, within bounds. */
export function ownApprovals({ approvals }: GuardedTransition, object: KubeObject, view: RealmView): number {
  const wanted = typeof approvals === 'number' ? approvals : approvals(object, view);
  return Math.min(Math.max(wanted, 0), APPROVALS_MAX);
}

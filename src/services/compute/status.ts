/** Writes an object's status in the lane, only when it says something new and only on the very object it is about. */
import { isDeepStrictEqual } from 'node:util';
import type { ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Condition } from '#kernel/object.ts';
import type { ObjectKey } from '#kernel/realm.ts';
import { recordTransition } from '#kernel/reconcile/condition-events.ts';
import { type ConditionChange, readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';

export interface Verdict {
  readonly ready: boolean;
  readonly reason: string;
  readonly message: string;
  /** What else is true of it, beside Ready. */
  readonly also?: readonly ConditionChange[];
}

/** Reasons of a condition that is not true and yet as somebody wanted it. */
const ORDINARY = new Set(['Stopped', 'Restoring']);

/** Sets `fields` and the Ready condition, whose changes are events. An undefined field is taken away. No error when the object is gone. */
export async function writeStatus(
  { realm, change, clock, events }: ReconcileContext,
  kind: Kind,
  key: ObjectKey,
  uid: string,
  fields: Readonly<Record<string, unknown>>,
  verdict?: Verdict,
): Promise<void> {
  let told: { readonly before: readonly Condition[]; readonly condition: ConditionChange } | undefined;
  try {
    const { object } = await realm.resources.modify(
      kind,
      key,
      change,
      (current) => {
        told = undefined;
        if (current.metadata.uid !== uid) return current;
        const before = (current.status ?? {}) as { conditions?: readonly Condition[] };
        const { generation } = current.metadata;
        const next: Record<string, unknown> = { ...before, ...fields };
        for (const [name, value] of Object.entries(next)) if (value === undefined) delete next[name];
        if (verdict) {
          const { ready, reason, message, also = [] } = verdict;
          next.observedGeneration = generation;
          const condition = readyCondition(ready ? 'True' : 'False', reason, message, generation);
          next.conditions = [condition, ...also].reduce(
            (conditions, one) => setCondition(conditions, one, clock),
            before.conditions ?? [],
          );
          told = { before: before.conditions ?? [], condition };
        }
        return isDeepStrictEqual(before, next) ? current : { ...current, status: next };
      },
      { subresource: 'status' },
    );
    if (told) recordTransition(events, object, told.before, told.condition, ORDINARY);
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}

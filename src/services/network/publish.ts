/**
 * Writes the status of one object, with its Ready condition, and only when something is different.
 */
import type { ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Condition, KubeObject } from '#kernel/object.ts';
import { recordTransition } from '#kernel/reconcile/condition-events.ts';
import { readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';

/** Fields of a status to set; undefined takes one out. */
export type Changes<Status> = { readonly [Field in keyof Status]?: Status[Field] | undefined };

/** Reasons of a condition that is not true yet: steps on the way. */
const ORDINARY = new Set(['MakingBridge', 'Starting', 'Deleting']);

/** Changes of the condition are events. `status`: fields to set; one that is undefined is removed. An object that is gone, or another's by now, is left. */
export async function publish(
  { realm, change, clock, events }: ReconcileContext,
  kind: Kind,
  { metadata }: Pick<KubeObject, 'metadata'>,
  status: Readonly<Record<string, unknown>>,
  ready: 'True' | 'False',
  reason: string,
  message: string,
): Promise<void> {
  const key = {
    ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
    name: metadata.name,
  };
  const condition = readyCondition(ready, reason, message, metadata.generation);
  let before: readonly Condition[] | undefined;
  let isOurs = false;
  try {
    const { object: written } = await realm.resources.modify(
      kind,
      key,
      change,
      (object) => {
        const current = object as KubeObject<unknown, { conditions?: readonly Condition[] }>;
        isOurs = current.metadata.uid === metadata.uid;
        if (!isOurs) return object;
        before = current.status?.conditions;
        const conditions = setCondition(current.status?.conditions, condition, clock);
        const next = withoutUndefined({
          ...current.status,
          ...status,
          observedGeneration: metadata.generation,
          conditions,
        });
        return JSON.stringify(sorted(next)) === JSON.stringify(sorted(current.status ?? {}))
          ? object
          : { ...object, status: next };
      },
      { subresource: 'status' },
    );
    if (isOurs) recordTransition(events, written, before, condition, ORDINARY);
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}

const withoutUndefined = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const sorted = (fields: object): [string, unknown][] =>
  Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));

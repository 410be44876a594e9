/** Carries out RetentionPolicies, once a day, and Erasures, once. Both only ask the access log to erase: it says so itself, in a leaf. */
import type { AccessEraser } from '#kernel/access.ts';
import type { Controller, RetryAfter } from '#kernel/controller.ts';
import { readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';
import { ERASE_LEAVES_MAX, Erasure, RetentionPolicy } from './retention-kinds.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Between two steps of much that is due at once, as when the first policy comes. */
const NEXT_STEP_MS = 1_000;

export interface RetentionOptions {
  readonly eraser: () => AccessEraser;
}

export function retentionController({ eraser }: RetentionOptions): Controller {
  return {
    name: 'retention',
    realms: ['region', 'organization'],
    kind: RetentionPolicy,
    async reconcile(key, { realm, clock, change }): Promise<RetryAfter | undefined> {
      const policy = realm.view.get(RetentionPolicy, key);
      if (!policy || policy.metadata.deletionTimestamp !== undefined) return undefined;
      const { generation, uid } = policy.metadata;
      const days = policy.spec.accessRecords_days;
      const before_ms = clock.now() - days * DAY_MS;
      const due = await eraser().recordsBefore(realm.id, before_ms);
      if (due) {
        const { from } = due;
        const to = Math.min(due.to, from + ERASE_LEAVES_MAX - 1);
        const [actor, reason] = [change.actor.name, `retention of ${days} days`];
        await eraser().erase(realm.id, { from, to, before_ms, actor, reason });
        if (to < due.to) return { retryAfter_ms: NEXT_STEP_MS };
      }
      const ready = readyCondition('True', 'InForce', 'what is older is erased once a day', generation);
      if (setCondition(policy.status?.conditions, ready, clock) !== policy.status?.conditions) {
        await realm.resources.modify(
          RetentionPolicy,
          key,
          change,
          (current) =>
            current.metadata.uid !== uid
              ? current
              : {
                  ...current,
                  status: {
                    observedGeneration: generation,
                    conditions: [...setCondition(current.status?.conditions, ready, clock)],
                  },
                },
          { subresource: 'status' },
        );
      }
      return { retryAfter_ms: DAY_MS };
    },
  };
}

export function erasureController({ eraser }: RetentionOptions): Controller {
  return {
    name: 'erasures',
    realms: ['region', 'organization'],
    kind: Erasure,
    async reconcile(key, { realm, clock, change }): Promise<undefined> {
      const erasure = realm.view.get(Erasure, key);
      if (!erasure || erasure.metadata.deletionTimestamp !== undefined) return undefined;
      const { generation, uid, name } = erasure.metadata;
      const { from, to, reason, carryOut } = erasure.spec;
      if (carryOut !== true || erasure.status?.erased !== undefined) return undefined;
      const why = `erasure ${name}: ${reason}`;
      const erased = await eraser().erase(realm.id, { from, to, actor: change.actor.name, reason: why });
      const done = readyCondition('True', 'Erased', 'the records are gone; the log says so', generation);
      await realm.resources.modify(
        Erasure,
        key,
        change,
        (current) =>
          current.metadata.uid !== uid || current.status?.erased !== undefined
            ? current
            : {
                ...current,
                status: {
                  erased,
                  observedGeneration: generation,
                  conditions: [...setCondition(current.status?.conditions, done, clock)],
                },
              },
        { subresource: 'status' },
      );
      return undefined;
    },
  };
}

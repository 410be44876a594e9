/**
 * Carries out RetentionPolicies, once a day, and Erasures, once. Both only ask the logs to erase: they say so themselves, in a leaf. Bodies have a
 * time in every realm, so realms without a policy are swept when something is due there; those in which nothing is stay out of memory.
 */
import type { AccessEraser } from '#kernel/access.ts';
import type { BodyEraser, RecordEraser } from '#kernel/bodies.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';
import {
  BODIES_DAYS_DEFAULT,
  ERASE_LEAVES_MAX,
  Erasure,
  POLICY_NAME,
  RetentionPolicy,
} from './retention-kinds.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Between two steps of much that is due at once, as when the first policy comes. */
const NEXT_STEP_MS = 1_000;
/** Steps of one sweep in one realm; what is left is still due at the next. */
const SWEEP_STEPS_MAX = 20;

export interface RetentionOptions {
  readonly eraser: () => AccessEraser;
  readonly bodies: () => BodyEraser;
  readonly records: () => RecordEraser;
}

export function retentionController({ eraser, bodies, records }: RetentionOptions): Controller {
  /** One step. True: there may be more at once. */
  const dropOld = (from: BodyEraser | RecordEraser, { realm, change }: ReconcileContext, days: number) =>
    from.dropOld(realm.id, {
      kept_ms: days * DAY_MS,
      actor: change.actor.name,
      reason: `retention of ${days} days`,
    });
  const dropBodies = (context: ReconcileContext, days: number) => dropOld(bodies(), context, days);
  return {
    name: 'retention',
    realms: ['region', 'organization'],
    kind: RetentionPolicy,
    holders: () => bodies().due(),
    async sweep(context) {
      // A policy has it done by itself.
      if (context.realm.view.get(RetentionPolicy, { name: POLICY_NAME })) return;
      for (let step = 0; step < SWEEP_STEPS_MAX; step++) {
        if (!(await dropBodies(context, BODIES_DAYS_DEFAULT))) return;
      }
    },
    async reconcile(key, context): Promise<RetryAfter | undefined> {
      const { realm, clock, change } = context;
      const policy = realm.view.get(RetentionPolicy, key);
      if (!policy || policy.metadata.deletionTimestamp !== undefined) {
        // From now on bodies go by the default.
        return (await dropBodies(context, BODIES_DAYS_DEFAULT)) ? { retryAfter_ms: NEXT_STEP_MS } : undefined;
      }
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
      // One that was made before bodies had a time says nothing of them.
      const bodies_days = policy.spec.bodies_days ?? BODIES_DAYS_DEFAULT;
      if (await dropBodies(context, bodies_days)) return { retryAfter_ms: NEXT_STEP_MS };
      const { changeRecords_days } = policy.spec;
      if (changeRecords_days !== undefined && (await dropOld(records(), context, changeRecords_days))) {
        return { retryAfter_ms: NEXT_STEP_MS };
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

export function erasureController({ eraser, bodies, records }: RetentionOptions): Controller {
  return {
    name: 'erasures',
    realms: ['region', 'organization'],
    kind: Erasure,
    async reconcile(key, { realm, clock, change }): Promise<undefined> {
      const erasure = realm.view.get(Erasure, key);
      if (!erasure || erasure.metadata.deletionTimestamp !== undefined) return undefined;
      const { generation, uid, name } = erasure.metadata;
      const { what, from: first, to, reason, carryOut } = erasure.spec;
      if (carryOut !== true || erasure.status?.erased !== undefined) return undefined;
      const why = `erasure ${name}: ${reason}`;
      const asked = { from: first, to, actor: change.actor.name, reason: why };
      // One that was asked for before there was a choice says nothing.
      const from = what === 'Bodies' ? bodies() : what === 'ChangeRecords' ? records() : eraser();
      const erased = await from.erase(realm.id, asked);
      const done = readyCondition(
        'True',
        'Erased',
        'what was asked for is gone; the log says so',
        generation,
      );
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

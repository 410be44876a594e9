/** Writes into a bucket's status which of its objects are damaged, as the process that serves them found: by reading them for a client, or in a round over all that is stored. */
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { ChangeContext, Realms } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { type ConditionChange, getCondition, setCondition } from '#kernel/reconcile/conditions.ts';
import { Bucket, type BucketObject, type BucketStatus } from './bucket.ts';

export const INTACT = 'Intact';
/** More are counted, not named. */
export const DAMAGED_MAX = 100;
/** Named in the condition itself. */
const NAMED_MAX = 5;

export interface DamagedObject {
  readonly key: string;
  readonly version: string;
}

export interface DamageReport {
  readonly objects: readonly DamagedObject[];
  /** All that there are, those beyond DAMAGED_MAX included. */
  readonly count: number;
  /** A round is over and these are all: others that were known have been removed, or are whole again. */
  readonly isAll: boolean;
}

export interface DamageOptions {
  readonly realms: () => Pick<Realms, 'use'>;
  readonly clock: Clock;
  readonly change: (realm: RealmId) => ChangeContext;
}

export type WriteDamage = (realm: RealmId, uid: string, report: DamageReport) => Promise<void>;

export const damageWriter =
  ({ realms, clock, change }: DamageOptions): WriteDamage =>
  async (realm, uid, report) => {
    try {
      await realms().use(realm, async ({ view, resources }) => {
        const found = view.byUid(uid);
        if (found?.kind.resource !== Bucket.resource) return;
        const { namespace = '', name } = (found.entry.object() as BucketObject).metadata;
        await resources.modify(
          Bucket,
          { namespace, name },
          change(realm),
          (current) =>
            current.metadata.uid === uid
              ? { ...current, status: withDamage(current.status, report, clock) }
              : current,
          { subresource: 'status' },
        );
      });
    } catch (error) {
      // The bucket or its organization went meanwhile.
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  };

/** Pure but for the time. Gives the same status back when nothing is new. */
export function withDamage(
  status: BucketStatus | undefined,
  { objects, count, isAll }: DamageReport,
  clock: Clock,
): BucketStatus {
  const before = status?.damaged ?? [];
  const now = rfc3339(clock.now());
  const isSame = (a: DamagedObject, b: DamagedObject) => a.key === b.key && a.version === b.version;
  const kept = isAll ? before.filter((one) => objects.some((other) => isSame(one, other))) : before;
  const added = objects.filter((one) => !kept.some((other) => isSame(one, other)));
  const all = [...kept, ...added.map(({ key, version }) => ({ key, version, foundAt: now }))];
  const damaged = all.slice(0, DAMAGED_MAX);
  const condition = conditionOf(damaged, isAll ? Math.max(count, all.length) : all.length);
  // One that was never damaged has nothing to say of it.
  if (damaged.length === 0 && getCondition(status?.conditions, INTACT) === undefined) return status ?? {};
  const { damaged: _, ...rest } = status ?? {};
  return {
    ...rest,
    ...(damaged.length === 0 ? {} : { damaged }),
    conditions: [...setCondition(status?.conditions, condition, clock)],
  };
}

function conditionOf(damaged: readonly DamagedObject[], count: number): ConditionChange {
  if (damaged.length === 0)
    return {
      type: INTACT,
      status: 'True',
      reason: 'Intact',
      message: 'all that is stored was read again, and is as it was written',
    };
  const named = damaged.slice(0, NAMED_MAX).map(({ key, version }) => `${key} (version ${version})`);
  const more = count > named.length ? `, and ${count - named.length} more` : '';
  return {
    type: INTACT,
    status: 'False',
    reason: 'Damaged',
    message: `the disk no longer has what was written of ${named.join(', ')}${more}: they are not given out; put them again from a copy, or restore a backup, and look at the disk`,
  };
}

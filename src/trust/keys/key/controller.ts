/**
 * Makes a Key's first version, rotates it when its period is over, and destroys what was scheduled once the notice is over. Level
 * triggered: material is made before the status speaks of it, and goes after the status said so, so that a crash leaves nothing in use
 * that is not there, and nothing there that was promised to be gone.
 */
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { ObjectKey } from '#kernel/realm.ts';
import { isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import { adopt } from './changes.ts';
import { type Backends, backendOf, refOf } from './crypt.ts';
import { KEY_FINALIZER, Key, type KeyObject, type KeyStatus } from './key.ts';
import {
  changeVersions,
  destructionTime,
  dueForDestruction,
  isLive,
  nextMoment_ms,
  nextNumber,
  notErased,
  rotationDue_ms,
  scheduled,
  versionsOf,
  withConditions,
} from './lifecycle.ts';

/** What is due in months is looked at again after this, because timers are not for months. */
const LOOK_AGAIN_MS_MAX = 24 * 60 * 60_000;
const PROVIDER_RETRY_MS = 5_000;

export function keyController(backends: Backends): Controller {
  return {
    name: 'keys',
    realms: ['organization'],
    kind: Key,
    reconcile: (key, context) => reconcileKey(key, backends, context),
  };
}

/** As much of a reconcile as a key needs. */
type KeyContext = Pick<ReconcileContext, 'realm' | 'change' | 'clock'>;

export async function reconcileKey(
  key: ObjectKey,
  backends: Backends,
  context: KeyContext,
): Promise<RetryAfter | undefined> {
  const { realm, clock } = context;
  const read = () => realm.view.get(Key, key);
  const first = read();
  if (!first) return undefined;
  const { uid } = first.metadata;
  const write = (next: (current: KeyObject) => KeyStatus, problem?: string) =>
    writeStatus(key, uid, next, problem, context);
  try {
    if (isDeleting(first)) await write((current) => scheduleAll(current));
    await write((current) => destroyDue(current, clock));
    for (const { version } of notErased(read() ?? first)) {
      await backendOf(first, backends).destroy(refOf(realm.id, first, version));
      const destroyedAt = rfc3339(clock.now());
      await write((current) =>
        changeVersions(statusOf(current), [version], (one) => ({ ...one, destroyedAt })),
      );
    }
    const now = read();
    if (now?.metadata.uid !== uid) return undefined;
    if (isDeleting(now)) {
      if (versionsOf(now).every(({ destroyedAt }) => destroyedAt !== undefined)) {
        await backendOf(now, backends).destroyAll(realm.id, uid);
        await removeFinalizer(realm.resources, Key, key, KEY_FINALIZER, context.change, uid);
        return undefined;
      }
    } else if (needsVersion(now, clock)) {
      const number = nextNumber(now);
      const made = await backendOf(now, backends).make(refOf(realm.id, now, number));
      await write((current) =>
        // Somebody may have deleted or rotated it meanwhile.
        isDeleting(current) || !needsVersion(current, clock)
          ? statusOf(current)
          : adopt(current, number, made, 'generated', clock),
      );
    } else {
      await write(statusOf);
    }
  } catch (error) {
    if (!isStatusError(error, 'ServiceUnavailable')) throw error;
    await write(statusOf, error.message);
    return { retryAfter_ms: PROVIDER_RETRY_MS };
  }
  const moment_ms = nextMoment_ms(read() ?? first);
  if (moment_ms === undefined) return undefined;
  return { retryAfter_ms: Math.min(LOOK_AGAIN_MS_MAX, Math.max(0, moment_ms - clock.now())) };
}

const statusOf = ({ status }: KeyObject): KeyStatus => status ?? { versions: [] };

function needsVersion(key: KeyObject, clock: Clock): boolean {
  if (versionsOf(key).length === 0) return true;
  const due_ms = rotationDue_ms(key);
  return due_ms !== undefined && due_ms <= clock.now();
}

/** Of a Key that was deleted: every version goes, counted from the moment of the deletion. */
function scheduleAll(key: KeyObject): KeyStatus {
  const live = versionsOf(key).filter(isLive);
  if (live.length === 0) return statusOf(key);
  const destroyAt = destructionTime(key, Date.parse(key.metadata.deletionTimestamp ?? ''));
  return changeVersions(
    statusOf(key),
    live.map(({ version }) => version),
    scheduled(destroyAt),
  );
}

/** Said in the lane, where a cancel-destroy either came before or comes too late. */
function destroyDue(key: KeyObject, clock: Clock): KeyStatus {
  const due = dueForDestruction(key, clock.now());
  if (due.length === 0) return statusOf(key);
  return changeVersions(statusOf(key), due, (version) => ({ ...version, state: 'Destroyed' }));
}

async function writeStatus(
  key: ObjectKey,
  uid: string,
  next: (current: KeyObject) => KeyStatus,
  problem: string | undefined,
  { realm, change, clock }: KeyContext,
): Promise<void> {
  try {
    await realm.resources.modify(
      Key,
      key,
      change,
      (current) => {
        if (current.metadata.uid !== uid) return current;
        return { ...current, status: withConditions({ ...current, status: next(current) }, problem, clock) };
      },
      { subresource: 'status' },
    );
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}

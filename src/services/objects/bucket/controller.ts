/**
 * Makes each bucket's key, has the process run that serves it, and unmakes it: closed and empty first, then its key is destroyed, then what is left of it. From the moment
 * that the key is gone there is no way back, whatever crashes.
 */
import type { Controller, EventRecorder, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { ObjectKey, Realm } from '#kernel/realm.ts';
import {
  type ConditionChange,
  getCondition,
  readyCondition,
  setCondition,
} from '#kernel/reconcile/conditions.ts';
import { isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import { Key } from '#trust/keys/key/key.ts';
import type { ObjectsEngine } from '../engine.ts';
import { Bucket, type BucketObject, type BucketStatus } from './bucket.ts';
import { INTACT } from './damage.ts';
import { BUCKET_FINALIZER, mayErase } from './erasing.ts';
import { type BucketKeys, isPassing } from './keys.ts';

const STARTING_LOOK_AGAIN_MS = 500;
const KEY_LOOK_AGAIN_MS = 10_000;
const NOT_EMPTY_LOOK_AGAIN_MS = 2_000;

export interface BucketControllerOptions {
  /** Called once by whoever leads. */
  readonly engine: () => ObjectsEngine;
  readonly keys: BucketKeys;
  /** Where clients find buckets: `https://s3.lux.casemate.internal:7480`. */
  readonly endpoint: string;
  /** Whether the organization goes, with everything that it has. */
  readonly isOrganizationLeaving: (realm: Realm) => Promise<boolean>;
}

export function bucketController(options: BucketControllerOptions): Controller {
  let engine: ObjectsEngine | undefined;
  const tellOfDamage = damageTeller();
  const engineOf = (signal: AbortSignal): ObjectsEngine => {
    if (engine !== undefined) return engine;
    const made = options.engine();
    engine = made;
    signal.addEventListener('abort', () => made.end(), { once: true });
    return made;
  };
  return {
    name: 'buckets',
    realms: ['organization'],
    kind: Bucket,
    watches: [{ kind: Key, keys: bucketsOfKey }],
    async reconcile(key, context) {
      const bucket = context.realm.view.get(Bucket, key);
      if (!bucket || context.signal.aborted) return undefined;
      const parts = { ...options, key, context, tellOfDamage, engine: engineOf(context.signal) };
      return isDeleting(bucket) ? unmake(bucket, parts) : make(bucket, parts);
    },
    async sweep({ realm, realms, signal }) {
      const kept = await options.keys.uids(realm.id);
      await realms.fresh(realm.id);
      const left = kept.filter((uid) => realm.view.byUid(uid) === undefined);
      if (left.length === 0 || signal.aborted) return;
      const found = engineOf(signal);
      await found.want();
      for (const uid of left) {
        // The key goes last here: it is what remembers that something may be left.
        await found.erase(realm.id, uid);
        await options.keys.destroy(realm.id, uid);
      }
    },
  };
}

/** A Key that is made, disabled or destroyed concerns the buckets that name it. */
function bucketsOfKey({ metadata: { name, namespace } }: KubeObject, { view }: Realm): readonly ObjectKey[] {
  return view
    .list(Bucket, namespace)
    .filter(({ spec, status }) => spec.key === name || status?.key === name)
    .map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name }));
}

/** Remembered of buckets that were told of, so that each damage is told of once; past this they are told of again. */
const TOLD_MAX = 10_000;

type TellOfDamage = (bucket: BucketObject, events: EventRecorder) => void;

/** An event when something of a bucket was found damaged. */
function damageTeller(): TellOfDamage {
  const told = new Map<string, string>();
  return (bucket, events) => {
    const { uid } = bucket.metadata;
    const found = getCondition(bucket.status?.conditions, INTACT);
    if (found?.status !== 'False') told.delete(uid);
    else if (told.get(uid) !== found.message) {
      if (told.size >= TOLD_MAX) told.clear();
      told.set(uid, found.message);
      events.record(bucket, 'Warning', found.reason, found.message);
    }
  };
}

interface Parts extends Omit<BucketControllerOptions, 'engine'> {
  readonly tellOfDamage: TellOfDamage;
  readonly key: ObjectKey;
  readonly context: ReconcileContext;
  readonly engine: ObjectsEngine;
}

async function make(bucket: BucketObject, parts: Parts): Promise<RetryAfter | undefined> {
  const { keys, context, engine, endpoint } = parts;
  parts.tellOfDamage(bucket, context.events);
  const { view } = context.realm;
  const { generation } = bucket.metadata;
  const not = (reason: string, message: string) => readyCondition('False', reason, message, generation);
  let keyVersion: number;
  try {
    keyVersion = await keys.make(view, bucket);
    (await keys.open(view, bucket, keyVersion))?.fill(0);
  } catch (error) {
    if (!isPassing(error)) throw error;
    await publish(bucket, {}, not('KeyUnavailable', (error as Error).message), parts);
    return { retryAfter_ms: KEY_LOOK_AGAIN_MS };
  }
  const { key } = bucket.spec;
  const known = { endpoint, keyVersion, ...(key === undefined ? {} : { key }) };
  const state = await engine.want();
  if (!state.serves) {
    await publish(bucket, known, not('NotServed', state.why), parts);
    return { retryAfter_ms: STARTING_LOOK_AGAIN_MS };
  }
  await publish(bucket, known, readyCondition('True', 'Ready', `it is at ${endpoint}`, generation), parts);
  return undefined;
}

async function unmake(bucket: BucketObject, parts: Parts): Promise<RetryAfter | undefined> {
  const { keys, key, context, engine, isOrganizationLeaving } = parts;
  const { realm, change } = context;
  const { uid, generation } = bucket.metadata;
  const not = (reason: string, message: string) => readyCondition('False', reason, message, generation);
  const hasKey = await keys.has(realm.id, uid);
  // One that never had a key never held anything.
  if (hasKey || bucket.status?.keyVersion !== undefined) {
    const state = await engine.want();
    if (!state.serves) {
      await publish(
        bucket,
        {},
        not('NotServed', `it is removed once what serves it runs: ${state.why}`),
        parts,
      );
      return { retryAfter_ms: STARTING_LOOK_AGAIN_MS };
    }
    const objects = await engine.close(realm.id, uid);
    // Without its key nothing of it is there any more, whatever is still counted.
    const goesAnyway = !hasKey || mayErase(bucket) || (objects > 0 && (await isOrganizationLeaving(realm)));
    if (objects > 0 && !goesAnyway) {
      const message = `it still holds ${objects} versions, delete markers or unfinished uploads, and takes no new ones: remove them with the S3 protocol`;
      await publish(bucket, {}, not('NotEmpty', message), parts);
      return { retryAfter_ms: NOT_EMPTY_LOOK_AGAIN_MS };
    }
    await keys.destroy(realm.id, uid);
    await engine.erase(realm.id, uid);
  }
  await removeFinalizer(realm.resources, Bucket, key, BUCKET_FINALIZER, change, uid);
  return undefined;
}

/** `known`: absent fields stay as they are, but for the Key, which goes with another version. */
async function publish(
  { metadata }: BucketObject,
  known: Partial<BucketStatus>,
  condition: ConditionChange,
  { key, context }: Parts,
): Promise<void> {
  const { realm, change, clock } = context;
  try {
    await realm.resources.modify(
      Bucket,
      key,
      change,
      (current) => {
        if (current.metadata.uid !== metadata.uid) return current;
        const { key: held, ...status } = current.status ?? {};
        return {
          ...current,
          status: {
            ...status,
            ...(known.keyVersion === undefined && held !== undefined ? { key: held } : {}),
            ...known,
            observedGeneration: metadata.generation,
            conditions: [...setCondition(current.status?.conditions, condition, clock)],
          },
        };
      },
      { subresource: 'status' },
    );
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}

/**
 * Makes Incus hold each Volume as its object says: made, as large, put back. Every step asks what is there first, so it can be repeated after any
 * interruption; what it makes carries the volume's uid. A volume that was made once and is gone is never made anew: an empty one in its place would
 * hide the loss.
 */
import { isIncusError } from '#engines/incus/errors.ts';
import type { Config, IncusVolume } from '#engines/incus/types.ts';
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import type { KubeObject } from '#kernel/object.ts';
import { bytes } from '#kernel/quantity.ts';
import type { ObjectKey, Realm } from '#kernel/realm.ts';
import { organizationOf, REGION, type RealmId } from '#kernel/realm-id.ts';
import { isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import { Instance, type InstanceObject } from '#services/compute/instance.ts';
import { isFromBefore } from '#services/compute/leftover/find.ts';
import { engineSnapshot, engineVolume, LABELS, projectLabels } from '#services/compute/names.ts';
import { Obstacle, obstacleOf } from '#services/compute/obstacle.ts';
import { writeStatus } from '#services/compute/status.ts';
import { volumePools } from '#services/compute/volume-pools.ts';
import { instancesWith } from '#services/compute/volumes.ts';
import { Organization } from '#services/tenancy/organization.ts';
import { newPool, poolOf, type StorageContext } from './context.ts';
import { encryptedCondition, requireOpen } from './encryption.ts';
import { putBack } from './put-back.ts';
import { VolumeSnapshot } from './snapshot.ts';
import { readySnapshot, sourceOf } from './source.ts';
import { realmsHeld, sweepRealm } from './sweep.ts';
import { ATTACHED_MAX, VOLUME_FINALIZER, Volume, type VolumeObject } from './volume.ts';

const LOST_RETRY_MS = 60_000;
/** Whoever has it lets go soon. */
const IN_USE_RETRY_MS = 1_000;
/** Whoever has it may run on for days; that it lets go is heard of besides. */
const GROWING_RETRY_MS = 15_000;

export function volumeController(storage: StorageContext): Controller {
  return {
    name: 'volume',
    realms: ['organization'],
    kind: Volume,
    watches: [
      { kind: Instance, keys: volumesOfInstance },
      { kind: VolumeSnapshot, keys: volumesWaitingForSnapshot },
    ],
    async reconcile(key, context) {
      const volume = context.realm.view.get(Volume, key);
      if (!volume) return undefined;
      const { uid } = volume.metadata;
      const doing = isDeleting(volume) ? 'deleted' : volume.status?.madeAt ? 'changed' : 'made';
      try {
        if (isDeleting(volume)) return await remove(storage, key, volume, context);
        return await bringAbout(storage, key, volume, context);
      } catch (error) {
        const obstacle = obstacleOf(error, doing);
        if (obstacle.detail) {
          storage.logger.warn({ realm: context.realm.id, uid, error: obstacle.detail }, obstacle.message);
        }
        const { reason, message } = obstacle;
        await writeStatus(context, Volume, key, uid, attached(volume, context), {
          ready: false,
          reason,
          message,
        });
        return { retryAfter_ms: obstacle.retryAfter_ms };
      }
    },
    sweep: (context) => sweepRealm(storage, context),
    holders: () => realmsHeld(storage),
  };
}

async function bringAbout(
  storage: StorageContext,
  key: ObjectKey,
  volume: VolumeObject,
  context: ReconcileContext,
): Promise<undefined> {
  const { projects } = storage;
  const { realm, events } = context;
  const { uid, namespace = '' } = volume.metadata;
  const { restoreFrom, size } = volume.spec;
  const project = projects.nameOf(realm.view, namespace);
  if (project === undefined) return; // the project goes, and this with it
  const config = configOf(storage, volume, realm);

  if (volume.status?.madeAt !== undefined) await requireOpen(storage, poolOf(storage, volume), realm.id);
  const current = await find(storage, volume, project, realm);
  if (current && current.config[LABELS.uid] !== uid) {
    throw new Obstacle(
      'NameTaken',
      'the engine holds another volume under its name; ask the region’s operator',
      { detail: `${project}/${current.name} belongs to ${current.config[LABELS.uid]}` },
    );
  }
  let restoredFrom = volume.status?.restoredFrom;
  let pool = poolOf(storage, volume);
  if (volume.status?.madeAt === undefined) {
    pool = await make(storage, project, volume, context, config, current);
    restoredFrom = restoreFrom;
  } else if (!current) {
    throw new Obstacle(
      'Lost',
      'the engine does not hold it any more, and what was on it is gone; delete it, and make one from a backup',
      { retryAfter_ms: LOST_RETRY_MS },
    );
  } else {
    if (restoreFrom !== restoredFrom && volume.status.restoring === undefined) {
      if (restoreFrom !== undefined) await restore(storage, project, volume, restoreFrom, context, config);
      restoredFrom = restoreFrom;
    }
    if (hasOther(current.config, config)) {
      await bringUp(storage, project, volume, config);
      const message = `the engine was brought up to what its spec says: ${size}`;
      events.record(volume, 'Normal', 'Updated', message);
    }
  }
  const fields = {
    ...attached(volume, context),
    madeAt: volume.status?.madeAt ?? rfc3339(context.clock.now()),
    size: String(size),
    pool: pool === storage.pool ? undefined : pool,
    restoredFrom,
  };
  const verdict =
    volume.status?.restoring === undefined
      ? { ready: true, reason: 'Made', message: 'instances can have it' }
      : { ready: false, reason: 'Restoring', message: 'it is being restored from a backup' };
  await writeStatus(context, Volume, key, uid, fields, {
    ...verdict,
    also: [await encryptedCondition(storage, pool)],
  });
}

const configOf = ({ regionId }: StorageContext, { metadata, spec }: VolumeObject, realm: Realm): Config => ({
  ...projectLabels({ region: regionId, realm: realm.id, project: metadata.namespace ?? '' }),
  [LABELS.uid]: metadata.uid,
  [LABELS.name]: metadata.name,
  size: `${bytes(spec.size)}B`,
  // Each instance has user ids of its own on the host; so files keep the ids that they have within, whichever instance has them.
  ...(spec.type === 'filesystem' ? { 'security.shifted': 'true' } : {}),
});

const hasOther = (current: Config, wanted: Config): boolean =>
  Object.entries(wanted).some(([key, value]) => current[key] !== value);

/** Gives the pool that it was made in. */
async function make(
  storage: StorageContext,
  project: string,
  volume: VolumeObject,
  { realm, realms, events, signal }: ReconcileContext,
  config: Config,
  halfMade: IncusVolume | undefined,
): Promise<string> {
  const { incus, projects, regionId, logger, lastRestore } = storage;
  const { uid, namespace = '' } = volume.metadata;
  const { type, source } = volume.spec;
  const name = engineVolume(uid);
  const from = sourceOf(volume, realm.view);
  await projects.ensure(project, realm.view, { region: regionId, realm: realm.id, project: namespace });
  if (halfMade && isFromBefore(halfMade.created_at, await lastRestore?.(realms))) {
    // It was announced, perhaps, after the moment that the region was put back to; then there is something on it.
    if (from === undefined) return halfMade.pool;
    throw new Obstacle(
      'FoundAfterRestore',
      'the engine holds it from before the region was restored, and whether that is a whole copy nobody knows; delete this volume, and make another one',
      { retryAfter_ms: LOST_RETRY_MS },
    );
  }
  if (halfMade) {
    // Perhaps a copy that stopped halfway. No instance had it: that takes that it was announced.
    logger.warn({ realm: realm.id, uid }, 'a volume whose making was interrupted is made anew');
    await incus.volumes.delete(project, halfMade.pool, name);
  }
  const pool = await newPool(storage, realm.id);
  const copy =
    from === undefined
      ? {}
      : {
          source: {
            type: 'copy',
            pool: poolOf(storage, from.volume),
            project,
            name: from.name,
            volume_only: true,
          } as const,
        };
  try {
    await incus.volumes.create(project, pool, { name, content_type: type, config, ...copy }, signal);
  } catch (error) {
    if (isIncusError(error, 'NotFound')) projects.forget(project);
    throw error;
  }
  const what = source?.snapshot ?? source?.volume;
  events.record(
    volume,
    'Normal',
    'Created',
    what === undefined ? 'made, empty' : `made as a copy of "${what}"`,
  );
  return pool;
}

async function bringUp(
  storage: StorageContext,
  project: string,
  volume: VolumeObject,
  config: Config,
): Promise<void> {
  const { metadata, spec } = volume;
  try {
    const name = engineVolume(metadata.uid);
    await storage.incus.volumes.configure(project, poolOf(storage, volume), name, config);
  } catch (error) {
    if (!isIncusError(error, 'InUse') || spec.type !== 'block') throw error;
    // Incus 6.0 makes no disk larger under a machine that runs.
    throw new Obstacle(
      'InUse',
      `it grows to ${spec.size} once no running virtual machine has it: stop that one for a moment, or take it out of spec.volumes there and put it in again; until then it is as large as it was`,
      { retryAfter_ms: GROWING_RETRY_MS },
    );
  }
}

async function restore(
  storage: StorageContext,
  project: string,
  volume: VolumeObject,
  from: string,
  { realm, events }: ReconcileContext,
  { size = '' }: Config,
): Promise<void> {
  const { uid, namespace = '' } = volume.metadata;
  const snapshot = readySnapshot(realm.view, namespace, from);
  if (snapshot.status?.volumeUid !== uid) {
    throw new Obstacle(
      'SnapshotOfAnother',
      `snapshot "${from}" is of another volume; only its own can be restored, but spec.source.snapshot of a new one can clone it`,
    );
  }
  const then_bytes = bytes(snapshot.status.size ?? volume.spec.size);
  const taken = engineSnapshot(snapshot.metadata.uid);
  const place = { project, name: engineVolume(uid), taken };
  await putBack(storage.incus, poolOf(storage, volume), place, volume.spec, then_bytes, size);
  events.record(volume, 'Normal', 'Restored', `it is again as snapshot "${from}" took it`);
}

async function remove(
  storage: StorageContext,
  key: ObjectKey,
  volume: VolumeObject,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { incus, projects } = storage;
  const { realm, change, events } = context;
  const { uid, namespace } = volume.metadata;
  const project = projects.nameOf(realm.view, namespace);
  if (project !== undefined) {
    // What Incus deletes of a locked pool stays in it. With the organization all of the pool goes, and its key may never come back.
    if (!(await isEnding(realm.id, context))) await waitUntilOpen(storage, volume, realm.id);
    const current = await find(storage, volume, project, realm, 'gone');
    if (current && current.config[LABELS.uid] === uid) {
      try {
        await incus.volumes.delete(project, current.pool, current.name);
      } catch (error) {
        if (!isIncusError(error, 'InUse')) throw error;
        throw new Obstacle('InUse', 'an instance has it until it is gone itself, or was changed once more', {
          detail: error.message,
          retryAfter_ms: IN_USE_RETRY_MS,
        });
      }
      events.record(volume, 'Normal', 'Deleted', 'what was on it is gone, and its snapshots');
    }
    await projects.removeIfEmpty(project);
  }
  await removeFinalizer(realm.resources, Volume, key, VOLUME_FINALIZER, change, uid);
  return undefined;
}

async function waitUntilOpen(storage: StorageContext, volume: VolumeObject, realm: RealmId): Promise<void> {
  try {
    await requireOpen(storage, poolOf(storage, volume), realm);
  } catch (error) {
    if (!isIncusError(error, 'Absent')) throw error;
  }
}

const isEnding = (id: RealmId, { realms }: ReconcileContext): Promise<boolean> =>
  realms.use(REGION, async ({ view }) => {
    const organization = view.get(Organization, { name: organizationOf(id) ?? '' });
    return organization === undefined || isDeleting(organization);
  });

/** What the engine holds of it. One that was never announced may have been begun in any pool. */
async function find(
  storage: StorageContext,
  volume: VolumeObject,
  project: string,
  realm: Realm,
  /** Without an engine there is nothing of it; should one come back, a sweep finds what it held. */
  whenAbsent: 'throw' | 'gone' = 'throw',
): Promise<IncusVolume | undefined> {
  const { incus } = storage;
  try {
    const isMade = volume.status?.madeAt !== undefined;
    const pools = isMade ? [poolOf(storage, volume)] : await volumePools(storage, realm.id);
    for (const pool of pools) {
      const found = await incus.volumes
        .get(project, pool, engineVolume(volume.metadata.uid))
        .catch(unlessNone);
      if (found) return found.value;
    }
    return undefined;
  } catch (error) {
    if (whenAbsent === 'gone' && isIncusError(error, 'Absent')) return undefined;
    throw error;
  }
}

function unlessNone(error: unknown): undefined {
  if (!isIncusError(error, 'NotFound')) throw error;
}

/** The instances that have it, for its status. */
function attached(volume: VolumeObject, { realm }: ReconcileContext): { attachedTo: string[] | undefined } {
  const names = instancesWith(realm.view, volume, 'held').slice(0, ATTACHED_MAX);
  return { attachedTo: names.length === 0 ? undefined : [...names] };
}

/** Those that it has, had, or is to have. */
function volumesOfInstance(object: KubeObject, { view }: Realm): readonly ObjectKey[] {
  const { namespace = '', name } = object.metadata;
  if (view.count(Volume, namespace) === 0) return [];
  const { spec, status } = object as InstanceObject;
  const now = new Set([...(spec.volumes ?? []), ...(status?.volumes ?? [])].map(({ volume }) => volume));
  for (const volume of view.list(Volume, namespace)) {
    if (volume.status?.attachedTo?.includes(name)) now.add(volume.metadata.name);
  }
  return [...now].map((one) => ({ namespace, name: one }));
}

function volumesWaitingForSnapshot(snapshot: KubeObject, { view }: Realm): readonly ObjectKey[] {
  const { namespace = '', name } = snapshot.metadata;
  return view
    .list(Volume, namespace)
    .filter(
      ({ spec, status }) =>
        (spec.restoreFrom === name && status?.restoredFrom !== name) ||
        (spec.source?.snapshot === name && status?.madeAt === undefined),
    )
    .map(({ metadata }) => ({ namespace, name: metadata.name }));
}

/** Takes snapshots of volumes, and lets them go. A snapshot that was announced is never taken again. */
import { isIncusError } from '#engines/incus/errors.ts';
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext } from '#kernel/controller.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { ObjectKey, Realm } from '#kernel/realm.ts';
import { isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import { adopt } from '#services/compute/adopt.ts';
import { engineSnapshot, engineVolume } from '#services/compute/names.ts';
import { Obstacle, obstacleOf } from '#services/compute/obstacle.ts';
import { writeStatus } from '#services/compute/status.ts';
import { poolOf, type StorageContext } from './context.ts';
import { VOLUME_SNAPSHOT_FINALIZER, VolumeSnapshot, type VolumeSnapshotObject } from './snapshot.ts';
import { Volume, type VolumeObject } from './volume.ts';

const PENDING_RETRY_MS = 1_000;

export function volumeSnapshotController(storage: StorageContext): Controller {
  return {
    name: 'volume-snapshot',
    realms: ['organization'],
    kind: VolumeSnapshot,
    watches: [{ kind: Volume, keys: pendingSnapshots }],
    async reconcile(key, context) {
      const snapshot = context.realm.view.get(VolumeSnapshot, key);
      if (!snapshot) return undefined;
      const { uid } = snapshot.metadata;
      try {
        if (isDeleting(snapshot)) await remove(storage, key, snapshot, context);
        else if (!isConditionTrue(snapshot.status?.conditions, 'Ready'))
          await take(storage, key, snapshot, context);
        return undefined;
      } catch (error) {
        const obstacle = obstacleOf(error, isDeleting(snapshot) ? 'deleted' : 'taken');
        if (obstacle.detail) {
          storage.logger.warn({ realm: context.realm.id, uid, error: obstacle.detail }, obstacle.message);
        }
        const { reason, message } = obstacle;
        await writeStatus(context, VolumeSnapshot, key, uid, {}, { ready: false, reason, message });
        return { retryAfter_ms: obstacle.retryAfter_ms };
      }
    },
  };
}

async function take(
  storage: StorageContext,
  key: ObjectKey,
  snapshot: VolumeSnapshotObject,
  context: ReconcileContext,
): Promise<void> {
  const { incus, projects } = storage;
  const { realm, clock } = context;
  const { namespace = '' } = snapshot.metadata;
  const volume = realm.view.get(Volume, { namespace, name: snapshot.spec.volume });
  if (!volume || isDeleting(volume)) {
    throw new Obstacle('VolumeNotFound', `volume "${snapshot.spec.volume}" does not exist in this project`);
  }
  await adopt(VolumeSnapshot, key, volume, context);
  if (volume.status?.madeAt === undefined || volume.status.restoring !== undefined) {
    throw new Obstacle(
      'VolumeNotReady',
      `volume "${volume.metadata.name}" is not made, or not restored, to its end yet; see its conditions`,
      {
        retryAfter_ms: PENDING_RETRY_MS,
      },
    );
  }
  const project = projects.nameOf(realm.view, namespace) ?? '';
  const pool = poolOf(storage, volume);
  const name = engineVolume(volume.metadata.uid);
  const taken = engineSnapshot(snapshot.metadata.uid);
  await incus.volumes.createSnapshot(project, pool, name, taken).catch(async (error: unknown) => {
    if (!isIncusError(error, 'AlreadyExists')) throw error;
    // Of an attempt that was interrupted, perhaps before its end. Nobody was told of it: it is taken again.
    await incus.volumes.deleteSnapshot(project, pool, name, taken);
    await incus.volumes.createSnapshot(project, pool, name, taken);
  });
  const fields = {
    volumeUid: volume.metadata.uid,
    type: volume.spec.type,
    size: volume.status.size,
    takenAt: rfc3339(clock.now()),
  };
  await writeStatus(context, VolumeSnapshot, key, snapshot.metadata.uid, fields, {
    ready: true,
    reason: 'Taken',
    message: 'it can be restored to its volume, or cloned',
  });
}

async function remove(
  storage: StorageContext,
  key: ObjectKey,
  snapshot: VolumeSnapshotObject,
  { realm, change }: ReconcileContext,
): Promise<void> {
  const { incus, projects } = storage;
  const { uid, namespace, ownerReferences } = snapshot.metadata;
  const owner = snapshot.status?.volumeUid ?? ownerReferences?.find(({ kind }) => kind === Volume.kind)?.uid;
  const project = projects.nameOf(realm.view, namespace);
  if (owner !== undefined && project !== undefined) {
    // Its volume may be gone already, and where that lay is not known any more.
    const volume = realm.view.byUid(owner)?.entry.object() as VolumeObject | undefined;
    const pools = volume ? [poolOf(storage, volume)] : [];
    for (const pool of pools) {
      try {
        await incus.volumes.deleteSnapshot(project, pool, engineVolume(owner), engineSnapshot(uid));
      } catch (error) {
        if (!isIncusError(error, 'NotFound', 'Absent')) throw error;
      }
    }
  }
  await removeFinalizer(realm.resources, VolumeSnapshot, key, VOLUME_SNAPSHOT_FINALIZER, change, uid);
}

function pendingSnapshots(volume: KubeObject, { view }: Realm): readonly ObjectKey[] {
  const { namespace = '', name } = volume.metadata;
  return view
    .list(VolumeSnapshot, namespace)
    .filter(({ spec, status }) => spec.volume === name && !isConditionTrue(status?.conditions, 'Ready'))
    .map(({ metadata }) => ({ namespace, name: metadata.name }));
}

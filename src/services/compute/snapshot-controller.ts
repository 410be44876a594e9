/** Takes snapshots of instances' disks, and lets them go. A snapshot that was announced is never taken again. */
import { isIncusError } from '#engines/incus/errors.ts';
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext } from '#kernel/controller.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { ObjectKey, Realm } from '#kernel/realm.ts';
import { isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import { adopt } from './adopt.ts';
import type { ComputeContext } from './context.ts';
import { Instance, type InstanceObject } from './instance.ts';
import { snapshotInstance } from './instance-source.ts';
import { engineInstance, engineSnapshot } from './names.ts';
import { Obstacle, obstacleOf } from './obstacle.ts';
import { InstanceSnapshot, SNAPSHOT_FINALIZER, type SnapshotObject } from './snapshot.ts';
import { writeStatus } from './status.ts';

export function snapshotController(compute: ComputeContext): Controller {
  return {
    name: 'instance-snapshot',
    realms: ['organization'],
    kind: InstanceSnapshot,
    watches: [{ kind: Instance, keys: pendingSnapshots }],
    async reconcile(key, context) {
      const snapshot = context.realm.view.get(InstanceSnapshot, key);
      if (!snapshot) return undefined;
      const { uid } = snapshot.metadata;
      const instance = snapshotInstance(snapshot, context);
      if (isDeleting(snapshot)) {
        await remove(compute, key, snapshot, context);
        return undefined;
      }
      if (isConditionTrue(snapshot.status?.conditions, 'Ready')) return undefined;
      try {
        await take(compute, key, snapshot, instance, context);
        return undefined;
      } catch (error) {
        const obstacle = obstacleOf(error, 'taken');
        if (obstacle.detail) {
          compute.logger.warn({ realm: context.realm.id, uid, error: obstacle.detail }, obstacle.message);
        }
        const { reason, message } = obstacle;
        await writeStatus(context, InstanceSnapshot, key, uid, {}, { ready: false, reason, message });
        return { retryAfter_ms: obstacle.retryAfter_ms };
      }
    },
  };
}

async function take(
  { incus, projects }: ComputeContext,
  key: ObjectKey,
  snapshot: SnapshotObject,
  instance: InstanceObject | undefined,
  context: ReconcileContext,
): Promise<void> {
  const { realm, clock } = context;
  if (!instance || isDeleting(instance)) {
    throw new Obstacle(
      'InstanceNotFound',
      `instance "${snapshot.spec.instance}" does not exist in this project`,
    );
  }
  const { metadata } = instance;
  await adopt(InstanceSnapshot, key, instance, context);
  // Incus would take one of a disk that was never made to its end, and then be unable to let go of either.
  if (instance.status?.node === undefined) throw noDisk(metadata.name);
  const project = projects.nameOf(realm.view, metadata.namespace);
  const name = engineInstance(metadata.uid);
  const taken = engineSnapshot(snapshot.metadata.uid);
  const take = () => incus.instances.createSnapshot(project ?? '', name, taken);
  try {
    await take().catch(async (error: unknown) => {
      if (!isIncusError(error, 'AlreadyExists')) throw error;
      // Of an attempt that was interrupted, perhaps before its end. Nobody was told of it: it is taken again.
      await incus.instances.deleteSnapshot(project ?? '', name, taken);
      await take();
    });
  } catch (error) {
    if (isIncusError(error, 'NotFound')) throw noDisk(metadata.name);
    throw error;
  }
  const fields = {
    instanceUid: metadata.uid,
    type: instance.spec.type,
    disk: String(instance.spec.disk),
    takenAt: rfc3339(clock.now()),
  };
  await writeStatus(context, InstanceSnapshot, key, snapshot.metadata.uid, fields, {
    ready: true,
    reason: 'Taken',
    message: 'it can be restored to its instance, or cloned',
  });
}

const noDisk = (instance: string): Obstacle =>
  new Obstacle('InstanceNotReady', `instance "${instance}" has no disk yet; see its conditions`, {
    retryAfter_ms: 1_000,
  });

async function remove(
  { incus, projects }: ComputeContext,
  key: ObjectKey,
  snapshot: SnapshotObject,
  { realm, change }: ReconcileContext,
): Promise<void> {
  const owner =
    snapshot.status?.instanceUid ??
    snapshot.metadata.ownerReferences?.find(({ kind }) => kind === Instance.kind)?.uid;
  const project = projects.nameOf(realm.view, snapshot.metadata.namespace);
  if (owner !== undefined && project !== undefined) {
    try {
      const name = engineSnapshot(snapshot.metadata.uid);
      await incus.instances.deleteSnapshot(project, engineInstance(owner), name);
    } catch (error) {
      if (!isIncusError(error, 'NotFound', 'Absent')) throw error;
    }
  }
  const { uid } = snapshot.metadata;
  await removeFinalizer(realm.resources, InstanceSnapshot, key, SNAPSHOT_FINALIZER, change, uid);
}

function pendingSnapshots(instance: KubeObject, { view }: Realm): readonly ObjectKey[] {
  const { namespace, name } = instance.metadata;
  return view
    .list(InstanceSnapshot, namespace)
    .filter(
      (snapshot) => snapshot.spec.instance === name && !isConditionTrue(snapshot.status?.conditions, 'Ready'),
    )
    .map(({ metadata }) => ({ ...(namespace === undefined ? {} : { namespace }), name: metadata.name }));
}

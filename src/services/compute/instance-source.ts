/** What an instance starts from: an image of the region, or a snapshot of its project, checked and ready. */
import type { ReconcileContext } from '#kernel/controller.ts';
import { compareQuantities } from '#kernel/quantity.ts';
import { REGION } from '#kernel/realm-id.ts';
import { isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { Image, type ImageObject } from './image.ts';
import { Instance, type InstanceObject } from './instance.ts';
import { engineInstance, engineSnapshot } from './names.ts';
import { Obstacle } from './obstacle.ts';
import { InstanceSnapshot, type SnapshotObject } from './snapshot.ts';

export type Source =
  | { readonly type: 'image'; readonly fingerprint: string }
  /** `<instance>/<snapshot>` in the instance's own Incus project. */
  | { readonly type: 'snapshot'; readonly name: string };

const IMAGE_RETRY_MS = 2_000;

/** Throws Obstacle when it is missing, not ready, or does not fit. */
export async function resolveSource(instance: InstanceObject, context: ReconcileContext): Promise<Source> {
  const { spec } = instance;
  if (spec.image !== undefined) return imageSource(instance, spec.image, context);
  const snapshot = readySnapshot(instance, spec.source?.snapshot ?? '', context);
  if (snapshot.status?.type !== spec.type) {
    throw new Obstacle(
      'TypeDiffers',
      `snapshot "${snapshot.metadata.name}" is of a ${snapshot.status?.type}`,
    );
  }
  const least = snapshot.status.disk ?? '0';
  if (compareQuantities(spec.disk, least) < 0) {
    throw new Obstacle('DiskTooSmall', `spec.disk is ${spec.disk}; the snapshot needs at least ${least}`);
  }
  return {
    type: 'snapshot',
    name: `${engineInstance(snapshot.status.instanceUid ?? '')}/${engineSnapshot(snapshot.metadata.uid)}`,
  };
}

async function imageSource(
  { spec }: InstanceObject,
  name: string,
  { realms }: ReconcileContext,
): Promise<Source> {
  const image = await realms.use(REGION, ({ view }) => chooseImage(view.list(Image), name, spec.type));
  if (!image) {
    throw new Obstacle(
      'ImageNotFound',
      `there is no image and no family of images "${name}"; kubectl get images lists those that there are`,
    );
  }
  if (image.spec.type !== spec.type) {
    throw new Obstacle('TypeDiffers', `image "${name}" is for a ${image.spec.type}, not for a ${spec.type}`);
  }
  const fingerprint = image.status?.fingerprint;
  if (!isConditionTrue(image.status?.conditions, 'Ready') || fingerprint === undefined) {
    throw new Obstacle('ImageNotReady', `image "${name}" is not ready yet; see its conditions`, {
      retryAfter_ms: IMAGE_RETRY_MS,
    });
  }
  const { memory, disk } = image.spec.minimums ?? {};
  if (memory !== undefined && compareQuantities(spec.memory, memory) < 0) {
    throw new Obstacle(
      'MemoryTooSmall',
      `spec.memory is ${spec.memory}; image "${name}" needs at least ${memory}`,
    );
  }
  if (disk !== undefined && compareQuantities(spec.disk, disk) < 0) {
    throw new Obstacle('DiskTooSmall', `spec.disk is ${spec.disk}; image "${name}" needs at least ${disk}`);
  }
  return { type: 'image', fingerprint };
}

/** The image of that name; else the newest of the family of that name for such instances, a ready one if there is any. */
export function chooseImage(
  images: readonly ImageObject[],
  name: string,
  type: ImageObject['spec']['type'],
): ImageObject | undefined {
  const live = images.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const named = live.find(({ metadata }) => metadata.name === name);
  if (named) return named;
  const all = live.filter(({ spec }) => spec.family === name);
  const fitting = all.filter(({ spec }) => spec.type === type);
  // One that does not fit is better than none: then it can be said.
  const family = fitting.length > 0 ? fitting : all;
  const ready = family.filter(({ status }) => isConditionTrue(status?.conditions, 'Ready'));
  return (ready.length > 0 ? ready : family).toSorted(newestFirst)[0];
}

const newestFirst = (a: ImageObject, b: ImageObject): number =>
  b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp) ||
  b.metadata.name.localeCompare(a.metadata.name);

/** The snapshot of that name in the instance's project, taken. Throws Obstacle. */
export function readySnapshot(
  instance: InstanceObject,
  name: string,
  { realm }: ReconcileContext,
): SnapshotObject {
  const { namespace } = instance.metadata;
  const snapshot = realm.view.get(InstanceSnapshot, {
    ...(namespace === undefined ? {} : { namespace }),
    name,
  });
  if (!snapshot || snapshot.metadata.deletionTimestamp !== undefined) {
    throw new Obstacle('SnapshotNotFound', `snapshot "${name}" does not exist in this project`);
  }
  if (!isConditionTrue(snapshot.status?.conditions, 'Ready')) {
    throw new Obstacle('SnapshotNotReady', `snapshot "${name}" is not ready yet; see its conditions`);
  }
  return snapshot;
}

/** The instance that a snapshot names, unless it is another one of that name by now. */
export function snapshotInstance(
  snapshot: SnapshotObject,
  { realm }: ReconcileContext,
): InstanceObject | undefined {
  const { namespace } = snapshot.metadata;
  const instance = realm.view.get(Instance, {
    ...(namespace === undefined ? {} : { namespace }),
    name: snapshot.spec.instance,
  });
  const taken = snapshot.status?.instanceUid;
  return taken === undefined || taken === instance?.metadata.uid ? instance : undefined;
}

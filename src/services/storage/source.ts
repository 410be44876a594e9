/** What a volume begins as, and what it is put back to: volumes and snapshots of its project, checked and ready. */

import { compareQuantities } from '#kernel/quantity.ts';
import type { RealmView } from '#kernel/realm.ts';
import { isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { engineSnapshot, engineVolume } from '#services/compute/names.ts';
import { Obstacle } from '#services/compute/obstacle.ts';
import { VolumeSnapshot, type VolumeSnapshotObject } from './snapshot.ts';
import { Volume, type VolumeObject } from './volume.ts';

const PENDING_RETRY_MS = 1_000;

export interface VolumeSource {
  /** `<volume>` or `<volume>/<snapshot>` in Incus. */
  readonly name: string;
  /** The volume that it is, or is of. */
  readonly volume: VolumeObject;
}

/** Undefined: it begins empty. Throws Obstacle. */
export function sourceOf({ metadata, spec }: VolumeObject, view: RealmView): VolumeSource | undefined {
  const { source } = spec;
  const { namespace = '' } = metadata;
  if (source?.snapshot !== undefined) {
    const snapshot = readySnapshot(view, namespace, source.snapshot);
    const { type, size = '0', volumeUid = '' } = snapshot.status ?? {};
    checkFits(spec, `snapshot "${source.snapshot}"`, { type, size });
    const volume = view.byUid(volumeUid)?.entry.object() as VolumeObject | undefined;
    // They go together, the snapshot first.
    if (!volume) throw new Obstacle('SourceNotFound', `the volume of snapshot "${source.snapshot}" is gone`);
    return { name: `${engineVolume(volumeUid)}/${engineSnapshot(snapshot.metadata.uid)}`, volume };
  }
  if (source?.volume !== undefined) {
    const volume = view.get(Volume, { namespace, name: source.volume });
    if (!volume || isDeleting(volume) || volume.metadata.uid === metadata.uid) {
      throw new Obstacle('SourceNotFound', `volume "${source.volume}" does not exist in this project`);
    }
    if (volume.status?.restoring !== undefined || !isConditionTrue(volume.status?.conditions, 'Ready')) {
      throw new Obstacle('SourceNotReady', `volume "${source.volume}" is not ready yet; see its conditions`, {
        retryAfter_ms: PENDING_RETRY_MS,
      });
    }
    checkFits(spec, `volume "${source.volume}"`, volume.spec);
    return { name: engineVolume(volume.metadata.uid), volume };
  }
  return undefined;
}

/** The snapshot of that name, taken. Throws Obstacle. */
export function readySnapshot(view: RealmView, namespace: string, name: string): VolumeSnapshotObject {
  const snapshot = view.get(VolumeSnapshot, { namespace, name });
  if (!snapshot || isDeleting(snapshot)) {
    throw new Obstacle('SnapshotNotFound', `snapshot "${name}" does not exist in this project`);
  }
  if (!isConditionTrue(snapshot.status?.conditions, 'Ready')) {
    throw new Obstacle('SnapshotNotReady', `snapshot "${name}" is not ready yet; see its conditions`, {
      retryAfter_ms: PENDING_RETRY_MS,
    });
  }
  return snapshot;
}

function checkFits(
  spec: VolumeObject['spec'],
  what: string,
  { type, size }: { readonly type: VolumeObject['spec']['type'] | undefined; readonly size: string | number },
): void {
  if (type !== spec.type) {
    throw new Obstacle('TypeDiffers', `${what} is of type ${type}; a copy of it is of the same type`);
  }
  if (compareQuantities(spec.size, size) < 0) {
    throw new Obstacle('SizeTooSmall', `spec.size is ${spec.size}; ${what} needs at least ${size}`);
  }
}

/**
 * Which instance has which volume. An instance holds a volume from when it is given it, in the lane and before Incus is asked, until Incus has let
 * go of it: both are `status.volumes`. So no two have one that is not shared, whatever is interrupted where. Pure.
 */
import type { RealmView } from '#kernel/realm.ts';
import { isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { Volume, type VolumeObject } from '#services/storage/volume.ts';
import { Instance, type InstanceObject, type InstanceSpec, type InstanceStatus } from './instance.ts';
import { engineVolume } from './names.ts';
import { Obstacle } from './obstacle.ts';

export type VolumeMount = NonNullable<InstanceSpec['volumes']>[number];
export type VolumeClaim = NonNullable<InstanceStatus['volumes']>[number];

/** Somebody else lets go of it soon, or has to. */
const HELD_RETRY_MS = 1_000;
const PENDING_RETRY_MS = 1_000;

/** A volume as a device of an instance. */
export interface VolumeDevice {
  /** Also the volume's name in Incus. */
  readonly name: string;
  /** Absent for a block volume. */
  readonly path?: string | undefined;
  readonly readOnly: boolean;
  /** Where it lies; absent: where instances' disks do. */
  readonly pool?: string | undefined;
}

/**
 * What the instance holds once it is given what it wants: what it has no more is still held, until `letGo`, where Incus may have it on the instance.
 * Throws Obstacle when it cannot have one. What it has already stays its own.
 */
export function claimVolumes(
  instance: InstanceObject,
  view: RealmView,
  isInEngine: boolean,
): readonly VolumeClaim[] {
  const held = instance.status?.volumes ?? [];
  const wanted = instance.spec.volumes ?? [];
  const claims = wanted.map((mount, index) => {
    const had = held.find(({ volume }) => volume === mount.volume);
    return had ?? claim(instance, mount, index, view);
  });
  if (!isInEngine) return claims;
  const leaving = held.filter(({ volume }) => !wanted.some((mount) => mount.volume === volume));
  return [...claims, ...leaving];
}

/** What it holds once Incus has let go of the rest. */
export function letGo(instance: InstanceObject): readonly VolumeClaim[] {
  const wanted = new Set((instance.spec.volumes ?? []).map(({ volume }) => volume));
  return (instance.status?.volumes ?? []).filter(({ volume }) => wanted.has(volume));
}

/** The devices of an instance that has its volumes. */
export function volumeDevices({ spec, status }: InstanceObject): readonly VolumeDevice[] {
  return (spec.volumes ?? []).flatMap(({ volume, path, readOnly = false }) => {
    const claimed = status?.volumes?.find((one) => one.volume === volume);
    return claimed ? [{ name: engineVolume(claimed.uid), path, readOnly, pool: claimed.pool }] : [];
  });
}

/** Of type block, where a guest's udev puts it: by the disk's make, and its number, which is the device's name. */
export const blockDevice = (uid: string): string =>
  `/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_incus_${engineVolume(uid)}`;

/** What keeps the volume from being one of this instance, whoever else has it; with the field of the mount that it is about. */
export function mountProblem(
  instanceType: InstanceSpec['type'],
  { volume: name, path }: VolumeMount,
  { type }: VolumeObject['spec'],
): { readonly field: 'volume' | 'path'; readonly message: string } | undefined {
  if (type === 'block' && instanceType === 'container') {
    return {
      field: 'volume',
      message: `"${name}" is a block volume, which only a virtual machine can have; for a container make one of type filesystem`,
    };
  }
  if (type === 'block' && path !== undefined) {
    return {
      field: 'path',
      message: `is not for block volume "${name}": the instance finds it as a disk, at the device that its status tells; leave it out`,
    };
  }
  if (type === 'filesystem' && path === undefined) {
    return {
      field: 'path',
      message: `is missing: where the files of "${name}" are to be, such as /srv/data`,
    };
  }
  return undefined;
}

/** Names of the instances that hold the volume, that are to have it, or either. `but`: the uid of one that does not count. */
export function instancesWith(
  view: RealmView,
  { metadata }: Pick<VolumeObject, 'metadata'>,
  how: 'held' | 'wanted' | 'either',
  but?: string,
): readonly string[] {
  const names: string[] = [];
  for (const entry of view.entries(Instance, metadata.namespace)) {
    if (entry.uid === but) continue;
    const instance = entry.object() as InstanceObject;
    const { spec, status } = instance;
    const isHeld = status?.volumes?.some(({ uid }) => uid === metadata.uid) ?? false;
    // One that goes is given nothing any more.
    const isWanted =
      !isDeleting(instance) && (spec.volumes?.some(({ volume }) => volume === metadata.name) ?? false);
    if ((isHeld && how !== 'wanted') || (isWanted && how !== 'held')) names.push(entry.name);
  }
  return names;
}

function claim(instance: InstanceObject, mount: VolumeMount, index: number, view: RealmView): VolumeClaim {
  const { namespace = '', uid } = instance.metadata;
  const name = mount.volume;
  const volume = view.get(Volume, { namespace, name });
  if (!volume) {
    throw new Obstacle('VolumeNotFound', `volume "${name}" does not exist in this project; create it`);
  }
  if (isDeleting(volume)) {
    throw new Obstacle('VolumeDeleting', `volume "${name}" is being deleted; use another`);
  }
  const problem = mountProblem(instance.spec.type, mount, volume.spec);
  if (problem) {
    throw new Obstacle('VolumeUnfit', `spec.volumes[${index}].${problem.field} ${problem.message}`);
  }
  if (volume.status?.restoring !== undefined) {
    throw new Obstacle(
      'VolumeRestoring',
      `volume "${name}" is being restored from a backup; it follows once that is done`,
      { retryAfter_ms: PENDING_RETRY_MS },
    );
  }
  const { restoreFrom } = volume.spec;
  if (restoreFrom !== undefined && restoreFrom !== volume.status?.restoredFrom) {
    throw new Obstacle(
      'VolumeRestoring',
      `volume "${name}" is being put back to snapshot "${restoreFrom}"; it follows once that is done`,
      { retryAfter_ms: PENDING_RETRY_MS },
    );
  }
  if (!isConditionTrue(volume.status?.conditions, 'Ready')) {
    throw new Obstacle('VolumeNotReady', `volume "${name}" is not ready yet; see its conditions`, {
      retryAfter_ms: PENDING_RETRY_MS,
    });
  }
  const [holder] = volume.spec.shared === true ? [] : instancesWith(view, volume, 'held', uid);
  if (holder !== undefined) {
    throw new Obstacle(
      'VolumeHeld',
      `volume "${name}" still belongs to instance "${holder}"; it follows once that one has let go of it`,
      { retryAfter_ms: HELD_RETRY_MS },
    );
  }
  const device = volume.spec.type === 'block' ? { device: blockDevice(volume.metadata.uid) } : {};
  const pool = volume.status?.pool;
  return { volume: name, uid: volume.metadata.uid, ...device, ...(pool === undefined ? {} : { pool }) };
}

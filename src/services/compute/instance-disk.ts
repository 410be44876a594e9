/** What an instance's disk begins as, and what it is put back to. */
import type { Incus } from '#engines/incus/client.ts';
import { isIncusError } from '#engines/incus/errors.ts';
import { type Devices, INSTANCE_STATUS, type IncusInstance } from '#engines/incus/types.ts';
import type { ReconcileContext } from '#kernel/controller.ts';
import type { ComputeContext } from './context.ts';
import { draftFromImage, draftFromSnapshot, type EnginePlan } from './engine-plan.ts';
import type { InstanceObject } from './instance.ts';
import { readySnapshot, type Source } from './instance-source.ts';
import { engineInstance, engineSnapshot, isEngineVolume, LABELS } from './names.ts';
import { Obstacle } from './obstacle.ts';
import { forceOff } from './power.ts';

export const originOf = ({ spec }: InstanceObject): string =>
  spec.source?.snapshot === undefined
    ? `from image "${spec.image}"`
    : `as a clone of snapshot "${spec.source.snapshot}"`;

/**
 * Incus keeps an instance whose making was interrupted, by its own end for one, as if it were whole. It is one that we never heard was made, and that
 * never ran: so nothing can be lost with it.
 */
export function isHalfMade(
  { status_code, config }: IncusInstance,
  { metadata, status }: InstanceObject,
): boolean {
  return (
    config[LABELS.uid] === metadata.uid &&
    status?.node === undefined &&
    status_code === INSTANCE_STATUS.stopped &&
    config['volatile.last_state.power'] === undefined
  );
}

/** Resolves to whether it was made; false when it was there already. */
export async function create(
  { incus, projects, images }: ComputeContext,
  project: string,
  instance: InstanceObject,
  plan: EnginePlan,
  source: Source,
  signal: AbortSignal,
): Promise<boolean> {
  const name = engineInstance(instance.metadata.uid);
  const { type } = instance.spec;
  const draft =
    source.type === 'image'
      ? draftFromImage(name, type, plan, source.fingerprint)
      : draftFromSnapshot(name, type, plan, source.name, await snapshotDevices(incus, project, source.name));
  const make = () => incus.instances.create(project, draft, signal);
  try {
    await (source.type === 'image' ? images.use(source.fingerprint, make) : make());
    return true;
  } catch (error) {
    if (isIncusError(error, 'AlreadyExists')) return false; // an attempt of ours that was interrupted just now
    if (isIncusError(error, 'NotFound')) projects.forget(project);
    throw error;
  }
}

/** Throws Obstacle. */
export async function restore(
  compute: ComputeContext,
  project: string,
  instance: InstanceObject,
  name: string,
  context: ReconcileContext,
): Promise<void> {
  const snapshot = readySnapshot(instance, name, context);
  if (snapshot.status?.instanceUid !== instance.metadata.uid) {
    throw new Obstacle(
      'SnapshotOfAnother',
      `snapshot "${name}" is of another instance; only its own can be restored, but spec.source.snapshot of a new one can clone it`,
    );
  }
  const { incus } = compute;
  const target = engineInstance(instance.metadata.uid);
  const taken = engineSnapshot(snapshot.metadata.uid);
  const devices = await snapshotDevices(incus, project, `${target}/${taken}`);
  // Its devices go back as well, and Incus would start it with volumes that may be another's by now, or gone.
  if (Object.keys(devices).some(isEngineVolume)) await forceOff(compute, project, target);
  await incus.instances.restoreSnapshot(project, target, taken);
}

/** The devices that an instance had when a snapshot, `<instance>/<snapshot>`, was taken of it. */
async function snapshotDevices(incus: Incus, project: string, source: string): Promise<Devices> {
  const [instance = '', snapshot] = source.split('/');
  const all = await incus.instances.snapshots(project, instance);
  return all.find(({ name }) => name === snapshot || name === source)?.devices ?? {};
}

/**
 * Compares all of Incus with all of a realm's objects: removes instances and projects that no object accounts for, and
 * wakes the controller for those that are missing or not as they should be. One list, however many there are.
 */
import { isIncusError } from '#engines/incus/errors.ts';
import { INSTANCE_STATUS, type IncusInstance } from '#engines/incus/types.ts';
import type { ReconcileContext } from '#kernel/controller.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { planFor } from './attachments.ts';
import type { ComputeContext } from './context.ts';
import { differs } from './engine-plan.ts';
import { Instance } from './instance.ts';
import { isFromBefore, reportLeftover } from './leftover/find.ts';
import { foundInstance, foundVolume } from './leftover/found.ts';
import { engineInstance, LABELS } from './names.ts';
import { forceOff } from './power.ts';
import { writeStatus } from './status.ts';
import { listVolumes } from './volume-pools.ts';

/** For one organization. */
export async function sweepRealm(compute: ComputeContext, context: ReconcileContext): Promise<void> {
  const { realm, realms } = context;
  // Incus first, objects after, as fresh as they are anywhere: whatever Incus holds had its object before.
  const all = await instancesOf(compute);
  if (all === undefined) return;
  const held = all.filter((one) => isOf(compute, one, realm.id));
  await realms.fresh(realm.id);
  const live = new Set([...realm.view.entries(Instance)].map(({ uid }) => uid));
  const restored_ms = await compute.lastRestore?.(realms);
  for (const one of held) {
    if (!live.has(one.config[LABELS.uid] ?? '')) await removeOrphan(compute, one, restored_ms, context);
  }
  const vendorData = await compute.vendorData?.();
  const byName = new Map(held.map((one) => [one.name, one]));
  for (const instance of realm.view.list(Instance)) {
    const { uid, namespace = '', name, deletionTimestamp } = instance.metadata;
    if (deletionTimestamp !== undefined || !isConditionTrue(instance.status?.conditions, 'Ready')) continue;
    const owner = { region: compute.regionId, realm: realm.id, project: namespace };
    const current = byName.get(engineInstance(uid));
    const good =
      current?.status_code === INSTANCE_STATUS.running &&
      !differs(current, planFor(compute, instance, owner, realm.view, vendorData));
    if (good) continue;
    await writeStatus(
      context,
      Instance,
      { namespace, name },
      uid,
      {},
      {
        ready: false,
        reason: current ? 'Drifted' : 'Missing',
        message: current
          ? 'it was found stopped or changed, and is being put right'
          : 'the engine did not hold it any more; it is being made anew, with an empty disk',
      },
    );
  }
}

/** The organizations that Incus holds instances of. */
export async function realmsHeld(compute: ComputeContext): Promise<ReadonlySet<RealmId>> {
  const all = (await instancesOf(compute)) ?? [];
  return new Set(
    all.flatMap(({ config }) =>
      config[LABELS.region] === compute.regionId && config[LABELS.realm] !== undefined
        ? [config[LABELS.realm] as RealmId]
        : [],
    ),
  );
}

/** For realms that do not exist any more; the region's own realm does it for all. */
export async function sweepGoneRealms(compute: ComputeContext, context: ReconcileContext): Promise<void> {
  const { realms } = context;
  const restored_ms = await compute.lastRestore?.(realms);
  const exists = new Map<string, boolean>();
  const isGone = async (realm: string | undefined): Promise<boolean> => {
    if (realm === undefined) return false;
    const known = exists.get(realm) ?? (await realms.exists(realm as RealmId));
    exists.set(realm, known);
    return !known;
  };
  const all = await instancesOf(compute);
  if (all === undefined) return;
  for (const one of all) {
    if (one.config[LABELS.region] !== compute.regionId) continue;
    if (await isGone(one.config[LABELS.realm])) await removeOrphan(compute, one, restored_ms, context);
  }
  for (const volume of await listVolumes(compute)) {
    const { project, pool, name, config } = volume;
    if (!(await isGone(config[LABELS.realm]))) continue;
    if (isFromBefore(volume.created_at, restored_ms)) {
      await reportLeftover(foundVolume(volume), context, compute.logger);
      continue;
    }
    compute.logger.warn({ project, name }, 'removing a volume of an organization that is gone');
    await compute.incus.volumes.delete(project, pool, name);
  }
  for (const { name, config } of await compute.incus.projects.list()) {
    if (config[LABELS.region] !== compute.regionId) continue;
    if (await isGone(config[LABELS.realm])) await compute.projects.removeIfEmpty(name);
  }
}

/** Undefined where there is no engine: nothing to compare with. */
async function instancesOf({ incus }: ComputeContext): Promise<readonly IncusInstance[] | undefined> {
  try {
    return await incus.instances.list();
  } catch (error) {
    if (isIncusError(error, 'Absent')) return undefined;
    throw error;
  }
}

const isOf = ({ regionId }: ComputeContext, { config }: IncusInstance, realm: RealmId): boolean =>
  config[LABELS.region] === regionId && config[LABELS.realm] === realm;

async function removeOrphan(
  compute: ComputeContext,
  instance: IncusInstance,
  restored_ms: number | undefined,
  context: ReconcileContext,
): Promise<void> {
  const { project, name, config } = instance;
  if (isFromBefore(instance.created_at, restored_ms)) {
    await reportLeftover(foundInstance(instance), context, compute.logger);
    return;
  }
  compute.logger.warn(
    { project, name, uid: config[LABELS.uid] },
    'removing an instance that no object accounts for',
  );
  try {
    await forceOff(compute, project, name);
    await compute.incus.instances.delete(project, name);
    await compute.projects.removeIfEmpty(project);
  } catch (error) {
    if (!isIncusError(error, 'NotFound')) throw error;
  }
}

/**
 * Compares all volumes in Incus with all of a realm's: removes those that no object accounts for, and wakes the controller for those that are
 * missing or not as they should be. One list, however many there are.
 */
import { isIncusError } from '#engines/incus/errors.ts';
import type { IncusVolume } from '#engines/incus/types.ts';
import type { ReconcileContext } from '#kernel/controller.ts';
import { bytes } from '#kernel/quantity.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { isFromBefore, reportLeftover } from '#services/compute/leftover/find.ts';
import { foundVolume } from '#services/compute/leftover/found.ts';
import { LABELS } from '#services/compute/names.ts';
import { writeStatus } from '#services/compute/status.ts';
import { listVolumes } from '#services/compute/volume-pools.ts';
import type { StorageContext } from './context.ts';
import { Volume } from './volume.ts';

/** For one organization. */
export async function sweepRealm(storage: StorageContext, context: ReconcileContext): Promise<void> {
  const { realm, realms } = context;
  // Incus first, objects after, as fresh as they are anywhere: whatever Incus holds had its object before.
  const held = await volumesOf(storage, realm.id);
  if (held === undefined) return;
  await realms.fresh(realm.id);
  const live = new Set([...realm.view.entries(Volume)].map(({ uid }) => uid));
  const restored_ms = await storage.lastRestore?.(realms);
  for (const one of held) {
    if (live.has(one.config[LABELS.uid] ?? '')) continue;
    if (isFromBefore(one.created_at, restored_ms))
      await reportLeftover(foundVolume(one), context, storage.logger);
    else await removeOrphan(storage, one);
  }
  const byUid = new Map(held.map((one) => [one.config[LABELS.uid], one]));
  for (const volume of realm.view.list(Volume)) {
    const { uid, namespace = '', name } = volume.metadata;
    if (isDeleting(volume) || !isConditionTrue(volume.status?.conditions, 'Ready')) continue;
    const current = byUid.get(uid);
    if (current?.config.size === `${bytes(volume.spec.size)}B`) continue;
    await writeStatus(
      context,
      Volume,
      { namespace, name },
      uid,
      {},
      {
        ready: false,
        reason: current ? 'Drifted' : 'Missing',
        message: current
          ? 'it was found of another size, and is being put right'
          : 'the engine did not list it any more; it is being looked for',
      },
    );
  }
}

/** The organizations that Incus holds volumes of. */
export async function realmsHeld(storage: StorageContext): Promise<ReadonlySet<RealmId>> {
  const all = (await volumesOf(storage)) ?? [];
  return new Set(all.map(({ config }) => config[LABELS.realm] as RealmId));
}

/** This region's, or one organization's. Undefined where there is no engine: nothing to compare with. */
async function volumesOf(
  storage: StorageContext,
  realm?: RealmId,
): Promise<readonly IncusVolume[] | undefined> {
  try {
    return await listVolumes(storage, realm);
  } catch (error) {
    if (isIncusError(error, 'Absent')) return undefined;
    throw error;
  }
}

async function removeOrphan(
  { incus, projects, logger }: StorageContext,
  { project, pool, name, config }: IncusVolume,
): Promise<void> {
  logger.warn({ project, name, uid: config[LABELS.uid] }, 'removing a volume that no object accounts for');
  try {
    await incus.volumes.delete(project, pool, name);
    await projects.removeIfEmpty(project);
  } catch (error) {
    // In use: by an instance that goes as well, sooner or later.
    if (!isIncusError(error, 'NotFound', 'InUse')) throw error;
  }
}

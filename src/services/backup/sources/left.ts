/**
 * What backups and restores left in the engine, and on objects, when they were killed and nobody went on with them: carriers, snapshots that were held, objects
 * whose content is half a restore. Found by the runs that their names tell.
 */
import { isIncusError } from '#engines/incus/errors.ts';
import type { Controller, ReconcileContext } from '#kernel/controller.ts';
import type { Realm, RealmView } from '#kernel/realm.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { Instance } from '#services/compute/instance.ts';
import { engineInstance, engineVolume } from '#services/compute/names.ts';
import { volumePools } from '#services/compute/volume-pools.ts';
import { Volume } from '#services/storage/volume.ts';
import { Restore } from '../restore/restore.ts';
import { Backup, type BackupObject, hasEnded } from '../run/backup.ts';
import { beforeSnapshot, type EngineSourceOptions, parseRestoring, runOf, unlessGone } from './engine.ts';
import { abandonInstance } from './instance.ts';
import { abandonVolume } from './volume.ts';

/** They do nothing for an object: they only sweep, where there are backups, or nothing but restores. */
export function leftControllers(options: EngineSourceOptions): readonly Controller[] {
  const common = { realms: ['organization'], reconcile: async () => undefined } as const;
  return [
    {
      ...common,
      name: 'backup-leftovers',
      kind: Backup,
      sweep: (context) => sweepLeft(options, context),
    },
    {
      ...common,
      name: 'restore-leftovers',
      kind: Restore,
      async sweep(context) {
        if (context.realm.view.count(Backup) === 0) await sweepLeft(options, context);
      },
    },
  ];
}

export async function sweepLeft(options: EngineSourceOptions, context: ReconcileContext): Promise<void> {
  const { realm, realms } = context;
  try {
    // Incus first, objects after, as fresh as they are anywhere: whatever is held had its run before.
    const snapshots = await heldIn(options, realm);
    await realms.fresh(realm.id);
    await options.carriers.sweep();
    const restored = (await options.lastRestore?.()) !== undefined;
    for (const { run, isBefore, remove } of snapshots) {
      // After the region itself was put back, what there was before a restore that nobody knows of may be all that is whole.
      const mayGo = !(restored && isBefore) || realm.view.byUid(run) !== undefined;
      if (mayGo && !isLive(realm.view, run)) await unlessGone(remove());
    }
    await abandonAll(options, context);
  } catch (error) {
    if (!isIncusError(error, 'Absent')) throw error;
  }
}

/** Whether somebody goes on with it. */
function isLive(view: RealmView, run: string): boolean {
  const found = view.byUid(run);
  if (found === undefined) return false;
  const object = found.entry.object();
  if (found.kind === Backup) return !hasEnded(object as BackupObject);
  return found.kind === Restore && !isDeleting(object) && !hasFinished(object.status);
}

const hasFinished = (status: unknown): boolean =>
  (status as { finishedAt?: string } | undefined)?.finishedAt !== undefined;

async function abandonAll(options: EngineSourceOptions, context: ReconcileContext): Promise<void> {
  const { view } = context.realm;
  for (const volume of view.list(Volume)) {
    const { restoring } = volume.status ?? {};
    if (restoring === undefined || isDeleting(volume) || isLive(view, parseRestoring(restoring).run))
      continue;
    context.events.record(
      volume,
      'Warning',
      'RestoreAbandoned',
      'nobody goes on with its restore; it is undone',
    );
    await abandonVolume(options, volume, context);
  }
  for (const instance of view.list(Instance)) {
    const { restoring } = instance.status ?? {};
    if (restoring === undefined || isDeleting(instance) || isLive(view, parseRestoring(restoring).run))
      continue;
    context.events.record(
      instance,
      'Warning',
      'RestoreAbandoned',
      'nobody goes on with its restore; it is undone',
    );
    await abandonInstance(options, instance, context);
  }
}

interface HeldSnapshot {
  readonly run: string;
  /** What there was before a restore, not what is read. */
  readonly isBefore: boolean;
  remove(): Promise<void>;
}

/** What was taken for runs, of volumes and instances of this realm that no restore writes. A few requests, however many there are. */
async function heldIn(
  options: EngineSourceOptions,
  { id, view }: Pick<Realm, 'id' | 'view'>,
): Promise<readonly HeldSnapshot[]> {
  const { incus, projects } = options;
  const held: HeldSnapshot[] = [];
  const namespaces = new Set(
    [...view.list(Backup), ...view.list(Restore)].map(({ metadata }) => metadata.namespace ?? ''),
  );
  if (namespaces.size === 0) return held;
  const pools = await volumePools(options, id);
  const ofVolumes = (await Promise.all(pools.map((pool) => incus.volumes.listSnapshots(pool)))).flat();
  for (const namespace of namespaces) {
    const project = projects.nameOf(view, namespace);
    if (project === undefined) continue;
    const restoring = new Set(
      [...view.list(Volume, namespace), ...view.list(Instance, namespace)].flatMap(
        ({ kind, metadata, status }) => {
          if (status?.restoring === undefined) return [];
          return [kind === Volume.kind ? engineVolume(metadata.uid) : engineInstance(metadata.uid)];
        },
      ),
    );
    for (const { pool, project: of, volume, snapshot } of ofVolumes) {
      const run = runOf(snapshot);
      if (of !== project || run === undefined || restoring.has(volume)) continue;
      held.push({
        run,
        isBefore: snapshot === beforeSnapshot(run),
        remove: () => incus.volumes.deleteSnapshot(project, pool, volume, snapshot),
      });
    }
    for (const { name, snapshots } of await incus.instances.listFull(project)) {
      if (restoring.has(name)) continue;
      for (const snapshot of snapshots ?? []) {
        const run = runOf(snapshot.name);
        if (run === undefined) continue;
        held.push({
          run,
          isBefore: snapshot.name === beforeSnapshot(run),
          remove: () => incus.instances.deleteSnapshot(project, name, snapshot.name),
        });
      }
    }
  }
  return held;
}

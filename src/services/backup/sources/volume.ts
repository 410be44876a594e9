/**
 * Volumes in backups: their files, or their disk, at a snapshot. A restore in place keeps a snapshot of before until it is done, and goes back to it where it
 * fails; nobody gets the volume meanwhile (`status.restoring`).
 */
import type { Readable } from 'node:stream';
import { conflict } from '#kernel/errors.ts';
import { bytes } from '#kernel/quantity.ts';
import type { Realm } from '#kernel/realm.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { engineVolume } from '#services/compute/names.ts';
import { Obstacle } from '#services/compute/obstacle.ts';
import { instancesWith } from '#services/compute/volumes.ts';
import { poolOf } from '#services/storage/context.ts';
import { putBack } from '#services/storage/put-back.ts';
import { VolumeSnapshot } from '#services/storage/snapshot.ts';
import { Volume, type VolumeObject, type VolumeSpec } from '#services/storage/volume.ts';
import { manifestOf, unframed } from '../carrier/framing.ts';
import { volumePlace } from '../carrier/places.ts';
import { manifestEntry } from '../tar/manifest.ts';
import {
  beforeSnapshot,
  carrierName,
  checkAskedSince,
  type EngineSourceOptions,
  finish,
  folderOf,
  heldSnapshot,
  parseRestoring,
  removeNew,
  restoringOf,
  undone,
  unlessGone,
  unlessThere,
  writeFiles,
} from './engine.ts';
import {
  engineProjectOf,
  keyOf,
  makeForRestore,
  readHeld,
  releaseHeld,
  takeInPlace,
  toldInOurWords,
} from './engine-source.ts';
import type { BackupSource, RestoreInto, SourceContext, SourceItem } from './source.ts';

/** What a tar has below; by the volume's type. */
const ROOTS = { filesystem: 'files', block: 'disk' } as const;
/** Incus' own name of a block volume's disk. */
const DISK_FILE = 'root.img';

const GROUP = { group: Volume.group, kind: Volume.kind };

export function volumeSource(options: EngineSourceOptions): BackupSource {
  return toldInOurWords(options, {
    kind: Volume,
    hold: (item, context) => hold(options, item, context),
    open: (item, context) => open(options, item, context),
    release: (item, { realm }) => release(options, item, realm),
    restore: (tar, into, context) => restore(options, tar, into, context),
  });
}

async function hold(
  options: EngineSourceOptions,
  { object, run }: SourceItem,
  { realm, require }: SourceContext,
): Promise<void> {
  const key = keyOf(object);
  await require('get', Volume, key);
  await require('create', VolumeSnapshot, key);
  const volume = realm.view.get(Volume, key);
  if (!volume || volume.metadata.uid !== object.metadata.uid || isDeleting(volume)) {
    throw new Obstacle('Gone', `volume "${key.name}" is gone`);
  }
  if (volume.status?.madeAt === undefined || volume.status.restoring !== undefined) {
    throw new Obstacle(
      'NotReady',
      `volume "${key.name}" is not made, or not restored, to its end; see its conditions`,
    );
  }
  const { incus } = options;
  const { project, pool, name } = placeOf(options, realm, volume);
  await folderOf(options, pool);
  await unlessThere(incus.volumes.createSnapshot(project, pool, name, heldSnapshot(run)));
}

async function open(
  options: EngineSourceOptions,
  item: SourceItem,
  { realm, signal }: SourceContext,
): Promise<Readable> {
  const volume = item.object as VolumeObject;
  const { source: _, restoreFrom: __, ...spec } = volume.spec;
  const held = { ...placeOf(options, realm, volume), snapshot: heldSnapshot(item.run) };
  const source = volumePlace(await folderOf(options, held.pool), held);
  const manifest = manifestEntry({ ...volume, spec });
  return readHeld(options, item, { source, as: ROOTS[spec.type], manifest }, signal);
}

function release(options: EngineSourceOptions, item: SourceItem, realm: Realm): Promise<void> {
  const { uid } = item.object.metadata;
  const pool = poolOf(options, item.object as VolumeObject);
  return releaseHeld(options, item, realm, (project) =>
    options.incus.volumes.deleteSnapshot(project, pool, engineVolume(uid), heldSnapshot(item.run)),
  );
}

async function restore(
  options: EngineSourceOptions,
  tar: Readable,
  into: RestoreInto,
  context: SourceContext,
): Promise<void> {
  await checkAskedSince(options, into, context.realm.view);
  const { manifest, rest } = await unframed(tar);
  const saved = manifestOf(manifest, Volume) as VolumeObject;
  const volume = into.inPlace
    ? await takeFree(saved.spec, into, context)
    : await makeNew(options, saved, into, context);
  const { incus } = options;
  const { project, pool, name } = placeOf(options, context.realm, volume);
  const taken = beforeSnapshot(into.run);
  const { size, type } = volume.spec;
  try {
    if (into.inPlace) await unlessThere(incus.volumes.createSnapshot(project, pool, name, taken));
    const as = ROOTS[type];
    await writeFiles(
      options,
      {
        name: carrierName('write', into.run, volume.metadata.uid),
        source: volumePlace(await folderOf(options, pool), { project, name }),
        as,
        ...(type === 'block' ? { disk: { file: DISK_FILE, size_bytes: bytes(size) } } : {}),
      },
      rest,
      context,
    );
  } catch (error) {
    await undone(options, () => abandonVolume(options, volume, context));
    throw error;
  }
  await finish(Volume, volume, restoringOf(into), context);
  if (into.inPlace) await unlessGone(incus.volumes.deleteSnapshot(project, pool, name, taken));
}

/** Of a restore that nobody goes on with: in place it is as it was before, a new one is gone. */
export async function abandonVolume(
  options: EngineSourceOptions,
  volume: VolumeObject,
  context: Pick<SourceContext, 'realm' | 'change'>,
): Promise<void> {
  const { restoring } = volume.status ?? {};
  if (restoring === undefined) return;
  const { realm } = context;
  const { uid } = volume.metadata;
  const { inPlace, run } = parseRestoring(restoring);
  await options.carriers.discard(carrierName('write', run, uid));
  if (!inPlace) {
    await removeNew(Volume, volume, context);
    return;
  }
  const { incus } = options;
  const { project, pool, name } = placeOf(options, realm, volume);
  const taken = beforeSnapshot(run);
  const snapshots = await incus.volumes.snapshots(project, pool, name);
  if (snapshots.includes(taken)) {
    const size = bytes(volume.spec.size);
    await putBack(incus, pool, { project, name, taken }, volume.spec, size, `${size}B`);
  }
  await finish(Volume, volume, restoring, context);
  await unlessGone(incus.volumes.deleteSnapshot(project, pool, name, taken));
}

/** Nobody has it, and nobody gets it from now on. */
const takeFree = ({ type }: VolumeSpec, into: RestoreInto, context: SourceContext) =>
  takeInPlace<VolumeObject>(Volume, into, context, (current, view) => {
    const { spec, status } = current;
    const subject = { ...GROUP, name: into.name };
    if (status?.madeAt === undefined) throw conflict(subject, 'it is not made yet; see its conditions');
    if (spec.type !== type) {
      throw conflict(
        subject,
        `it is of type ${spec.type}, and the backup of type ${type}; restore to another name`,
      );
    }
    const [holder] = instancesWith(view, current, 'either');
    if (holder !== undefined) {
      throw conflict(
        subject,
        `it belongs to instance "${holder}"; take it out of spec.volumes there, or restore to another name`,
      );
    }
  });

const makeNew = (
  { random }: EngineSourceOptions,
  { spec, metadata: { labels } }: Pick<VolumeObject, 'spec' | 'metadata'>,
  into: RestoreInto,
  context: SourceContext,
) =>
  makeForRestore<VolumeObject>(Volume, into, context, {
    random,
    draft: async () => ({ metadata: { name: into.name, ...(labels === undefined ? {} : { labels }) }, spec }),
    isMade: ({ status }) => status?.madeAt !== undefined,
  });

const placeOf = (options: EngineSourceOptions, realm: Realm, volume: VolumeObject) => ({
  project: engineProjectOf(options, realm, 'volume', volume),
  pool: poolOf(options, volume),
  name: engineVolume(volume.metadata.uid),
});

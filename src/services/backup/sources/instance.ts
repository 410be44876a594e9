/**
 * Instances in backups: a container's root at a snapshot, and its spec. What is put back in place is stopped first, by whoever owns it; a new one is made from
 * an image, as any instance is, and its files are replaced before it runs. Its volumes are backed up by themselves.
 */
import type { Readable } from 'node:stream';
import { INSTANCE_STATUS } from '#engines/incus/types.ts';
import { conflict } from '#kernel/errors.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { Realm, RealmView } from '#kernel/realm.ts';
import { getCondition, isConditionTrue } from '#kernel/reconcile/conditions.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { Image, type ImageObject } from '#services/compute/image.ts';
import { Instance, type InstanceObject, type InstanceSpec } from '#services/compute/instance.ts';
import { chooseImage } from '#services/compute/instance-source.ts';
import { engineInstance } from '#services/compute/names.ts';
import { Obstacle } from '#services/compute/obstacle.ts';
import { InstanceSnapshot } from '#services/compute/snapshot.ts';
import { instancesWith } from '#services/compute/volumes.ts';
import { Network } from '#services/network/network.ts';
import { Volume } from '#services/storage/volume.ts';
import { manifestOf, unframed } from '../carrier/framing.ts';
import { containerPlace } from '../carrier/places.ts';
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

/** What a tar has below. */
const ROOT = 'rootfs';
/** Devices of the host: every container is given its own when it starts, and may make none. */
const LEFT_OUT = ['dev/*'];

const GROUP = { group: Instance.group, kind: Instance.kind };

export interface InstanceSourceOptions extends EngineSourceOptions {
  /** Reads the region's images. */
  useRegion<T>(work: (view: RealmView) => T): Promise<T>;
}

export function instanceSource(options: InstanceSourceOptions): BackupSource {
  return toldInOurWords(options, {
    kind: Instance,
    hold: (item, context) => hold(options, item, context),
    open: (item, context) => open(options, item, context),
    release: (item, { realm }) => release(options, item, realm),
    restore: (tar, into, context) => restore(options, tar, into, context),
  });
}

async function hold(
  options: InstanceSourceOptions,
  { object, run }: SourceItem,
  { realm, require }: SourceContext,
): Promise<void> {
  const key = keyOf(object);
  await require('get', Instance, key);
  await require('create', InstanceSnapshot, key);
  const instance = realm.view.get(Instance, key);
  if (!instance || instance.metadata.uid !== object.metadata.uid || isDeleting(instance)) {
    throw new Obstacle('Gone', `instance "${key.name}" is gone`);
  }
  if (instance.spec.type !== 'container') {
    throw new Obstacle(
      'TypeUnsupported',
      `instance "${key.name}" is a virtual machine, which cannot be backed up yet; back up from within it`,
    );
  }
  if (instance.status?.node === undefined || instance.status.restoring !== undefined) {
    throw new Obstacle(
      'NotReady',
      `instance "${key.name}" is not made, or not restored, to its end; see its conditions`,
    );
  }
  await folderOf(options);
  const { project, name } = placeOf(options, realm, instance);
  await unlessThere(options.incus.instances.createSnapshot(project, name, heldSnapshot(run)));
}

async function open(
  options: InstanceSourceOptions,
  item: SourceItem,
  { realm, signal }: SourceContext,
): Promise<Readable> {
  const instance = item.object as InstanceObject;
  const held = { ...placeOf(options, realm, instance), snapshot: heldSnapshot(item.run) };
  const source = containerPlace(await folderOf(options), held);
  const manifest = manifestEntry({ ...instance, spec: await specToKeep(options, instance) });
  return readHeld(options, item, { source, as: ROOT, but: LEFT_OUT, manifest }, signal);
}

/** Without what was done once; a clone of a snapshot names the image that both are of. */
async function specToKeep(
  { useRegion }: InstanceSourceOptions,
  { spec, status }: InstanceObject,
): Promise<InstanceSpec> {
  const { source, restoreFrom: _, restartedAt: __, ...kept } = spec;
  if (source === undefined) return kept;
  const image = await useRegion((view) =>
    view.list(Image).find((one) => one.status?.fingerprint === status?.imageFingerprint),
  );
  return image === undefined ? kept : { ...kept, image: image.metadata.name };
}

function release(options: InstanceSourceOptions, item: SourceItem, realm: Realm): Promise<void> {
  const { uid } = item.object.metadata;
  return releaseHeld(options, item, realm, (project) =>
    options.incus.instances.deleteSnapshot(project, engineInstance(uid), heldSnapshot(item.run)),
  );
}

async function restore(
  options: InstanceSourceOptions,
  tar: Readable,
  into: RestoreInto,
  context: SourceContext,
): Promise<void> {
  await checkAskedSince(options, into, context.realm.view);
  const { manifest, rest } = await unframed(tar);
  const saved = manifestOf(manifest, Instance) as InstanceObject;
  const instance = into.inPlace
    ? await takeStopped(saved.spec, into, context)
    : await makeNew(options, saved, into, context);
  const { instances } = options.incus;
  const { project, name } = placeOf(options, context.realm, instance);
  const taken = beforeSnapshot(into.run);
  try {
    const { value } = await instances.get(project, name);
    if (value.status_code !== INSTANCE_STATUS.stopped) {
      throw new Obstacle('Runs', `instance "${into.name}" does not stand still; stop it, and restore again`);
    }
    if (into.inPlace) await unlessThere(instances.createSnapshot(project, name, taken));
    const source = containerPlace(await folderOf(options), { project, name });
    const carrier = carrierName('write', into.run, instance.metadata.uid);
    await writeFiles(options, { name: carrier, source, as: ROOT }, rest, context);
  } catch (error) {
    await undone(options, () => abandonInstance(options, instance, context));
    throw error;
  }
  await finish(Instance, instance, restoringOf(into), context);
  if (into.inPlace) await unlessGone(instances.deleteSnapshot(project, name, taken));
}

/** Of a restore that nobody goes on with: in place it is as it was before, a new one is gone. */
export async function abandonInstance(
  options: EngineSourceOptions,
  instance: InstanceObject,
  context: Pick<SourceContext, 'realm' | 'change'>,
): Promise<void> {
  const { restoring } = instance.status ?? {};
  if (restoring === undefined) return;
  const { realm } = context;
  const { uid } = instance.metadata;
  const { inPlace, run } = parseRestoring(restoring);
  await options.carriers.discard(carrierName('write', run, uid));
  if (!inPlace) {
    await removeNew(Instance, instance, context);
    return;
  }
  const { instances } = options.incus;
  const { project, name } = placeOf(options, realm, instance);
  const taken = beforeSnapshot(run);
  const snapshots = await instances.snapshots(project, name);
  if (snapshots.some((one) => one.name === taken)) await instances.restoreSnapshot(project, name, taken);
  await finish(Instance, instance, restoring, context);
  await unlessGone(instances.deleteSnapshot(project, name, taken));
}

/** It is stopped, and nobody starts it from now on. */
const takeStopped = ({ type }: InstanceSpec, into: RestoreInto, context: SourceContext) =>
  takeInPlace<InstanceObject>(Instance, into, context, ({ spec, status, metadata }) => {
    const subject = { ...GROUP, name: into.name };
    if (spec.type !== type)
      throw conflict(subject, `it is a ${spec.type}, and the backup of a ${type}; restore to another name`);
    const settled = getCondition(status?.conditions, 'Ready')?.observedGeneration === metadata.generation;
    if (spec.powerState !== 'Stopped' || status?.phase !== 'Stopped' || !settled) {
      throw conflict(subject, 'it runs; set spec.powerState to Stopped first, or restore to another name');
    }
  });

const makeNew = (
  { random, useRegion }: InstanceSourceOptions,
  { spec, metadata: { labels } }: Pick<InstanceObject, 'spec' | 'metadata'>,
  into: RestoreInto,
  context: SourceContext,
) =>
  makeForRestore<InstanceObject>(Instance, into, context, {
    random,
    async draft() {
      const image = await useRegion((view) => imageFor(spec, view.list(Image)));
      const metadata = { name: into.name, ...(labels === undefined ? {} : { labels }) };
      return { metadata, spec: { ...specForNew(spec, into.namespace, context.realm.view), image } };
    },
    isMade: ({ status }) => status?.node !== undefined && status.phase === 'Stopped',
  });

/** Its own; where that is gone any will do, since no file of it stays. */
function imageFor({ type, image }: InstanceSpec, images: readonly ImageObject[]): string {
  if (image !== undefined && chooseImage(images, image, type)?.spec.type === type) return image;
  const other = images.find(
    ({ spec, status, metadata }) =>
      spec.type === type &&
      metadata.deletionTimestamp === undefined &&
      isConditionTrue(status?.conditions, 'Ready'),
  );
  if (other === undefined) {
    throw new Obstacle(
      'ImageNotFound',
      `there is neither image "${image}" nor another one to make a ${type} from; import one first`,
    );
  }
  return other.metadata.name;
}

/** Another one beside the first: without what only one can have, and without what is not there. */
function specForNew(spec: InstanceSpec, namespace: string, view: RealmView): InstanceSpec {
  const { source: _, restoreFrom: __, restartedAt: ___, ...kept } = spec;
  const networks = spec.networks
    .filter(({ network }) => view.get(Network, { namespace, name: network }) !== undefined)
    .map(({ network }) => ({ network }));
  const volumes = (spec.volumes ?? []).filter((mount) => {
    const volume = view.get(Volume, { namespace, name: mount.volume });
    return (
      volume !== undefined &&
      (volume.spec.shared === true || instancesWith(view, volume, 'either').length === 0)
    );
  });
  const { volumes: ____, ...others } = kept;
  return { ...others, networks, ...(volumes.length === 0 ? {} : { volumes }) };
}

const placeOf = (options: EngineSourceOptions, realm: Realm, object: KubeObject) => ({
  project: engineProjectOf(options, realm, 'instance', object),
  name: engineInstance(object.metadata.uid),
});

/** The steps of a source that are the same for whatever lies in Incus: read at a snapshot through a carrier; taken in place, or made anew, for a restore. */
import type { Readable } from 'node:stream';
import { conflict } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { DraftObject, KubeObject } from '#kernel/object.ts';
import type { Random } from '#kernel/random.ts';
import type { ObjectKey, Realm, RealmView } from '#kernel/realm.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { Obstacle } from '#services/compute/obstacle.ts';
import { framed } from '../carrier/framing.ts';
import { packCommand } from '../carrier/tar.ts';
import {
  awaitMade,
  carrierName,
  type EngineSourceOptions,
  inOurWords,
  removeNew,
  restoringOf,
  unlessGone,
} from './engine.ts';
import type { BackupSource, RestoreInto, SourceContext, SourceItem } from './source.ts';

/** The engine's own words are for the operator; who restores hears ours. */
export const toldInOurWords = (
  options: Pick<EngineSourceOptions, 'logger'>,
  { kind, hold, open, release, restore }: BackupSource,
): BackupSource => ({
  kind,
  hold: (item, context) => inOurWords(options, 'backed up', () => hold(item, context)),
  open: (item, context) => inOurWords(options, 'read', () => open(item, context)),
  release: (item, context) => inOurWords(options, 'let go of', () => release(item, context)),
  restore: (tar, into, context) => inOurWords(options, 'restored', () => restore(tar, into, context)),
});

export const keyOf = ({ metadata: { namespace = '', name } }: Pick<KubeObject, 'metadata'>): ObjectKey => ({
  namespace,
  name,
});

/** Throws Obstacle when its project is gone. */
export function engineProjectOf(
  { projects }: Pick<EngineSourceOptions, 'projects'>,
  { view }: Realm,
  what: string,
  { metadata }: KubeObject,
): string {
  const project = projects.nameOf(view, metadata.namespace);
  if (project === undefined) throw new Obstacle('Gone', `the project of ${what} "${metadata.name}" is gone`);
  return project;
}

export interface Held {
  /** The folder of the snapshot on this machine. */
  readonly source: string;
  /** What it is called in the tar. */
  readonly as: string;
  /** Patterns of what is not in the tar. */
  readonly but?: readonly string[];
  /** The tar's first entry. */
  readonly manifest: Buffer;
}

/** The tar of what is held. */
export async function readHeld(
  { carriers }: Pick<EngineSourceOptions, 'carriers'>,
  { object, run }: SourceItem,
  { source, as, but = [], manifest }: Held,
  signal: AbortSignal,
): Promise<Readable> {
  const name = carrierName('read', run, object.metadata.uid);
  const carrier = await carriers.open({ name, source, as, readOnly: true }, signal);
  try {
    const tar = await carrier.read(packCommand(as, but), signal);
    tar.once('close', () => void carrier.close().catch(() => {})); // what stays goes with `release`, or a sweep
    return framed(manifest, tar);
  } catch (error) {
    await carrier.close();
    throw error;
  }
}

export async function releaseHeld(
  { carriers, projects }: Pick<EngineSourceOptions, 'carriers' | 'projects'>,
  { object, run }: SourceItem,
  { view }: Realm,
  deleteSnapshot: (project: string) => Promise<void>,
): Promise<void> {
  await carriers.discard(carrierName('read', run, object.metadata.uid));
  const project = projects.nameOf(view, object.metadata.namespace);
  if (project === undefined) return; // it went with its project
  await unlessGone(deleteSnapshot(project));
}

interface Restorable extends KubeObject {
  readonly spec: unknown;
  readonly status?: { readonly restoring?: string };
}

/** In the lane: it is this restore's from now on. `check` throws a conflict where it is not free for that. */
export async function takeInPlace<T extends Restorable>(
  kind: Kind,
  into: RestoreInto,
  { realm, change, require }: SourceContext,
  check: (current: T, view: RealmView) => void,
): Promise<T> {
  const { namespace, name } = into;
  const key = { namespace, name };
  await require('update', kind, key);
  const { object } = await realm.resources.modify(
    kind,
    key,
    change,
    (now, view) => {
      const current = now as T;
      const { status } = current;
      if (status?.restoring === restoringOf(into)) return current; // begun before, and broken off
      const subject = { group: kind.group, kind: kind.kind, name };
      if (isDeleting(current)) throw conflict(subject, 'it is being deleted; restore to another name');
      if (status?.restoring !== undefined) throw conflict(subject, 'it is being restored already');
      check(current, view);
      return { ...current, status: { ...status, restoring: restoringOf(into) } };
    },
    { subresource: 'status' },
  );
  return object as T;
}

/** A new object that is this restore's from its birth; resolves when the engine has made it, and leaves none that it could not. */
export async function makeForRestore<T extends Restorable>(
  kind: Kind,
  into: RestoreInto,
  context: SourceContext,
  {
    random,
    draft,
    isMade,
  }: {
    readonly random: Random;
    readonly draft: () => Promise<DraftObject>;
    readonly isMade: (object: T) => boolean;
  },
): Promise<T> {
  const { realm, change, require } = context;
  const { namespace, name } = into;
  const key = { namespace, name };
  await require('create', kind, key);
  const find = () => realm.view.get(kind, key) as T | undefined;
  const isOurs = (object: T | undefined): object is T => object?.status?.restoring === restoringOf(into);
  if (!isOurs(find())) {
    const born = { uid: random.uuid(), status: { restoring: restoringOf(into) } };
    await realm.resources.create(kind, namespace, await draft(), change, { born });
  }
  const look = () => {
    const object = find();
    return object !== undefined && isMade(object) ? { made: object } : { object };
  };
  try {
    return await awaitMade(`${kind.kind.toLowerCase()} "${name}"`, look, context);
  } catch (error) {
    const half = find();
    if (!context.signal.aborted && isOurs(half)) await removeNew(kind, half, context);
    throw error;
  }
}

/**
 * What the sources of volumes and instances share: both lie in folders of Incus' pool, are read at a snapshot and written to while nobody runs on them. What is
 * made for a run carries its name: `b-<run>` is what is read, `r-<run>` what there was before a restore. So whoever comes after a crash finds them.
 */
import { createHash } from 'node:crypto';
import type { Incus } from '#engines/incus/client.ts';
import { isIncusError } from '#engines/incus/errors.ts';
import type { Clock } from '#kernel/clock.ts';
import { sleep } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Logger } from '#kernel/logger.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { Random } from '#kernel/random.ts';
import type { RealmView } from '#kernel/realm.ts';
import { getCondition } from '#kernel/reconcile/conditions.ts';
import type { EngineProjects } from '#services/compute/engine-projects.ts';
import { Obstacle, obstacleOf } from '#services/compute/obstacle.ts';
import type { Carriers } from '../carrier/carriers.ts';
import { poolFolder } from '../carrier/places.ts';
import { emptyCommand, syncCommand, unpackCommand } from '../carrier/tar.ts';
import type { RestoreInto, SourceContext } from './source.ts';

export interface EngineSourceOptions {
  readonly incus: Incus;
  readonly carriers: Carriers;
  /** The host's own Incus pool, of instances' disks and of volumes that are not encrypted. */
  readonly pool: string;
  /** Incus' own folder on this machine; absent: where the pool's own configuration says. */
  readonly engineFolder?: string | undefined;
  readonly regionId: string;
  readonly projects: EngineProjects;
  readonly random: Random;
  readonly logger: Logger;
  /** When the region was last put back from its own backup, in milliseconds since the epoch. Absent: never. */
  readonly lastRestore?: () => Promise<number | undefined>;
}

/** An object that is made for a restore is made by then. */
const MADE_LIMIT_MS = 15 * 60_000;
const LOOK_EVERY_MS = 200;

export const heldSnapshot = (run: string): string => `b-${run}`;
export const beforeSnapshot = (run: string): string => `r-${run}`;

/** `status.restoring` of an object that a restore writes: whether that is in place, and which restore it is. */
export const restoringOf = ({ inPlace, run }: Pick<RestoreInto, 'inPlace' | 'run'>): string =>
  `${inPlace ? 'in-place' : 'new'}/${run}`;

export function parseRestoring(restoring: string): { readonly inPlace: boolean; readonly run: string } {
  const [how, run = ''] = restoring.split('/');
  return { inPlace: how === 'in-place', run };
}

/** The run of a snapshot that was made for one. */
export const runOf = (snapshot: string): string | undefined => /^[br]-([a-z0-9-]{1,36})$/.exec(snapshot)?.[1];

export const carrierName = (what: 'read' | 'write', run: string, uid: string): string =>
  `${what}-${createHash('sha256').update(`${run}/${uid}`).digest('hex').slice(0, 24)}`;

/** The folder on this machine of a pool, by default the host's own. Throws Obstacle where it has none. */
export async function folderOf(
  { incus, pool: hosts, engineFolder }: EngineSourceOptions,
  pool = hosts,
): Promise<string> {
  if ((await incus.server()).environment.server_clustered) {
    throw new Obstacle(
      'ClusterUnsupported',
      'volumes and instances on a cluster of hosts cannot be backed up yet',
    );
  }
  const found = (await incus.pools.list()).find(({ name }) => name === pool);
  try {
    return poolFolder(found ?? { name: pool, driver: 'none', status: '', config: {} }, engineFolder);
  } catch (error) {
    if (!isIncusError(error, 'Unsupported')) throw error;
    throw new Obstacle('PoolUnsupported', `volumes and instances cannot be backed up here: ${error.message}`);
  }
}

/** Resolves with what `look` gives, once it gives something. Throws what keeps `object` from it, after a time. */
export async function awaitMade<T>(
  what: string,
  look: () => { readonly made: T } | { readonly object: KubeObject | undefined },
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<T> {
  const deadline_ms = clock.now() + MADE_LIMIT_MS;
  for (;;) {
    const seen = look();
    if ('made' in seen) return seen.made;
    if (seen.object === undefined) throw new Obstacle('Gone', `${what} was deleted while it was restored`);
    if (clock.now() >= deadline_ms) {
      const { conditions } = (seen.object.status ?? {}) as {
        conditions?: Parameters<typeof getCondition>[0];
      };
      const said = getCondition(conditions, 'Ready')?.message ?? 'nothing is known of why';
      throw new Obstacle('NotMade', `${what} was not made in ${MADE_LIMIT_MS / 60_000} minutes: ${said}`);
    }
    await sleep(clock, LOOK_EVERY_MS, signal);
  }
}

/** After a failure, which says more than this one: what cannot be undone now is undone by a sweep, and nobody gets it until then. */
export async function undone(
  { logger }: Pick<EngineSourceOptions, 'logger'>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    logger.warn({ error: (error as Error).message }, 'a restore that failed could not be undone yet');
  }
}

/** Its content is whole: whoever wants it may have it. */
export async function finish(
  kind: Kind,
  { metadata }: KubeObject,
  restoring: string,
  { realm, change }: Pick<SourceContext, 'realm' | 'change'>,
): Promise<void> {
  const { namespace = '', name, uid } = metadata;
  try {
    await realm.resources.modify(
      kind,
      { namespace, name },
      change,
      (current) => {
        const { restoring: now, ...status } = (current.status ?? {}) as { readonly restoring?: string };
        return current.metadata.uid === uid && now === restoring ? { ...current, status } : current;
      },
      { subresource: 'status' },
    );
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}

/** What a restore made, and could not complete. */
export async function removeNew(
  kind: Kind,
  { metadata: { namespace = '', name, uid } }: KubeObject,
  { realm, change }: Pick<SourceContext, 'realm' | 'change'>,
): Promise<void> {
  try {
    await realm.resources.delete(kind, { namespace, name }, change, { preconditions: { uid } });
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}

export interface Write {
  readonly name: string;
  /** Where it lies on the host. */
  readonly source: string;
  /** What it is called in the tar. */
  readonly as: string;
  /** A disk, which is written over; files are removed first. */
  readonly disk?: { readonly file: string; readonly size_bytes: number };
}

/** Makes what is in `source` what is in the tar, on disk. Throws with what tar said. */
export async function writeFiles(
  { carriers }: Pick<EngineSourceOptions, 'carriers'>,
  { name, source, as, disk }: Write,
  tar: AsyncIterable<Uint8Array>,
  { signal }: Pick<SourceContext, 'signal'>,
): Promise<void> {
  const carrier = await carriers.open({ name, source, as, readOnly: false }, signal);
  try {
    if (disk === undefined) await carrier.run(emptyCommand(as), signal);
    await carrier.write(unpackCommand(as, disk !== undefined), tar, signal);
    if (disk !== undefined) {
      await carrier.run(
        ['/usr/bin/truncate', `--size=${disk.size_bytes}`, `/mnt/${as}/${disk.file}`],
        signal,
      );
    }
    await carrier.run(syncCommand(as), signal);
  } finally {
    await carrier.close();
  }
}

/** An engine's own words are for the operator. */
export async function inOurWords<T>(
  { logger }: Pick<EngineSourceOptions, 'logger'>,
  doing: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isIncusError(error)) throw error;
    const obstacle = obstacleOf(error, doing);
    logger.warn({ error: error.message }, obstacle.message);
    throw obstacle;
  }
}

/** Throws Obstacle for a restore in place that was asked for before the region was put back: it may have been done since, and what was written then be lost. */
export async function checkAskedSince(
  { lastRestore }: Pick<EngineSourceOptions, 'lastRestore'>,
  { inPlace, run }: RestoreInto,
  view: RealmView,
): Promise<void> {
  const restored_ms = inPlace ? await lastRestore?.() : undefined;
  if (restored_ms === undefined) return;
  const asked = view.byUid(run)?.entry.object().metadata.creationTimestamp;
  if (asked !== undefined && Date.parse(asked) > restored_ms) return;
  throw new Obstacle(
    'RegionRestored',
    'the region was put back to an earlier moment since this was asked for, and it may have been done already: ask for it anew',
  );
}

/** Nothing of that name: nothing to remove. */
export async function unlessGone(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isIncusError(error, 'NotFound', 'Absent')) throw error;
  }
}

/** There already, from this very run: nothing to make. */
export async function unlessThere(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isIncusError(error, 'AlreadyExists')) throw error;
  }
}

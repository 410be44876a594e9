/**
 * Takes a backup apart: its files into a data folder, its database into a cluster that is checked against its manifest, and of the archive
 * those segments of the log that come after it. What a restore and a verification share.
 */
import type { KeyObject } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readIfThere } from '#trust/files.ts';
import { type Account, isRoot } from '../embedded/accounts.ts';
import { findPostgres } from '../embedded/postgres.ts';
import { HISTORY_BYTES_MAX, SEGMENTS_MAX } from './bounds.ts';
import { feed, runToEnd } from './child.ts';
import { type BackupDescription, DATABASE, FILES } from './description.ts';
import { openSealed, readSealed, SEALED_SUFFIX } from './sealed-file.ts';
import {
  type History,
  latestTimeline,
  neededSegments,
  parseHistory,
  parseSegment,
  rangeOf,
  type Segment,
} from './segments.ts';

const TAR = '/usr/bin/tar';
const HISTORY = '.history';
/** Where the archive has what is not a whole segment yet, in the clear. */
export const OPEN_FOLDER = 'open';
export const PARTIAL = '.partial';
/** In the archive: which cluster it is of. */
export const CLUSTER_MARK = 'cluster';

/** The programs of PostgreSQL that can run this backup's cluster. Throws, with what to install. */
export function programsFor({ database: { version } }: BackupDescription): string {
  const programs = findPostgres(version);
  if (programs !== undefined) return programs;
  throw new Error(
    `the backup is of PostgreSQL ${version}, which is not installed here, and no other reads it: apt-get install postgresql-${version}`,
  );
}

/** A folder that only `account` enters. */
export async function ownFolder(path: string, { uid, gid }: Account): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  if (isRoot()) await chown(path, uid, gid);
  await chmod(path, 0o700);
}

/** region.yaml, keys and the rest, each with the owner that it had, by name. */
export async function unpackFiles(backup: string, identity: KeyObject, data: string): Promise<void> {
  await feed(
    TAR,
    ['--extract', '--preserve-permissions', `--directory=${data}`],
    openSealed(join(backup, FILES), identity),
  );
}

export interface UnpackedCluster {
  readonly timeline: number;
  /** The folder of segments to replay; undefined: there are none but the cluster's own. */
  readonly segments: string | undefined;
}

export interface UnpackOptions {
  readonly backup: string;
  readonly identity: KeyObject;
  readonly programs: string;
  /** Of the cluster in the backup: its archive says the same. */
  readonly systemIdentifier: string;
  readonly account: Account;
  /** Where the cluster is to be: not there yet. */
  readonly cluster: string;
  /** The archive of changes; absent: only what is in the backup. */
  readonly archive: string | undefined;
  /** Where segments may lie in the clear meanwhile: not there yet. */
  readonly segments: string;
}

/** Throws when the cluster is not what its manifest says, or when the archive lacks something in the middle. */
export async function unpackCluster(options: UnpackOptions): Promise<UnpackedCluster> {
  const { backup, identity, programs, account, cluster, archive } = options;
  await ownFolder(cluster, account);
  await feed(TAR, ['--extract', `--directory=${cluster}`], openSealed(join(backup, DATABASE), identity), {
    account,
    cwd: cluster,
  });
  await runToEnd(join(programs, 'pg_verifybackup'), ['--quiet', cluster], { account, cwd: cluster });
  const range = rangeOf(await readFile(join(cluster, 'backup_manifest'), 'utf8'));
  if (archive === undefined || !existsSync(archive)) return { timeline: range.timeline, segments: undefined };
  const mark = (await readIfThere(join(archive, CLUSTER_MARK)))?.trim();
  if (mark !== options.systemIdentifier) {
    throw new Error(
      `${archive} is the archive of another database, ${mark ?? 'of none'}: say --without-changes for the state of this backup`,
    );
  }
  await ownFolder(options.segments, account);
  const histories = await readHistories(archive, identity);
  const timeline = latestTimeline(range, histories);
  const way = [
    timeline,
    ...(histories.find((one) => one.timeline === timeline)?.before ?? []).map((one) => one.timeline),
  ];
  const own = (await readdir(join(cluster, 'pg_wal'))).flatMap((name) => parseSegment(name) ?? []);
  const archived = await archivedSegments(archive);
  const { needed, gap } = neededSegments(own, [...archived.keys()], way);
  if (gap !== undefined) {
    throw new Error(
      `the archive ${archive} has nothing between ${gap.after} and ${gap.before}: take a later backup, or --without-changes for the state of this one`,
    );
  }
  // All of them: the timeline that begins here must be none that was there.
  for (const { timeline: one } of histories) {
    const name = historyName(one);
    await bringIn(join(archive, `${name}${SEALED_SUFFIX}`), join(options.segments, name), options);
  }
  for (const segment of needed) {
    const from = archived.get(segment);
    if (from !== undefined) await bringIn(from, join(options.segments, segment.name), options);
  }
  return { timeline, segments: options.segments };
}

const historyName = (timeline: number): string =>
  `${timeline.toString(16).toUpperCase().padStart(8, '0')}${HISTORY}`;

async function readHistories(archive: string, identity: KeyObject): Promise<History[]> {
  const histories: History[] = [];
  for (const name of await readdir(archive)) {
    const [, digits] = /^([0-9A-F]{8})\.history\.zst\.age$/.exec(name) ?? [];
    if (digits === undefined) continue;
    const text = (await readSealed(join(archive, name), identity, HISTORY_BYTES_MAX)).toString('utf8');
    histories.push(parseHistory(Number.parseInt(digits, 16), text));
  }
  return histories;
}

/** Where each lies. A whole one before a part of it; and of parts the one that is still written. */
async function archivedSegments(archive: string): Promise<ReadonlyMap<Segment, string>> {
  const paths = new Map<string, string>();
  const sealed = await readdir(archive);
  const open = existsSync(join(archive, OPEN_FOLDER)) ? await readdir(join(archive, OPEN_FOLDER)) : [];
  if (sealed.length > SEGMENTS_MAX) throw new Error(`${archive} has more than ${SEGMENTS_MAX} segments`);
  const take = (folder: string, names: readonly string[], suffix: string) => {
    for (const name of names) {
      if (name.endsWith(suffix)) paths.set(name.slice(0, -suffix.length), join(folder, name));
    }
  };
  // What is taken later stands in the place of what was taken before.
  take(archive, sealed, `${PARTIAL}${SEALED_SUFFIX}`);
  take(join(archive, OPEN_FOLDER), open, PARTIAL);
  take(join(archive, OPEN_FOLDER), open, '');
  take(archive, sealed, SEALED_SUFFIX);
  return new Map(
    [...paths].flatMap(([name, path]) => {
      const segment = parseSegment(name);
      return segment === undefined ? [] : [[segment, path] as const];
    }),
  );
}

async function bringIn(from: string, to: string, { identity, account }: UnpackOptions): Promise<void> {
  if (from.endsWith(SEALED_SUFFIX)) {
    await pipeline(openSealed(from, identity), createWriteStream(to, { flags: 'wx', mode: 0o600 }));
  } else {
    await copyFile(from, to);
    await chmod(to, 0o600);
  }
  if (isRoot()) await chown(to, account.uid, account.gid);
}

/**
 * Takes a backup apart: its files into a data folder, its database into a cluster that is checked against its manifest, and of the archive
 * those segments of the log that come after it. What a restore and a verification share.
 */
import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from '#trust/files.ts';
import { type Account, isRoot } from '../embedded/accounts.ts';
import { findPostgres } from '../embedded/postgres.ts';
import { archivedSegments, bringIn, CLUSTER_MARK } from './archived.ts';
import { HISTORY_BYTES_MAX } from './bounds.ts';
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
} from './segments.ts';

const TAR = '/usr/bin/tar';
const HISTORY = '.history';

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
  const { needed, gap } = neededSegments(own, archived.segments, way);
  if (gap !== undefined) {
    throw new Error(
      `the archive ${archive} has nothing between ${gap.after} and ${gap.before}: take a later backup, or --without-changes for the state of this one`,
    );
  }
  // All of them: the timeline that begins here must be none that was there.
  const into = { folder: options.segments, identity, account };
  for (const { timeline: one } of histories) {
    const name = historyName(one);
    await bringIn(join(archive, `${name}${SEALED_SUFFIX}`), name, into);
  }
  for (const { name } of needed) await archived.bringIn(name, into);
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

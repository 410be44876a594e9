/**
 * Makes a backup of a region that runs, without stopping anything: PostgreSQL's cluster as it was at one moment, then the files beside it.
 * Encrypted before it is written anywhere; a folder without its description is none, and goes with the next backup.
 */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { parseRecipient } from '#gap/export/age/keys.ts';
import { type Clock, rfc3339, sleep } from '#kernel/clock.ts';
import { writeDurably } from '#trust/files.ts';
import type { RegionConfig } from '../config/schema.ts';
import { findPostgres, SUPERUSER } from '../embedded/postgres.ts';
import type { Layout } from '../layout.ts';
import { blobsFolder } from '../objects/places.ts';
import { programVersion } from '../program.ts';
import { sealBlobs, writeList } from './blobs.ts';
import { outputOf } from './child.ts';
import { type BackupDescription, backupName, DATABASE, DESCRIPTION, FILES, FORMAT } from './description.ts';
import { sealInto } from './sealed-file.ts';

export interface CreateOptions {
  readonly layout: Layout;
  readonly config: RegionConfig;
  /** The folder of backups: this one gets one of its own in it. */
  readonly folder: string;
  /** age's public key: `age1…`. */
  readonly recipient: string;
  /** With what was published of bundles, which can be large, and can be brought in again. */
  readonly withContent: boolean;
  /** Without the master key where it lies in the clear: whoever keeps that elsewhere has to bring it to a restore. */
  readonly withoutMasterKey: boolean;
  /** With the bytes of objects, where they lie in the data folder. */
  readonly withObjects: boolean;
  readonly clock: Clock;
}

export interface Created {
  readonly path: string;
  readonly description: BackupDescription;
}

/** Of the data folder: what a restore cannot make anew. */
const FILES_KEPT = ['region.yaml', 'keys', 'advisories', 'gap'] as const;
/** What is on its way in is brought in again; content where it was not asked for. */
const LEFT_OUT = ['gap/inbox', 'gap/uploads', 'gap/quarantine', '*.sock', '*.new'];
/** GNU tar's: a file changed, or went, while it was read. Files here are replaced whole, so what was read was whole. */
const TAR_CHANGED = 1;

/** PostgreSQL's own number for backups being made, in the database "postgres", where nothing else locks. */
const LOCK = 1;
const SECOND_MS = 1_000;

/** Throws when the region's database does not run, is not its own, or another backup of it is being made. */
export async function createBackup(options: CreateOptions): Promise<Created> {
  const { layout, config } = options;
  if (config.postgres.mode !== 'embedded') {
    throw new Error(
      'the region’s PostgreSQL is not its own (postgres.mode: external): back that up where it runs, and keep region.yaml and keys/ of the data folder beside it',
    );
  }
  const recipient = parseRecipient(options.recipient);
  await mkdir(options.folder, { recursive: true, mode: 0o711 });
  const holder = await holdLog(layout);
  try {
    await removeUnfinished(options.folder);
    return await createInto(await ownMoment(options), holder, recipient, options);
  } finally {
    await holder.release();
  }
}

/** A backup is named after the second that it began in: the next one's, where there is one of this second already. */
async function ownMoment({ folder, clock }: CreateOptions): Promise<number> {
  const begun_ms = clock.now();
  if (!existsSync(join(folder, backupName(begun_ms)))) return begun_ms;
  await sleep(clock, SECOND_MS - (begun_ms % SECOND_MS));
  return clock.now();
}

async function createInto(
  begun_ms: number,
  { database }: Holder,
  recipient: Buffer,
  options: CreateOptions,
): Promise<Created> {
  const { layout, config, clock } = options;
  const path = join(options.folder, backupName(begun_ms));
  await mkdir(path, { mode: 0o700 });
  try {
    await chmod(path, 0o700);
    const programs = findPostgres(database.version);
    if (programs === undefined)
      throw new Error(`the programs of PostgreSQL ${database.version} are not here`);
    // Before the database, as most of it takes long and is there; and after it, so that nothing is missing that it knows of.
    const blobs = options.withObjects ? await blobsOf(options, recipient) : undefined;
    const tar = ['--pgdata=-', '--format=tar', '--wal-method=fetch', '--checkpoint=fast', '--no-password'];
    const where = [`--host=${layout.postgres.socketFolder}`, `--username=${SUPERUSER}`];
    const sealedDatabase = await sealInto(
      join(path, DATABASE),
      outputOf(join(programs, 'pg_basebackup'), [...tar, ...where]),
      recipient,
    );
    const sealedFiles = await sealInto(join(path, FILES), filesOf(layout, options), recipient);
    if (blobs !== undefined) {
      await writeList(path, new Set([...blobs, ...((await blobsOf(options, recipient)) ?? [])]));
    }
    const description: BackupDescription = {
      format: FORMAT,
      region: { name: config.name, id: config.id },
      begunAt: rfc3339(begun_ms),
      endedAt: rfc3339(clock.now()),
      version: programVersion(),
      database,
      seal: config.keys.seal,
      recipient: options.recipient,
      withContent: options.withContent,
      withObjects: blobs !== undefined,
      withMasterKey: config.keys.seal === 'file' && !options.withoutMasterKey,
      files: { [DATABASE]: sealedDatabase, [FILES]: sealedFiles },
    };
    await writeDurably(join(path, DESCRIPTION), `${JSON.stringify(description, null, 2)}\n`, 0o600);
    return { path, description };
  } catch (error) {
    await rm(path, { recursive: true, force: true });
    throw error;
  }
}

/** Undefined where they lie in a cluster below. */
async function blobsOf(
  { layout, config, folder, recipient }: CreateOptions,
  key: Buffer,
): Promise<ReadonlySet<string> | undefined> {
  if (config.objects.backend.type !== 'filesystem') return undefined;
  return sealBlobs({ from: blobsFolder(layout), backups: folder, recipient, key });
}

/** Backups that a crash left without their description. */
async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (/^\d{4}-.*Z$/.test(name) && !existsSync(join(path, DESCRIPTION))) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

function filesOf(
  layout: Layout,
  { withContent, withoutMasterKey }: Pick<CreateOptions, 'withContent' | 'withoutMasterKey'>,
): AsyncGenerator<Buffer> {
  const there = FILES_KEPT.filter((name) => existsSync(join(layout.data, name)));
  const without = [
    ...LEFT_OUT,
    ...(withContent ? [] : ['gap/content']),
    ...(withoutMasterKey ? ['keys/master.key'] : []),
  ];
  const excluded = without.map((pattern) => `--exclude=${pattern}`);
  const args = ['--create', '--format=posix', `--directory=${layout.data}`, '--warning=no-file-ignored'];
  return outputOf('/usr/bin/tar', [...args, ...excluded, '--', ...there], { alsoFine: [TAR_CHANGED] });
}

interface Holder {
  readonly database: BackupDescription['database'];
  release(): Promise<void>;
}

/**
 * Has PostgreSQL keep the log from now on, for as long as the connection lives: the copy would be worth nothing without. One at a time, as each
 * removes what an interrupted one left.
 */
async function holdLog(layout: Layout): Promise<Holder> {
  const client = new pg.Client({
    host: layout.postgres.socketFolder,
    user: SUPERUSER,
    database: 'postgres',
    application_name: 'casemate backup',
  });
  // Told by the query that follows.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') {
      throw new Error(`the region’s database does not run: casemate up --data ${layout.data}`);
    }
    throw error;
  }
  const lock = await client.query<{ free: boolean }>('SELECT pg_try_advisory_lock($1) AS free', [LOCK]);
  if (lock.rows[0]?.free !== true) {
    await client.end();
    throw new Error('another backup of this region is being made: wait for its end');
  }
  const { rows } = await client.query<{ version: string; system: string; first: string }>(
    `SELECT (current_setting('server_version_num')::int / 10000)::text AS version,
       system_identifier::text AS system, pg_walfile_name(slot.lsn) AS first
     FROM pg_control_system(),
       pg_create_physical_replication_slot('casemate_backup_' || pg_backend_pid(), true, true) AS slot`,
  );
  const [found] = rows;
  if (found === undefined) throw new Error('the database does not say which it is');
  return {
    database: { version: found.version, systemIdentifier: found.system, firstSegment: found.first },
    release: () => client.end(),
  };
}

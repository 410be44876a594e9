/**
 * Makes a region out of a backup, in a data folder that is not there yet. Made beside its place and moved there when it is whole, so that a
 * restore that was interrupted begins anew and `casemate up` never starts half of one.
 */
import type { KeyObject } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import { syncFolder, writeDurably } from '#trust/files.ts';
import { masterPath, sealedPath } from '#trust/keys/seal/master-store.ts';
import { loadConfig } from '../config/load.ts';
import { type Account, ensureAccounts, isRoot } from '../embedded/accounts.ts';
import { ensureFolders } from '../embedded/folders.ts';
import { checkDataFolder, type Layout, layoutOf } from '../layout.ts';
import { blobsFolder } from '../objects/places.ts';
import { missingBlobs, openBlobs } from './blobs.ts';
import { recoverCluster } from './cluster.ts';
import { type BackupDescription, readDescription } from './description.ts';
import { placeMaster } from './master.ts';
import { type BroughtFiles, type KnownObjects, knownObjects, objectsNote } from './objects.ts';
import { type Restored, restoredPath, restoredText } from './restored.ts';
import { ownFolder, programsFor, unpackCluster, unpackFiles } from './unpack.ts';

export interface RestoreOptions {
  /** The backup's own folder. */
  readonly backup: string;
  readonly identity: KeyObject;
  readonly archive: string | undefined;
  /** RFC 3339: changes up to then, and none later. Absent: all that there are. */
  readonly toTime: string | undefined;
  /** Of a backup without it. */
  readonly masterKeyFile?: string | undefined;
  readonly layout: Layout;
  readonly clock: Clock;
  report(line: string): void;
}

export interface RestoreResult {
  readonly description: BackupDescription;
  readonly restored: Restored;
  /** What to do or to know before it is started. */
  readonly notes: readonly string[];
}

const UNFINISHED = '.restoring';

export async function restoreRegion(options: RestoreOptions): Promise<RestoreResult> {
  const { backup, identity, archive, layout, clock, report } = options;
  checkDataFolder(layout.data);
  if (existsSync(layout.data) && readdirSync(layout.data).length > 0) {
    throw new Error(
      `--data ${layout.data}: is not empty; a region is only ever restored into a folder of its own`,
    );
  }
  const description = await readDescription(backup);
  const programs = programsFor(description);
  const draft = layoutOf(`${layout.data}${UNFINISHED}`);
  const scratch = join(draft.data, 'restore');
  await rm(draft.data, { recursive: true, force: true });
  await mkdir(draft.data, { recursive: true, mode: 0o711 });
  await chmod(draft.data, 0o711);
  const accounts = ensureAccounts({ hsm: false });
  report('files');
  await unpackFiles(backup, identity, draft.data);
  const config = await loadConfig(draft.config);
  ensureFolders(draft, ensureAccounts({ hsm: config.keys.hsms.length > 0 }));
  await mkdir(scratch, { mode: 0o711 });
  await chmod(scratch, 0o711);
  if (options.masterKeyFile !== undefined) {
    await placeMaster(draft.keys, options.masterKeyFile, accounts.region);
  }
  report('database');
  const { systemIdentifier } = description.database;
  const { cluster } = draft.postgres;
  const unpacked = await unpackCluster({
    ...{ backup, identity, programs, systemIdentifier, account: accounts.database, cluster, archive },
    segments: join(scratch, 'segments'),
  });
  report(
    unpacked.segments === undefined
      ? 'no archive of changes: as it was when the backup was made'
      : 'changes since',
  );
  const work = join(scratch, 'work');
  await ownFolder(work, accounts.database);
  const { toTime } = options;
  const recovered = await recoverCluster({
    ...{ cluster, programs, work, account: accounts.database, toTime, durable: true, clock },
    ...unpacked,
  });
  let state: Pick<Restored, 'changes' | 'access' | 'upTo'>;
  let objects: KnownObjects;
  try {
    state = await stateOf(recovered.connection);
    objects = await knownObjects(recovered.connection, { lookAgain: true });
  } finally {
    await recovered.stop();
  }
  const restored: Restored = {
    at: rfc3339(clock.now()),
    backupBegunAt: description.begunAt,
    ...(toTime === undefined ? {} : { toTime }),
    ...state,
  };
  const files =
    description.withObjects === true
      ? await bringObjects(options, description, draft, accounts.objects)
      : undefined;
  await writeDurably(restoredPath(draft.keys), restoredText(restored), 0o600);
  // The region process takes it away when it has told it.
  if (isRoot()) await chown(restoredPath(draft.keys), accounts.region.uid, accounts.region.gid);
  await rm(scratch, { recursive: true });
  ensureFolders(draft, ensureAccounts({ hsm: config.keys.hsms.length > 0 }));
  await rename(draft.data, layout.data);
  await syncFolder(dirname(layout.data));
  const below = config.objects.backend.type === 's3';
  const notes = notesOf(description, config.backup?.folder, objectsNote(objects, { below, files }));
  const hasMaster = existsSync(masterPath(layout.keys)) || existsSync(sealedPath(layout.keys));
  if (!hasMaster)
    notes.unshift(
      `its master key is not in the backup: put it at ${masterPath(layout.keys)} before casemate up, or no key opens`,
    );
  return { description, restored, notes };
}

/** Gives how many files there are, and how many there should be. */
async function bringObjects(
  { backup, identity, report }: RestoreOptions,
  { recipient }: BackupDescription,
  draft: Layout,
  account: Account,
): Promise<BroughtFiles> {
  report('objects');
  const into = blobsFolder(draft);
  const brought = await openBlobs({ backup, recipient, identity, into, account });
  return { brought, missing: (await missingBlobs(backup, recipient)).length };
}

/** How far it comes. */
async function stateOf(connection: pg.ClientConfig): Promise<Pick<Restored, 'changes' | 'access' | 'upTo'>> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    const { rows } = await client.query<{ changes: string; access: string; last: string | null }>(
      `SELECT changes_size AS changes, access_size AS access,
         (SELECT max(latest.time_ms) FROM realms r, LATERAL (
            (SELECT time_ms FROM changes c WHERE c.realm = r.uid ORDER BY leaf_index DESC LIMIT 1) UNION ALL
            (SELECT time_ms FROM access a WHERE a.realm = r.uid ORDER BY leaf_index DESC LIMIT 1)) AS latest) AS last
       FROM realms WHERE id = '/'`,
    );
    const [found] = rows;
    if (found === undefined) throw new Error('there is no region in the database');
    return {
      changes: Number(found.changes),
      access: Number(found.access),
      upTo: rfc3339(Number(found.last ?? 0)),
    };
  } finally {
    await client.end();
  }
}

function notesOf(
  { withContent, seal }: BackupDescription,
  folder: string | undefined,
  objects: string | undefined,
): string[] {
  return [
    ...(seal === 'file' ? [] : ['its master key is sealed: casemate unseal, once it is up']),
    ...(withContent
      ? []
      : ['published content is not in it: bring the same bundles in again (casemate import)']),
    'disks of instances and volumes are not in it (docs/backup.md)',
    ...(objects === undefined ? [] : [objects]),
    ...(folder === undefined
      ? []
      : existsSync(folder)
        ? ['make a new backup soon: the archive goes on from here on a timeline of its own']
        : [
            `region.yaml archives into ${folder}, which is not here: make it, or change backup there, before casemate up`,
          ]),
  ];
}

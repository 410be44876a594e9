/**
 * Tries a backup: restores its database into a folder that is thrown away, replays the archive, opens every realm's keys and verifies every
 * log. What it says of a backup is what a restore would find.
 */
import type { KeyObject } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgres } from '#engines/postgres/open-postgres.ts';
import type { Clock } from '#kernel/clock.ts';
import { parseConfig } from '../config/load.ts';
import { ensureAccounts } from '../embedded/accounts.ts';
import { missingBlobs } from './blobs.ts';
import { recoverCluster } from './cluster.ts';
import { type BackupDescription, DATABASE, FILES, readDescription } from './description.ts';
import { removeWhenInterrupted } from './interrupted.ts';
import { type VerifiedRealm, verifyLedgers } from './ledgers.ts';
import { type AskSecret, openMaster, placeMaster } from './master.ts';
import { type KnownObjects, knownObjects } from './objects.ts';
import { digestOf } from './sealed-file.ts';
import { ownFolder, programsFor, unpackCluster, unpackFiles } from './unpack.ts';

export interface VerifyOptions {
  /** The backup's own folder. */
  readonly backup: string;
  readonly identity: KeyObject;
  readonly archive: string | undefined;
  /** RFC 3339. */
  readonly toTime: string | undefined;
  /** Where there is room for the database: something below it is made, and removed. Default: where temporary files go. */
  readonly scratch?: string;
  /** Of a backup without it. */
  readonly masterKeyFile?: string | undefined;
  readonly ask?: AskSecret;
  readonly clock: Clock;
  onRealm?(done: number, of: number): void;
}

export interface Verified {
  readonly description: BackupDescription;
  /** Undefined: the master key is not in it, or sealed and nobody opened it; so the database was restored, and its logs were not verified. */
  readonly realms: readonly VerifiedRealm[] | undefined;
  /** Until when changes are in it: of the last leaf of any log. */
  readonly lastTime: string | undefined;
  /** What it knows of objects; their bytes are not in it. */
  readonly objects: KnownObjects;
  /** Empty, and `realms` known: a restore works. */
  readonly problems: readonly string[];
}

/** Throws when it cannot be restored at all, with why. */
export async function verifyBackup(options: VerifyOptions): Promise<Verified> {
  const { backup, identity, clock } = options;
  const description = await readDescription(backup);
  const programs = programsFor(description);
  for (const name of [DATABASE, FILES] as const) {
    if ((await digestOf(join(backup, name))) !== description.files[name].digest) {
      throw new Error(`${join(backup, name)} is not what ${backup} says: it was changed or is broken`);
    }
  }
  const account = ensureAccounts().database;
  const folder = await mkdtemp(join(options.scratch ?? tmpdir(), 'casemate-verify-'));
  await chmod(folder, 0o711);
  const stay = removeWhenInterrupted(folder);
  try {
    const data = join(folder, 'data');
    await mkdir(data, { mode: 0o700 });
    await unpackFiles(backup, identity, data);
    const config = parseConfig(await readFile(join(data, 'region.yaml'), 'utf8'), 'region.yaml');
    const cluster = join(folder, 'cluster');
    const { systemIdentifier } = description.database;
    const segments = join(folder, 'segments');
    const { archive, toTime } = options;
    const unpacked = await unpackCluster({
      ...{ backup, identity, programs, systemIdentifier, account, cluster, archive, segments },
    });
    const work = join(folder, 'work');
    await ownFolder(work, account);
    const recovered = await recoverCluster({
      ...{ cluster, programs, work, account, toTime, durable: false, clock },
      ...unpacked,
    });
    try {
      const objects = await knownObjects(recovered.connection, { lookAgain: false });
      const { masterKeyFile } = options;
      if (masterKeyFile !== undefined)
        await placeMaster(join(data, 'keys'), masterKeyFile, ensureAccounts().region);
      const masterKey = await openMaster(join(data, 'keys'), config.keys.seal, options.ask);
      if (masterKey === undefined)
        return { description, realms: undefined, lastTime: undefined, objects, problems: [] };
      const postgres = await openPostgres({ connection: recovered.connection, clock });
      try {
        const { onRealm } = options;
        const realms = await verifyLedgers({
          ...{ postgres, region: config.name, masterKey, clock },
          ...(onRealm ? { onRealm } : {}),
        });
        const { lastTime, problems } = judged(realms);
        return {
          description,
          realms,
          objects,
          lastTime,
          problems: [...problems, ...(await problemsOfFiles(backup, description))],
        };
      } finally {
        await postgres.close();
      }
    } finally {
      await recovered.stop();
    }
  } finally {
    stay();
    await rm(folder, { recursive: true, force: true });
  }
}

async function problemsOfFiles(backup: string, { recipient }: BackupDescription): Promise<string[]> {
  const missing = await missingBlobs(backup, recipient);
  return missing.length === 0
    ? []
    : [
        `${missing.length} files with bytes of objects are not beside it (objects/): the first is ${missing[0]}`,
      ];
}

function judged(realms: readonly VerifiedRealm[]): Pick<Verified, 'lastTime' | 'problems'> {
  const logs = realms.flatMap((realm) => realm.logs);
  return {
    lastTime: logs
      .flatMap(({ lastTime }) => lastTime ?? [])
      .toSorted()
      .at(-1),
    problems: [
      ...(realms.length === 0 ? ['there is no realm in it, not even the region itself'] : []),
      ...logs.flatMap(({ origin, problems }) => problems.map((problem) => `${origin}: ${problem}`)),
    ],
  };
}

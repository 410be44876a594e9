/**
 * How backups lie in a folder: each in one of its own, named by when it was begun, and beside them the archive of changes since.
 *
 *   2026-11-21T10-00-00Z/backup.json   what it is, in the clear: no names but the region's
 *   …/database.tar.zst.age             PostgreSQL's cluster, as pg_basebackup gives it
 *   …/files.tar.zst.age                region.yaml, keys, and what else of the data folder is in it
 *   …/objects.list                     which files of objects it needs, where it was made with them: `blobs.ts`
 *   objects/                           those files, shared by backups
 *   changes/                           PostgreSQL's log: `archive.ts`
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Check, Errors } from 'typebox/schema';
import { DESCRIPTION_BYTES_MAX } from './bounds.ts';

export const FORMAT = 'casemate-backup-v1';
export const DESCRIPTION = 'backup.json';
export const DATABASE = 'database.tar.zst.age';
export const FILES = 'files.tar.zst.age';
export const OBJECTS_LIST = 'objects.list';
export const OBJECTS_SEALED = 'objects';

const SealedFile = Type.Object({
  bytes: Type.Integer(),
  digest: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
});

export const BackupDescription = Type.Object({
  format: Type.Literal(FORMAT),
  region: Type.Object({ name: Type.String(), id: Type.String() }),
  /** RFC 3339. All that was acknowledged before it began is in it. */
  begunAt: Type.String(),
  endedAt: Type.String(),
  /** Of Casemate that made it. */
  version: Type.String(),
  database: Type.Object({
    /** PostgreSQL's major version: a restore takes the same. */
    version: Type.String({ pattern: '^[0-9]{1,3}$' }),
    /** Tells clusters apart: an archive belongs to one. */
    systemIdentifier: Type.String({ pattern: '^[0-9]{1,20}$' }),
    /** Of the archive: what came before it this backup does not need. */
    firstSegment: Type.String({ pattern: '^[0-9A-F]{24}$' }),
  }),
  /** How the master key lies: `file`: in the clear, where it is in the backup; else sealed, and in the backup. */
  seal: Type.String(),
  /** Whether the master key is in it under nothing but the backup's own encryption. */
  withMasterKey: Type.Boolean(),
  /** age's public key. */
  recipient: Type.String(),
  /** Whether published content of the gap is in it. */
  withContent: Type.Boolean(),
  /** Whether bytes of objects are beside it. Absent in backups of before there was that. */
  withObjects: Type.Optional(Type.Boolean()),
  files: Type.Object({ [DATABASE]: SealedFile, [FILES]: SealedFile }),
});

export type BackupDescription = Static<typeof BackupDescription>;

/** Its name sorts by time. */
export const backupName = (time_ms: number): string =>
  `${new Date(time_ms).toISOString().slice(0, 19).replaceAll(':', '-')}Z`;

const NAME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/;

/** Where changes are archived, in a folder of backups. */
export const archiveFolder = (folder: string): string => join(folder, 'changes');

/** The backups in a folder that are whole, oldest first. */
export async function listBackups(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => NAME.test(name) && existsSync(join(folder, name, DESCRIPTION))).toSorted();
}

/** A backup's own folder, or the newest of a folder of backups. Throws, with what would be right. */
export async function findBackup(from: string): Promise<string> {
  if (existsSync(join(from, DESCRIPTION))) return from;
  if (!existsSync(from)) throw new Error(`${from}: there is no such folder`);
  const newest = (await listBackups(from)).at(-1);
  if (newest !== undefined) return join(from, newest);
  throw new Error(`${from} holds no backup: a folder with ${DESCRIPTION}, or one of such folders`);
}

export async function readDescription(backup: string): Promise<BackupDescription> {
  const path = join(backup, DESCRIPTION);
  const text = await readFile(path, 'utf8');
  const parsed: unknown = text.length > DESCRIPTION_BYTES_MAX ? undefined : JSON.parse(text);
  if (!Check(BackupDescription, parsed)) {
    const [, [first]] = Errors(BackupDescription, parsed);
    throw new Error(
      `${path} is no description of a backup of this version: ${first?.instancePath ?? ''} ${first?.message ?? ''}`,
    );
  }
  return parsed;
}

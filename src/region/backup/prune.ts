/** Removes old backups, and of the archive what only they needed: so that neither grows without bound. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PARTIAL } from './archived.ts';
import { pruneBlobs } from './blobs.ts';
import { archiveFolder, listBackups, readDescription } from './description.ts';
import { SEALED_SUFFIX } from './sealed-file.ts';
import { parseSegment } from './segments.ts';

export interface Pruned {
  readonly removed: readonly string[];
  readonly kept: readonly string[];
  readonly segments: number;
  /** Files of objects that none of the kept ones needs. */
  readonly objects: number;
}

/** Keeps the newest `keep`, at least one, and every change since the oldest of them. */
export async function pruneBackups(folder: string, keep: number): Promise<Pruned> {
  if (!Number.isInteger(keep) || keep < 1) throw new Error('--keep: should be 1 or more');
  const names = await listBackups(folder);
  const kept = names.slice(-keep);
  const [oldest] = kept;
  const removed = names.slice(0, -keep);
  // First what needs the log, then the log.
  for (const name of removed) await rm(join(folder, name), { recursive: true });
  const segments = oldest === undefined ? 0 : await pruneArchive(folder, join(folder, oldest));
  const left = await Promise.all(
    kept.map(async (name) => ({ name, recipient: (await readDescription(join(folder, name))).recipient })),
  );
  const objects = left.length === 0 ? 0 : await pruneBlobs(folder, left);
  return { removed, kept, segments, objects };
}

async function pruneArchive(folder: string, oldest: string): Promise<number> {
  const archive = archiveFolder(folder);
  const first = parseSegment((await readDescription(oldest)).database.firstSegment);
  if (first === undefined || !existsSync(archive)) return 0;
  let count = 0;
  for (const name of await readdir(archive)) {
    if (!name.endsWith(SEALED_SUFFIX)) continue;
    const plain = name.slice(0, -SEALED_SUFFIX.length);
    const segment = parseSegment(plain.endsWith(PARTIAL) ? plain.slice(0, -PARTIAL.length) : plain);
    // Histories are small, and say which timelines there were: they stay.
    if (segment === undefined || segment.number >= first.number) continue;
    await rm(join(archive, name));
    count += 1;
  }
  return count;
}

/** Removes old backups, and of the archive what only they needed: so that neither grows without bound. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { archiveFolder, listBackups, readDescription } from './description.ts';
import { SEALED_SUFFIX } from './sealed-file.ts';
import { parseSegment } from './segments.ts';
import { PARTIAL } from './unpack.ts';

export interface Pruned {
  readonly removed: readonly string[];
  readonly kept: readonly string[];
  readonly segments: number;
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
  return { removed, kept, segments };
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

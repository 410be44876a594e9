/**
 * Compiled code of the region's process, from the first region of a run that ends for those that start after it: by itself each compiles the same
 * program anew and writes 3,000 small files when it ends, which takes more than the rest of a short life. On a disk of its own a region is by itself. For tests only.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** In the folder of this run of the tests; without one, every region is on its own. */
const KEPT = join(tmpdir(), 'compiled-code');
const hasRun = process.env.CASEMATE_TEST_RUN !== undefined;
/** Links and renames cross no disks. */
const isBeside = (cache: string): boolean =>
  statSync(dirname(cache), { throwIfNoEntry: false })?.dev === statSync(dirname(KEPT)).dev;

/** Gives a region that is about to start what is kept. Files are links: whoever changes one puts another in its place. */
export function giveCompiledCode(cache: string): void {
  if (hasRun && existsSync(KEPT) && isBeside(cache)) execFileSync('cp', ['--archive', '--link', KEPT, cache]);
}

/** Whether that of a region would be kept. */
export const wantsCompiledCode = (cache: string): boolean => hasRun && !existsSync(KEPT) && isBeside(cache);

/** Keeps that of a region that has stopped, and is about to go. */
export function keepCompiledCode(cache: string): void {
  try {
    renameSync(cache, KEPT);
  } catch (error) {
    // Another came first, or this one never ran.
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

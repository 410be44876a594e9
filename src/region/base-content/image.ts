/**
 * Sees to it that the base image is in the cache: built from Debian packages by the recipe in content/ when it is missing. All
 * regions of the machine share the cache.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isRoot } from '../embedded/accounts.ts';
import type { Report } from '../install/apply.ts';
import { PROGRAM_FOLDER } from '../program.ts';

/** Builds the image unless this recipe's is there. Returns what does not work when it cannot. */
export async function ensureBaseImage(cache: string, report: Report): Promise<string | undefined> {
  if (!isRoot()) {
    return hasImage(cache)
      ? undefined
      : `the base image is not in ${cache}, and only root can build it: instances have no image to start from`;
  }
  mkdirSync(cache, { recursive: true, mode: 0o755 });
  const recipe = join(PROGRAM_FOLDER, 'content/debian/build.sh');
  // The recipe lets one build at a time; whoever waited finds the image there.
  const child = spawn(recipe, [cache], { stdio: ['ignore', 'ignore', 'pipe'] });
  let last = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    last = line;
    if (!line.includes('already there')) report(line);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return undefined;
  return `the base image could not be built (${last}): instances have no image to start from; 'casemate up' tries again`;
}

/** Whether some image is there: a folder without network keeps what it has. */
function hasImage(cache: string): boolean {
  return existsSync(cache) && readdirSync(cache).some((name) => name.endsWith('.tar.zst'));
}

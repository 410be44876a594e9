/**
 * Sees to it that the base images are in the cache: built from Debian packages by the recipes in content/ when they are missing. All
 * regions of the machine share the cache.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isRoot } from '../embedded/accounts.ts';
import { packagesHere, type Report } from '../install/apply.ts';
import { PROGRAM_FOLDER } from '../program.ts';

const CONTAINERS = 'content/debian/build.sh';
/** Made from the other one. */
const MACHINES = 'content/debian-machine/build.sh';

/** Builds the images unless these recipes' are there; the one for virtual machines where there can be some. Returns what does not work when it cannot. */
export async function ensureBaseImage(cache: string, report: Report): Promise<string | undefined> {
  if (!isRoot()) {
    return hasImage(cache)
      ? undefined
      : `the base image is not in ${cache}, and only root can build it: instances have no image to start from`;
  }
  mkdirSync(cache, { recursive: true, mode: 0o755 });
  const problem = await build(CONTAINERS, cache, report);
  if (problem !== undefined) {
    return `the base image could not be built (${problem}): instances have no image to start from; 'casemate up' tries again`;
  }
  if (!packagesHere.hasVirtualization) return undefined;
  const another = await build(MACHINES, cache, report);
  if (another === undefined) return undefined;
  return `the base image of virtual machines could not be built (${another}): they have no image to start from; 'casemate up' tries again`;
}

/** Returns why not, when it could not. */
async function build(recipe: string, cache: string, report: Report): Promise<string | undefined> {
  // The recipe lets one build at a time; whoever waited finds the image there.
  const child = spawn(join(PROGRAM_FOLDER, recipe), [cache], { stdio: ['ignore', 'ignore', 'pipe'] });
  let last = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    last = line;
    if (!line.includes('already there')) report(line);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return code === 0 ? undefined : last;
}

/** Whether some image is there: a folder without network keeps what it has. */
function hasImage(cache: string): boolean {
  return existsSync(cache) && readdirSync(cache).some((name) => name.endsWith('.tar.zst'));
}

/**
 * Clears away what tests left: processes, mounts, loop devices, bridges and folders below the folder that this run gave them
 * as TMPDIR. Nothing else on the machine is looked at.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeRemains } from '#engines/incus/remains.ts';
import { mountsBelow, readMounts } from '#kernel/mounts.ts';
import { wakefulClock } from '#region/clock.ts';
import { destroyRegion, looksLikeRegion } from '#region/destroy.ts';
import { layoutOf } from '#region/layout.ts';

/** Names the run in the environment of every process it starts. */
export const RUN_VARIABLE = 'CASEMATE_TEST_RUN';

/** Returns what it had to clear, in words; nothing when the tests were clean. */
export async function clearLeftovers(root: string, run: string): Promise<string[]> {
  const found: string[] = [];
  for (const config of globSync(`${root}/**/region.yaml`)) {
    const layout = layoutOf(dirname(config));
    if (!looksLikeRegion(layout)) continue;
    found.push(`a region in ${layout.data}`);
    await destroyRegion(layout, wakefulClock);
  }
  for (const { pid, command } of processesOf(root, run)) {
    found.push(`process ${pid}: ${command}`);
    killIfThere(pid);
  }
  if (process.getuid?.() === 0) {
    // Whatever ran an incusd of its own left a folder with its database.
    for (const database of globSync(`${root}/**/database/global`)) {
      const folder = dirname(dirname(database));
      found.push(`an incusd in ${folder}`);
      await removeRemains(folder, wakefulClock);
    }
    for (const path of mountsBelow(readMounts(), root)) {
      found.push(`a mount at ${path}`);
      execFileSync('umount', ['--lazy', path]);
    }
  }
  if (existsSync(root)) rmSync(root, { recursive: true, force: true });
  return found;
}

function processesOf(root: string, run: string): { readonly pid: number; readonly command: string }[] {
  const found: { pid: number; command: string }[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const command = read(join('/proc', name, 'cmdline'))
      .replaceAll('\0', ' ')
      .trim();
    const environment = read(join('/proc', name, 'environ')).split('\0');
    if (command.includes(`${root}/`) || environment.includes(`${RUN_VARIABLE}=${run}`))
      found.push({ pid, command });
  }
  return found;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process has ended, or is somebody else's: not ours to clear.
    return '';
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

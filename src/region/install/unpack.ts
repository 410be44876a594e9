/**
 * Debian packages that are unpacked beside the machine's own programs rather than installed: chrony, which Debian lets be installed only where no other time daemon is. The region runs
 * a copy of its own that leaves the machine's clock alone; taking the machine's own time daemon away for that would be wrong.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findChrony } from '#engines/chrony/daemon.ts';
import { isRoot } from '../embedded/accounts.ts';
import type { Report } from './apply.ts';

const TIME_LIMIT_MS = 120_000;

/** Where packages are unpacked: shared by all regions of the machine, as images are. */
export const unpackedPrograms = (imageCache: string): string => join(imageCache, 'programs');

/** Sees to it that there is a chronyd. Returns what does not work when there is none. */
export function ensureChrony(imageCache: string, report: Report): string | undefined {
  const folder = unpackedPrograms(imageCache);
  if (findChrony(folder) !== undefined) return undefined;
  const without = 'the region serves no time of its own to instances';
  if (!isRoot())
    return `chrony is neither installed nor in ${folder}, and only root can put it there: ${without}`;
  report(`unpacking Debian's chrony into ${folder}, beside the machine's own time daemon`);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const work = mkdtempSync(join(folder, '.unpacking-'));
  try {
    // apt fetches as an account of its own, and checks what it fetched by its signed index.
    chmodSync(work, 0o777);
    must(['apt-get', '-q', 'download', 'chrony'], work);
    const archive = readdirSync(work).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get download left no package');
    must(['dpkg-deb', '--extract', archive, 'root'], work);
    for (const part of ['usr/sbin', 'usr/bin'])
      cpSync(join(work, 'root', part), join(folder, part), { recursive: true });
    const found = findChrony(folder);
    if (found === undefined) throw new Error('the package holds no chronyd');
    must([found.daemon, '--version'], work);
    return undefined;
  } catch (error) {
    rmSync(join(folder, 'usr/sbin/chronyd'), { force: true });
    return `chrony could not be unpacked (${error instanceof Error ? error.message : String(error)}): ${without}. Install it with: apt-get install chrony`;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function must([command = '', ...args]: readonly string[], cwd: string): void {
  const { status, stderr, error } = spawnSync(command, args, {
    cwd,
    timeout: TIME_LIMIT_MS,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status === 0) return;
  const last = (error?.message ?? stderr).trim().split('\n').at(-1) ?? '';
  throw new Error(`${command} ${args.join(' ')}: ${last}`);
}

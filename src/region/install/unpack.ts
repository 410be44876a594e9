/**
 * Debian packages that are unpacked beside the machine's own programs rather than installed. chrony, which Debian lets be installed only where no other time daemon is: the region runs
 * a copy of its own that leaves the machine's clock alone; taking the machine's own time daemon away for that would be wrong. And ping, for the seal's probes.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findChrony } from '#engines/chrony/daemon.ts';
import { isRoot } from '../embedded/accounts.ts';
import type { Report } from './apply.ts';

const TIME_LIMIT_MS = 120_000;

/** Where packages are unpacked: shared by all regions of the machine, as images are. */
export const unpackedPrograms = (imageCache: string): string => join(imageCache, 'programs');

/** A ping without Debian's file capability, with which the kernel would not start it for an account that may gain none. */
export const pingProgram = (imageCache: string): string => join(unpackedPrograms(imageCache), 'bin/ping');

/** Sees to it that both are there. Returns what does not work without. */
export function ensureUnpacked(imageCache: string, report: Report): readonly string[] {
  const folder = unpackedPrograms(imageCache);
  const wanted = [
    {
      name: 'chrony',
      parts: ['usr/sbin', 'usr/bin'],
      isThere: () => findChrony(folder) !== undefined,
      without: 'the region serves no time of its own to instances',
    },
    {
      name: 'iputils-ping',
      parts: ['bin', 'usr/bin'],
      isThere: () => existsSync(pingProgram(imageCache)),
      without: 'the seal does not probe ICMP from the region',
    },
  ];
  return wanted
    .filter(({ isThere }) => !isThere())
    .flatMap(({ name, parts, isThere, without }) => {
      const problem = unpack(name, parts, folder, report);
      if (problem === undefined && isThere()) return [];
      return [`${name} is not in ${folder} (${problem ?? 'the package does not hold it'}): ${without}`];
    });
}

/** Undefined, or what went wrong. */
function unpack(name: string, parts: readonly string[], folder: string, report: Report): string | undefined {
  if (!isRoot()) return 'only root can put it there';
  report(`unpacking Debian's ${name} into ${folder}, beside the machine's own programs`);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const work = mkdtempSync(join(folder, '.unpacking-'));
  try {
    // apt fetches as an account of its own, and checks what it fetched by its signed index.
    chmodSync(work, 0o777);
    must(['apt-get', '-q', 'download', name], work);
    const archive = readdirSync(work).find((file) => file.endsWith('.deb'));
    if (archive === undefined) return 'apt-get download left no package';
    must(['dpkg-deb', '--extract', archive, 'root'], work);
    for (const part of parts) {
      const from = join(work, 'root', part);
      if (existsSync(from)) cpSync(from, join(folder, part), { recursive: true });
    }
    // Debian 13 has it in /usr alone.
    if (name === 'iputils-ping' && !existsSync(join(folder, 'bin/ping'))) {
      mkdirSync(join(folder, 'bin'), { recursive: true });
      cpSync(join(folder, 'usr/bin/ping'), join(folder, 'bin/ping'));
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
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

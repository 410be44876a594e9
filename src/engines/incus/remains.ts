/**
 * Removes what a private incusd can leave on its host when it was killed: instances' processes, bridges with their
 * dnsmasq, mounts, loop devices, control groups, and at last its folder. Everything is found by the folder's path, so
 * another region's incusd on the same host is never touched. A supervisor must have been stopped first, or it would
 * start the daemon again.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Clock, sleep } from '#kernel/clock.ts';
import { loopsBelow, mountsBelow, readMounts, releaseBelow } from '#kernel/mounts.ts';

const END_LIMIT_MS = 10_000;
const END_EVERY_MS = 25;
const CGROUPS = '/sys/fs/cgroup';

export interface Remains {
  readonly processes: readonly { readonly pid: number; readonly name: string }[];
  readonly bridges: readonly string[];
  /** Deepest first. */
  readonly mounts: readonly string[];
  readonly loops: readonly string[];
  readonly cgroups: readonly string[];
}

/** What is left of the daemon in `folder`, changing nothing. */
export function findRemains(folder: string): Remains {
  const root = resolve(folder);
  const instances = instanceNames(root);
  return {
    processes: processesOf(root),
    bridges: listed(join(root, 'networks')).filter((name) => existsSync(`/sys/class/net/${name}/bridge`)),
    mounts: mountsBelow(readMounts(), root),
    loops: loopsBelow(root),
    cgroups: cgroupsOf(instances),
  };
}

/** Removes all of it and the folder. Safe to repeat; throws when something does not go, naming it. */
export async function removeRemains(folder: string, clock: Clock): Promise<void> {
  const { processes } = findRemains(folder);
  await endProcesses(
    processes.map(({ pid }) => pid),
    clock,
  );
  const left = findRemains(folder);
  for (const bridge of left.bridges) execFileSync('ip', ['link', 'delete', 'dev', bridge]);
  releaseBelow(resolve(folder));
  for (const cgroup of left.cgroups) await removeCgroup(cgroup, clock);
  for (const pivot of listed(CGROUPS).map((controller) => join(CGROUPS, controller, 'lxc.pivot'))) {
    removeIfIdle(pivot);
  }
  rmSync(folder, { recursive: true, force: true });
}

/** `<project>_<instance>`, as Incus names folders and control groups; the default project has no prefix. */
function instanceNames(root: string): string[] {
  return [...new Set([...listed(join(root, 'run')), ...listed(join(root, 'logs'))])].filter(
    (name) => name.includes('_') || existsSync(join(root, 'containers', name)),
  );
}

function environment(pid: number, name: string): string | undefined {
  const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  return entries.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}

/**
 * The daemon has the folder in its environment; monitors, dnsmasq, virtual machines and what gives them files name it in their
 * arguments; a container's first process is the child of a monitor.
 */
function processesOf(root: string): { pid: number; name: string }[] {
  const monitors: { pid: number; name: string }[] = [];
  const parents = new Map<number, number>();
  for (const entry of listed('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split(/[\0 ]/);
      const executable = readlinkSync(`/proc/${pid}/exe`);
      const ours = /\/(incusd|dnsmasq|lxc-[a-z]+|qemu-system-[a-z0-9_]+|virtiofsd)$/.test(
        executable.replace(/ \(deleted\)$/, ''),
      );
      const named = words.some((word) => word.split('=').some((part) => `${part}/`.startsWith(`${root}/`)));
      if (ours && (named || environment(pid, 'INCUS_DIR') === root))
        monitors.push({ pid, name: words[0] ?? '' });
    } catch {
      // it ended while we looked, or is a kernel thread
    }
  }
  const owned = new Set(monitors.map(({ pid }) => pid));
  const guests = [...parents]
    .filter(([pid, parent]) => owned.has(parent) && !owned.has(pid))
    .map(([pid]) => ({ pid, name: 'instance' }));
  return [...guests, ...monitors];
}

function cgroupsOf(instances: readonly string[]): string[] {
  const names = new Set(instances.flatMap((name) => [`lxc.payload.${name}`, `lxc.monitor.${name}`]));
  const hierarchies = [CGROUPS, ...listed(CGROUPS).map((controller) => join(CGROUPS, controller))];
  return hierarchies.flatMap((hierarchy) =>
    listed(hierarchy)
      .filter((name) => names.has(name))
      .map((name) => join(hierarchy, name)),
  );
}

/** A group is busy until the last process of the instance has ended, which were all killed with its first one. */
async function removeCgroup(path: string, clock: Clock): Promise<void> {
  const deadline_ms = clock.now() + END_LIMIT_MS;
  for (;;) {
    try {
      removeGroups(path);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return; // whoever left it last took it away
      if (code !== 'EBUSY') throw error;
      if (clock.now() > deadline_ms) {
        throw new Error(`${path} still has processes ${END_LIMIT_MS} ms after its instance was killed`, {
          cause: error,
        });
      }
    }
    await sleep(clock, END_EVERY_MS);
  }
}

function removeGroups(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroups(join(path, entry.name));
  }
  rmdirSync(path);
}

/** LXC makes this group when it needs it, for all its users on the host: it goes when nobody is in it. */
function removeIfIdle(cgroup: string): void {
  try {
    rmdirSync(cgroup);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EBUSY' && code !== 'ENOTDIR') throw error;
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** SIGKILL to all of them; resolves when they are gone, throws when one does not go. */
export async function endProcesses(pids: readonly number[], clock: Clock): Promise<void> {
  for (const pid of pids) killProcess(pid);
  const deadline_ms = clock.now() + END_LIMIT_MS;
  while (pids.some((pid) => existsSync(`/proc/${pid}`))) {
    if (clock.now() > deadline_ms) throw new Error(`processes ${pids.join(', ')} did not end after SIGKILL`);
    await sleep(clock, END_EVERY_MS);
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // not there: nothing in it
  }
}

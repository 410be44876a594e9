/**
 * The control group (v2) that all processes of a region are in, each in one of its own: how the kernel tells the region's packets from those of
 * the machine's administrator, whichever account they run as. The supervisor makes them (`region/supervisor`); the agent, being in one, finds the others by its own.
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const CGROUPS = '/sys/fs/cgroup';
/** Where nft looks for paths of control groups. */
const ROOTS: readonly string[] = [CGROUPS, `${CGROUPS}/unified`];
export const PROCESS_NAME = /^[a-z][a-z0-9-]{0,39}$/;

export const controlGroupName = (regionId: string): string => `casemate-${regionId}`;

export interface ControlGroup {
  /** As nft writes it, from /sys/fs/cgroup: `casemate-r1`, or `unified/casemate-r1` beside version 1. */
  readonly path: string;
  readonly folder: string;
  /** How deep it is in the hierarchy: 1 at its top. */
  readonly level: number;
  /** What is in it: one a process of the region. */
  readonly processes: readonly string[];
}

/** Where control groups of version 2 are, or undefined where there are none. */
function root(): string | undefined {
  return ROOTS.find((folder) => {
    try {
      return (
        statSync(join(folder, 'cgroup.procs')).isFile() && readdirSync(folder).includes('cgroup.controllers')
      );
    } catch {
      return false;
    }
  });
}

/** The control group of a process below /sys/fs/cgroup's version 2, such as `/casemate-r1/region`; undefined when it is gone. */
export function controlGroupOf(pid: number | 'self'): string | undefined {
  try {
    return /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** The region's, if this process is in it. */
export function ownControlGroup(regionId: string): ControlGroup | undefined {
  const own = controlGroupOf('self');
  const top = root();
  if (own === undefined || top === undefined) return undefined;
  const region = dirname(own);
  if (basename(region) !== controlGroupName(regionId)) return undefined;
  const folder = join(top, region);
  const processes = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && PROCESS_NAME.test(entry.name))
    .map(({ name }) => name)
    .toSorted();
  return {
    path: folder.slice(CGROUPS.length + 1),
    folder,
    level: region.split('/').filter((part) => part !== '').length,
    processes,
  };
}

/** Makes the control group of one process of a region; gives its folder, or undefined where that cannot be. Kept: what the kernel matches by goes with it. */
export function makeControlGroup(regionId: string, process: string): string | undefined {
  const top = root();
  if (top === undefined) return undefined;
  const folder = join(top, controlGroupName(regionId), process);
  try {
    mkdirSync(folder, { recursive: true });
    return folder;
  } catch {
    return undefined;
  }
}

/** Moves a process there; what it starts from now on is there as well. False where that cannot be. */
export function enterControlGroup(folder: string, pid: number): boolean {
  try {
    writeFileSync(join(folder, 'cgroup.procs'), `${pid}`);
    return true;
  } catch {
    return false;
  }
}

/** Removes those of a region; any that something still runs in stays. */
export function removeControlGroups(regionId: string): void {
  const top = root();
  if (top === undefined) return;
  const folder = join(top, controlGroupName(regionId));
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) removeEmpty(join(folder, entry.name));
  } catch {
    return;
  }
  removeEmpty(folder);
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Something runs in it, or it is gone.
  }
}

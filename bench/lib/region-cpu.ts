/** CPU time of a region's processes, from /proc: what an operation takes of it is the same however many others share the machine, or nearly. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ObjectsWorld, serverPid } from './objects.ts';

// Of Linux on all machines that we know (sysconf(_SC_CLK_TCK)).
const TICK_MS = 10;

/** In milliseconds since each began. */
export interface RegionCpu {
  /** What serves objects; of that its one thread that runs JavaScript. */
  readonly objects: number;
  readonly objectsMain: number;
  readonly region: number;
  readonly postgres: number;
  /** This process. */
  readonly client: number;
}

/** The fields after a process's name: state, parent, … (proc(5)). */
function stat(path: string): readonly string[] {
  try {
    const text = readFileSync(path, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

const parentOf = (fields: readonly string[]): number => Number(fields[1] ?? 0);
const cpuOf = (fields: readonly string[]): number =>
  (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS;

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

export function regionCpu(world: ObjectsWorld): RegionCpu {
  const { data } = world.region;
  const server = serverPid(world);
  const postmaster = Number(
    readFileSync(join(data, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n')[0],
  );
  let region = 0;
  let postgres = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const fields = stat(`/proc/${pid}/stat`);
    if (parentOf(fields) === postmaster) postgres += cpuOf(fields);
    else if (commandOf(pid).includes(`region/process.ts\0--data\0${data}`)) region += cpuOf(fields);
  }
  const { user, system } = process.cpuUsage();
  return {
    objects: cpuOf(stat(`/proc/${server}/stat`)),
    objectsMain: cpuOf(stat(`/proc/${server}/task/${server}/stat`)),
    region,
    postgres,
    client: (user + system) / 1_000,
  };
}

/** `µs of CPU each: …`, of what has been done since. */
export function cpuNote(before: RegionCpu, after: RegionCpu, count: number): string {
  const each = (name: keyof RegionCpu) => Math.round(((after[name] - before[name]) * 1_000) / count);
  const all = (['objects', 'region', 'postgres', 'client'] as const).map(each);
  const total = all.reduce((sum, one) => sum + one, 0);
  const [objects, region, postgres, client] = all;
  return `µs of CPU each: ${total}, of which the process that serves objects ${objects} (its one thread ${each('objectsMain')}), the region process ${region}, PostgreSQL ${postgres}, the load ${client}`;
}

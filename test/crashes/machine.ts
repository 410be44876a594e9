/** The processes of a region under test: which there are, how they are killed, and how one sees that they are back. */
import { readdirSync, readFileSync } from 'node:fs';
import { type Layout, layoutOf } from '#region/layout.ts';
import { askStatus } from '#region/supervisor/control.ts';
import type { ProcessStatus, SupervisorStatus } from '#region/supervisor/definition.ts';
import type { TestRegion } from '../support/region.ts';
import { until } from './until.ts';

export type Part = 'region' | 'postgres' | 'incus' | 'firewall';

const BACK_LIMIT_MS = 60_000;

export interface Machine {
  readonly layout: Layout;
  supervisor(): Promise<SupervisorStatus>;
  /** Waits until the part runs, whether ready or not, and gives its process. */
  pidOf(part: Part): Promise<number>;
  /** Ends it at once, when it runs; gives the process it was. */
  kill(part: Part): Promise<number>;
  /** Resolves when every part is ready. */
  untilReady(limit_ms?: number): Promise<void>;
}

export function machineOf(region: TestRegion): Machine {
  const layout = layoutOf(region.data);
  const supervisor = async (): Promise<SupervisorStatus> => {
    const status = await askStatus(layout.run.control);
    if (status === undefined) throw new Error('the supervisor does not answer');
    return status;
  };
  const processes = async (): Promise<readonly ProcessStatus[]> => (await supervisor()).processes;
  const pidOf = (part: Part): Promise<number> =>
    until(`${part} runs`, BACK_LIMIT_MS, async () => {
      const found = (await processes()).find(({ name }) => name === part);
      return found?.pid !== undefined && isRunning(found.pid) ? found.pid : undefined;
    });
  return {
    layout,
    supervisor,
    pidOf,
    async kill(part) {
      const pid = await pidOf(part);
      killNow(pid);
      return pid;
    },
    async untilReady(limit_ms = BACK_LIMIT_MS) {
      await until(
        'every part of the region is ready',
        limit_ms,
        async () =>
          (await processes()).every(
            ({ pid, state }) => state === 'ready' && pid !== undefined && isRunning(pid),
          ),
        async () => JSON.stringify(await processes(), null, 1),
      );
    },
  };
}

/** SIGKILL; no error when it has ended. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** False also for what has ended and was not reaped yet. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}

/** Command lines of running processes that name the folder, by pid. */
export function processesNaming(folder: string): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid || !isRunning(pid)) continue;
    const command = commandOf(pid);
    if (command.includes(`${folder}/`)) found.set(pid, command);
  }
  return found;
}

/** Processes whose parent it is. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((one) => Number.isInteger(one) && parentOf(one) === pid);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined; // It has ended meanwhile.
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return ''; // It has ended meanwhile.
  }
}

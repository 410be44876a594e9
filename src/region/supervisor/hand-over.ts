/**
 * The supervisor becomes the program of another release, and nothing that it supervises notices: the same process replaces its program (execve), so that it stays the parent of
 * all, keeps the lock of the data folder (its standard input) and its control group. What it knows it leaves in a file; what its processes write meanwhile waits in their
 * pipes, which another process holds open. Killed in the middle, it is a supervisor that was killed: the next `up` finds what it had started by the state file.
 */
import { execFile, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual, promisify } from 'node:util';
import { supervisorCommand } from './command.ts';
import type { SealNews, SupervisorCommand, SupervisorPlan } from './definition.ts';
import { identify, isAlive, type ProcessIdentity } from './process-table.ts';

/** Asked of a program before anything is given up for it. */
export const CHECK = '--check';
export const CHECK_ANSWER = 'takes over\n';
const CHECK_LIMIT_MS = 30_000;
/** How long pipes are held open: a program that has not begun to read by then never will. */
const KEEPER_S = 60;
/** Changes when what is handed over is not what was. */
const FORMAT = 1;

/** One process, as the program before leaves it. */
export interface HandedProcess {
  readonly name: string;
  /** Of one that is ready; others are started. */
  readonly identity?: ProcessIdentity;
  readonly starts: number;
  readonly since_ms: number;
  readonly wrongSince_ms?: number;
  readonly notes: readonly string[];
  readonly sealed: string;
  readonly seal?: SealNews;
  readonly keys?: object;
  readonly failing?: string;
  readonly lastFailure?: string;
}

export interface HandOver {
  readonly startedAt: string;
  readonly plan: SupervisorPlan;
  readonly processes: readonly HandedProcess[];
}

interface HandOverFile extends HandOver {
  readonly format: number;
  /** Whom it is for: a process keeps its identity when it replaces its program. */
  readonly supervisor: ProcessIdentity;
  readonly keeper?: ProcessIdentity;
}

/** Where a plan wants another program than this one. */
export function wantedProgram({ supervisor }: SupervisorPlan): SupervisorCommand | undefined {
  return supervisor === undefined || isDeepStrictEqual(supervisor, supervisorCommand())
    ? undefined
    : supervisor;
}

/** Throws unless that program loads here and can take over. */
export async function checkProgram({ command, args }: SupervisorCommand): Promise<void> {
  const { stdout } = await promisify(execFile)(command, [...args, CHECK], {
    timeout: CHECK_LIMIT_MS,
    cwd: '/',
  });
  if (stdout !== CHECK_ANSWER) throw new Error(`it answers ${JSON.stringify(stdout.slice(0, 100))}`);
}

export interface BecomeOptions extends HandOver {
  readonly path: string;
  readonly pipeDescriptors: readonly number[];
  readonly folder: string;
}

/** Does not return. Throws where it cannot be done; then this program goes on. */
export function become({ command, args }: SupervisorCommand, options: BecomeOptions): never {
  const { path, pipeDescriptors, folder, startedAt, plan, processes } = options;
  const supervisor = identify(process.pid);
  if (supervisor === undefined) throw new Error('/proc is not mounted: the supervisor needs it');
  const keeper = spawn('/bin/sleep', [`${KEEPER_S}`], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', ...pipeDescriptors],
    cwd: '/',
    env: {},
  });
  keeper.on('error', () => {});
  const kept = keeper.pid === undefined ? undefined : identify(keeper.pid);
  if (kept === undefined) throw new Error('/bin/sleep cannot be started, which would hold the pipes open');
  const file: HandOverFile = { format: FORMAT, supervisor, keeper: kept, startedAt, plan, processes };
  writeFileSync(path, JSON.stringify(file), { mode: 0o600 });
  process.execve?.(command, [command, ...args, folder], process.env);
  throw new Error('this Node cannot replace its program');
}

/** What the program before left for this process. Undefined where there is none, or it is for another one, which was killed before it read it. */
export function receive(path: string): (HandOver & { readonly done: () => void }) | undefined {
  let file: HandOverFile;
  try {
    file = JSON.parse(readFileSync(path, 'utf8')) as HandOverFile;
  } catch {
    return undefined;
  } finally {
    rmSync(path, { force: true });
  }
  if (file.format !== FORMAT || !isDeepStrictEqual(file.supervisor, identify(process.pid))) return undefined;
  const { keeper } = file;
  return {
    ...file,
    done: () => {
      if (keeper !== undefined && isAlive(keeper)) process.kill(keeper.pid, 'SIGKILL');
    },
  };
}

/**
 * One life of a process: started by this supervisor, or by the program that it was before (`hand-over.ts`), in which case nobody tells it of the end and it has to look.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { type Clock, sleep } from '#kernel/clock.ts';
import type { ChildMessage, ProcessDefinition } from './definition.ts';
import { isAlive, type ProcessIdentity } from './process-table.ts';

/** Between two looks at a process that is not our child by the word of Node. */
const LOOK_MS = 250;
/** Fields of /proc/<pid>/stat after the name, see proc(5): the state is the first, the exit code the fiftieth. */
const EXIT_CODE = 49;

export interface Running {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Resolves with how it ended. Never rejects. */
  readonly ended: Promise<string>;
  readonly isOver: boolean;
  kill(signal: NodeJS.Signals): void;
}

export interface StartOptions {
  /** Where it writes; undefined: nowhere. */
  readonly output: number;
  /** Where it speaks. Undefined where it does not, or speaks to its parent in the way of Node. */
  readonly words: number | undefined;
  readonly env: Readonly<Record<string, string>>;
  onMessage(message: ChildMessage): void;
}

/** Starts it. */
export function start(
  definition: ProcessDefinition,
  { output, words, env, onMessage }: StartOptions,
): Running {
  const { command, args, cwd, uid, gid, ready } = definition;
  const speaks: readonly (number | 'ipc')[] =
    words !== undefined ? [words] : ready.type === 'message' ? ['ipc'] : [];
  const child: ChildProcess = spawn(command, [...args], {
    cwd,
    env: { ...env },
    // A session of its own: an interrupt typed at the terminal reaches the supervisor only, which stops in order.
    detached: true,
    stdio: ['ignore', output, output, ...speaks],
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  child.on('message', (message: ChildMessage) => onMessage(message));
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code === null ? `signal ${signal}` : `exit ${code}`));
  });
  return {
    pid: child.pid,
    ended,
    get isOver() {
      return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
    },
    kill: (signal) => void child.kill(signal),
  };
}

/** One that runs already. */
export function takeOver(identity: ProcessIdentity, clock: Clock): Running {
  const { pid } = identity;
  const watch = async () => {
    while (isAlive(identity)) await sleep(clock, LOOK_MS);
    return howItEnded(pid);
  };
  return {
    pid,
    ended: watch(),
    get isOver() {
      return !isAlive(identity);
    },
    kill(signal) {
      try {
        // Nobody has waited for it, so its number is nobody else's, even if it ended just now.
        process.kill(pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    },
  };
}

/** As the kernel keeps it for the parent: what `waitpid` would give. */
function howItEnded(pid: number): string {
  let status: number;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    status = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[EXIT_CODE]);
  } catch {
    return 'nobody knows how';
  }
  const signal = status & 0x7f;
  if (signal === 0) return `exit ${status >> 8}`;
  const [name] = Object.entries(constants.signals).find(([, number]) => number === signal) ?? [];
  return `signal ${name ?? signal}`;
}

/**
 * Finds and ends what a supervisor left running when it was killed: the state file says what it had started.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { type Clock, sleep } from '#kernel/clock.ts';
import type { ProcessDefinition } from './definition.ts';
import { isAlive, type ProcessIdentity } from './process-table.ts';

const POLL_MS = 25;

/** One running process in the state file. */
export interface OwnedProcess {
  readonly name: string;
  readonly identity: ProcessIdentity;
  readonly stop: Pick<ProcessDefinition['stop'], 'signal' | 'grace_ms'>;
}

export interface SupervisorState {
  readonly supervisor: ProcessIdentity;
  /** In the order they were defined; they are ended in reverse. */
  readonly processes: readonly OwnedProcess[];
}

/** Synchronous, so that no process runs for longer than a moment without being in the file. */
export function writeState(path: string, state: SupervisorState): void {
  writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export async function readState(path: string): Promise<SupervisorState | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as SupervisorState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    // A state file cut short by a power failure tells nothing; after a restart nothing is left running either.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What the state file names that still runs. */
export async function leftovers(path: string): Promise<readonly OwnedProcess[]> {
  const state = await readState(path);
  return state?.processes.filter((process) => isAlive(process.identity)) ?? [];
}

/** Ends them, last started first, and removes the state file. Returns the names of those it ended. */
export async function endLeftovers(path: string, clock: Clock): Promise<readonly string[]> {
  const found = await leftovers(path);
  for (const { identity, stop } of found.toReversed()) {
    signal(identity, stop.signal);
    const deadline_ms = clock.now() + stop.grace_ms;
    while (isAlive(identity)) {
      if (clock.now() >= deadline_ms) signal(identity, 'SIGKILL');
      await sleep(clock, POLL_MS);
    }
  }
  await rm(path, { force: true });
  return found.map((process) => process.name);
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  try {
    if (isAlive(identity)) process.kill(identity.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

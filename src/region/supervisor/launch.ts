/**
 * Starts a supervisor in the background, and talks to one that runs. The only way in for the rest of Casemate.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, sleep } from '#kernel/clock.ts';
import type { Layout } from '../layout.ts';
import { supervisorCommand } from './command.ts';
import { askStatus, askStop, askTrial } from './control.ts';
import type { ProcessStatus, SupervisorPlan, SupervisorStatus } from './definition.ts';
import { endLeftovers } from './leftovers.ts';
import type { TrialRequest } from './trial.ts';

const POLL_MS = 20;
const ANSWER_LIMIT_MS = 30_000;
// A supervisor that was killed holds its lock until the kernel has taken all of it away.
const LOCK_WAIT_S = '2';
// flock's exit code when somebody else holds the lock.
const LOCKED = 75;
// The lock is what it has as its standard input: so it keeps it also when it becomes another program.
const LOCK_AND_RUN = `flock --timeout ${LOCK_WAIT_S} --conflict-exit-code ${LOCKED} 0 || exit $?; exec "$@"`;

export interface SupervisorHandle {
  readonly pid: number;
  /** Resolves with its exit code. Only of use while this process lives. */
  readonly ended: Promise<number | null>;
}

/** Starts the supervisor; resolves when its control socket answers. */
export async function launchSupervisor(
  layout: Layout,
  plan: SupervisorPlan,
  clock: Clock,
): Promise<SupervisorHandle> {
  writeFileSync(layout.run.plan, JSON.stringify(plan, null, 2), { mode: 0o600 });
  const output = openSync(join(layout.logs, 'supervisor.log'), 'a', 0o640);
  const lock = openSync(layout.run.lock, 'a', 0o600);
  const { command, args } = supervisorCommand();
  const child = spawn('sh', ['-c', LOCK_AND_RUN, 'sh', command, ...args, layout.run.folder], {
    detached: true,
    stdio: [lock, output, output],
    cwd: '/',
  });
  closeSync(output);
  closeSync(lock);
  child.unref();
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  let code: number | null | undefined;
  void ended.then((value) => {
    code = value;
  });
  const deadline_ms = clock.now() + ANSWER_LIMIT_MS;
  while (clock.now() < deadline_ms) {
    if (code === LOCKED) throw new Error(`another supervisor holds ${layout.data}; try again in a moment`);
    if (code !== undefined) break;
    const status = await askStatus(layout.run.control);
    if (status !== undefined && status.pid === child.pid) return { pid: status.pid, ended };
    await sleep(clock, POLL_MS);
  }
  throw new Error(`the supervisor did not start: see ${join(layout.logs, 'supervisor.log')}`);
}

export function supervisorStatus(layout: Layout): Promise<SupervisorStatus | undefined> {
  return askStatus(layout.run.control);
}

/** Stops everything of the region, also when its supervisor was killed. Returns false when nothing ran. */
export async function stopSupervisor(layout: Layout, clock: Clock): Promise<boolean> {
  if (await askStop(layout.run.control)) {
    // The answer comes just before the end; the lock is free only after it.
    await lockIsFree(layout);
    return true;
  }
  return (await endLeftovers(layout.run.state, clock)).length > 0;
}

/**
 * Has the supervisor go over to another plan, and back by itself unless `confirmTrial` comes in time. Resolves when what must go has gone. Throws when no supervisor
 * is there, when another plan is on trial, or when this one can never run.
 */
export async function beginTrial(layout: Layout, request: TrialRequest): Promise<void> {
  writeFileSync(layout.run.trial, JSON.stringify(request), { mode: 0o600 });
  if ((await askTrial(layout.run.control, 'trial')) === undefined)
    throw new Error(`no supervisor runs in ${layout.data}`);
}

/** The plan on trial stays. False when it is not on trial any more: then the one before runs. */
export const confirmTrial = async (layout: Layout): Promise<boolean> =>
  (await askTrial(layout.run.control, 'confirm')) === true;

/** Back to the plan before, at once. Resolves when its processes have been told to start. */
export async function revertTrial(layout: Layout): Promise<void> {
  await askTrial(layout.run.control, 'revert');
}

async function lockIsFree(layout: Layout): Promise<void> {
  const child = spawn('flock', ['--timeout', '30', layout.run.lock, 'true'], { stdio: 'ignore' });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
}

export interface WaitOptions {
  readonly limit_ms: number;
  /** Called when a process comes into another state. */
  onChange(status: ProcessStatus): void;
}

/** Waits until every process that is not optional is ready. Throws with what is wrong when that takes too long. */
export async function waitUntilReady(
  layout: Layout,
  clock: Clock,
  { limit_ms, onChange }: WaitOptions,
): Promise<SupervisorStatus> {
  const deadline_ms = clock.now() + limit_ms;
  const seen = new Map<string, string>();
  for (;;) {
    const status = await askStatus(layout.run.control);
    if (status === undefined) {
      throw new Error(`the supervisor ended: see ${join(layout.logs, 'supervisor.log')}`);
    }
    for (const process of status.processes) {
      if (seen.get(process.name) === process.state) continue;
      seen.set(process.name, process.state);
      onChange(process);
    }
    const waiting = status.processes.filter((process) => process.state !== 'ready' && !process.optional);
    if (waiting.length === 0) return status;
    const failing = waiting.find((process) => process.restarts >= START_ATTEMPTS);
    if (failing !== undefined || clock.now() >= deadline_ms)
      throw new NotReadyError(layout, failing ? [failing] : waiting);
    await sleep(clock, POLL_MS);
  }
}

// After this many starts in a row without becoming ready, waiting longer tells a person nothing new.
const START_ATTEMPTS = 3;

export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
  /** Log files that should say why. */
  readonly logs: readonly string[];

  constructor(layout: Layout, waiting: readonly ProcessStatus[]) {
    const lines = waiting.map(
      ({ name, state, lastFailure }) => `${name} is ${state}${lastFailure ? `: ${lastFailure}` : ''}`,
    );
    super(`the region is not ready: ${lines.join('; ')}`);
    this.logs = waiting.map(({ name }) => join(layout.logs, `${name}.log`));
  }
}

/**
 * The supervisor's own process: `node main.ts RUN_FOLDER`, started by `launch.ts` with the lock of the data folder as its standard input, so that two can never own
 * one; or by another release's program that becomes this one (`hand-over.ts`). Must stay small: it lives as long as the region, and imports nothing it does not need.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '#kernel/clock.ts';
import { collectWhenIdle } from '#kernel/idle-memory.ts';
import { wakefulClock } from '../clock.ts';
import { PROGRAM_FOLDER, programVersion } from '../program-folder.ts';
import { confinement } from './confinement.ts';
import { serveControl } from './control.ts';
import type { SupervisorPlan } from './definition.ts';
import { become, CHECK, CHECK_ANSWER, checkProgram, receive, wantedProgram } from './hand-over.ts';
import { endLeftovers, type OwnedProcess, writeState } from './leftovers.ts';
import { LogFile } from './log-file.ts';
import { OnDemand } from './on-demand.ts';
import { identify } from './process-table.ts';
import { showProcesses } from './shown.ts';
import { Supervisor } from './supervisor.ts';
import { type TrialRequest, Trials } from './trial.ts';

const folder = process.argv[2];
if (folder === undefined) throw new TypeError('usage: main.ts RUN_FOLDER');
if (folder === CHECK) {
  // All that it is made of is loaded by now.
  process.stdout.write(CHECK_ANSWER);
  process.exit(0);
}
const handOverPath = join(folder, 'hand-over.json');
const received = receive(handOverPath);
const statePath = join(folder, 'state.json');
const controlPath = join(folder, 'supervisor.sock');
const shownPath = join(folder, 'processes.json');
const plan =
  received?.plan ?? (JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')) as SupervisorPlan);
const log = new LogFile(join(plan.logs, 'supervisor.log'));
const note = (text: string) => log.line(`${new Date(wakefulClock.now()).toISOString()} ${text}`);

process.on('uncaughtException', (error) => {
  // The children run on; the next `up` finds them by the state file and starts over in order.
  note(`fault: ${error.stack ?? error}`);
  process.exit(70);
});

const self = identify(process.pid);
if (self === undefined) throw new Error('/proc is not mounted: the supervisor needs it');
const startedAt = received?.startedAt ?? new Date(wakefulClock.now()).toISOString();
const program = { version: programVersion(), folder: PROGRAM_FOLDER };
function saveState(): void {
  const definitions = new Map(supervisor.definitions().map((definition) => [definition.name, definition]));
  const processes: OwnedProcess[] = [];
  for (const status of supervisor.status()) {
    const identity = status.pid === undefined ? undefined : identify(status.pid);
    const definition = definitions.get(status.name);
    if (identity === undefined || definition === undefined) continue;
    const { signal, grace_ms } = definition.stop;
    processes.push({ name: status.name, identity, stop: { signal, grace_ms } });
  }
  if (self !== undefined) writeState(statePath, { supervisor: self, processes });
  showProcesses(shownPath, supervisor.status());
}

// First of all, so that nothing it starts is ever outside.
if (plan.controlGroups !== undefined) confinement(plan.controlGroups, 'supervisor', note)(process.pid);
const ended = received === undefined ? await endLeftovers(statePath, wakefulClock) : [];
if (ended.length > 0) note(`ended what a killed supervisor had left: ${ended.join(', ')}`);

const supervisor: Supervisor = new Supervisor(plan, {
  clock: wakefulClock,
  folder,
  ...(received === undefined ? {} : { handed: received.processes }),
  onChange() {
    saveState();
    if (isProgramDue) void changeProgram();
  },
});
const onDemand = new OnDemand();
const trials = new Trials({
  plan,
  clock: wakefulClock,
  adopt: async (next, options) => {
    await onDemand.adopt(next);
    await supervisor.adopt(next, options);
  },
  note,
});

/** A plan was confirmed that names another program, which is to be this one as soon as nothing is under way. */
let isProgramDue = false;
let isChanging = false;

async function changeProgram(): Promise<void> {
  const wanted = wantedProgram(trials.plan);
  if (isChanging || wanted === undefined || !canChange()) return;
  isChanging = true;
  isProgramDue = false;
  try {
    await checkProgram(wanted);
    // A receiver goes on where it was.
    await onDemand.stop();
    isProgramDue = !canChange();
    if (!isProgramDue) {
      saveState();
      note(`becoming ${wanted.command} ${wanted.args.join(' ')}`);
      become(wanted, {
        path: handOverPath,
        pipeDescriptors: supervisor.pipeDescriptors,
        folder: folder ?? '',
        startedAt,
        plan: trials.plan,
        processes: supervisor.handOver(),
      });
    }
  } catch (error) {
    note(`stays the program that it is: ${error instanceof Error ? error.message : String(error)}`);
  }
  rmSync(handOverPath, { force: true });
  if (stopping === undefined) await onDemand.adopt(trials.plan);
  isChanging = false;
}

const canChange = (): boolean => stopping === undefined && !trials.isOnTrial && supervisor.isSettled;

let stopping: Promise<void> | undefined;
function stop(reason: string): Promise<void> {
  stopping ??= (async () => {
    note(`stopping: ${reason}`);
    await supervisor.stop();
    await onDemand.stop();
    for (const path of [statePath, shownPath, controlPath]) rmSync(path, { force: true });
    note('stopped');
    // After the answer to `stop` has gone out.
    setImmediate(() => process.exit(0));
  })();
  return stopping;
}

await serveControl(controlPath, {
  status: () => ({
    pid: process.pid,
    startedAt,
    digest: trials.digest,
    onTrial: trials.isOnTrial,
    memory_bytes: process.memoryUsage.rss(),
    program,
    processes: supervisor.status(),
  }),
  stop: () => stop('asked to'),
  trial: () => trials.begin(JSON.parse(readFileSync(join(folder, 'trial.json'), 'utf8')) as TrialRequest),
  confirm() {
    const isConfirmed = trials.confirm();
    isProgramDue ||= isConfirmed;
    // After the answer has gone out.
    if (isConfirmed) setImmediate(() => void changeProgram());
    return isConfirmed;
  },
  revert: () => trials.revert('asked to'),
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
// Outlives the terminal it was started from.
process.on('SIGHUP', () => {});
collectWhenIdle(systemClock);
note(
  `${received === undefined ? 'started' : 'took over'}, Casemate ${program.version}, pid ${process.pid}, plan ${plan.digest}`,
);
await onDemand.adopt(plan);
supervisor.start();
if (received !== undefined) {
  received.done();
  saveState();
}

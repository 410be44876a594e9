/** A supervisor's program of another release, and a region that goes over to it. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { wakefulClock } from '../../clock.ts';
import type { Layout } from '../../layout.ts';
import { PROGRAM_FOLDER } from '../../program.ts';
import { supervisorCommand } from '../command.ts';
import type { ProcessDefinition, SupervisorPlan } from '../definition.ts';
import { beginTrial, confirmTrial, launchSupervisor, supervisorStatus } from '../launch.ts';
import { leftovers } from '../leftovers.ts';
import { identify } from '../process-table.ts';
import { openLayout, planOf, script, until, untilReady } from './scripts.ts';

const PARTS = [
  'package.json',
  'src/engines/nftables/seal/control-group.ts',
  'src/kernel/clock.ts',
  'src/kernel/idle-memory.ts',
  'src/kernel/local-socket.ts',
  'src/region/clock.ts',
  'src/region/node-flags.ts',
  'src/region/owner-copy.ts',
  'src/region/program-folder.ts',
  'src/region/supervisor',
];
const MAIN = 'src/region/supervisor/main.ts';

/** What a supervisor needs of this program, somewhere else, as another version; `change` is what is different in its main file. */
export function otherProgram(
  layout: Layout,
  version: string,
  change: readonly [string, string] = ['', ''],
): SupervisorPlan['supervisor'] {
  const folder = join(layout.data, version);
  for (const part of PARTS) cpSync(join(PROGRAM_FOLDER, part), join(folder, part), { recursive: true });
  const edit = (path: string, from: string | RegExp, to: string) => {
    const text = readFileSync(join(folder, path), 'utf8');
    const changed = text.replace(from, () => to);
    assert.ok(changed !== text || from === to, `${path} has no ${from}`);
    writeFileSync(join(folder, path), changed);
  };
  edit('package.json', /"version": "[^"]+"/, `"version": "${version}"`);
  edit(MAIN, ...change);
  const { command, args } = supervisorCommand();
  return { command, args: args.map((arg) => arg.replace(PROGRAM_FOLDER, folder)) };
}

/** Counts, and says so in lines, 20 a second. */
const COUNTS =
  "trap 'echo stop database >> history; exit 0' TERM; touch database.ready; n=0; while :; do n=$((n+1)); echo line $n; sleep 0.05; done";
/** Says that it is ready, and what it has to say, as our own processes do. */
const SPEAKS = `trap 'echo stop region >> history; exit 0' TERM; echo '{"ready":true,"notes":["first"]}' >&3; until [ -e speak ]; do sleep 0.05; done; echo '{"notes":["second"]}' >&3; while :; do sleep 0.05; done`;

export async function openRegion(t: TestContext) {
  const layout = openLayout(t);
  const database = script(layout, 'database', COUNTS);
  const region: ProcessDefinition = {
    ...script(layout, 'region', SPEAKS, { after: ['database'] }),
    ready: { type: 'message' },
    speaks: true,
  };
  const plan = (digest: string, supervisor: SupervisorPlan['supervisor']): SupervisorPlan => ({
    ...planOf(layout, database, region),
    digest,
    ...(supervisor === undefined ? {} : { supervisor }),
  });
  const old = plan('old', supervisorCommand());
  await launchSupervisor(layout, old, wakefulClock);
  const before = await untilReady(layout);
  const confirm = async (next: SupervisorPlan) => {
    const commit = { path: join(layout.data, 'current'), text: next.digest };
    await beginTrial(layout, { plan: next, limit_ms: 60_000, commit });
    assert.equal(await confirmTrial(layout), true);
  };
  return { layout, plan, old, before, confirm };
}

const DIES = "process.kill(process.pid, 'SIGKILL');";

/** Killed before a line of the main file of the program that it becomes, it leaves all running that ran, and the next supervisor starts over. */
export async function killedBefore(t: TestContext, lines: readonly string[]): Promise<void> {
  const { layout, old, plan, confirm } = await openRegion(t);
  for (const [index, line] of lines.entries()) {
    const version = `9.1.${index}`;
    const { pid, processes } = await untilReady(layout);
    await confirm(plan(version, otherProgram(layout, version, [line, `${DIES}\n${line}`])));
    await until('it is gone', () => identify(pid) === undefined);
    assert.equal(await supervisorStatus(layout), undefined);
    const left = await leftovers(layout.run.state);
    assert.deepEqual(
      left.map(({ identity }) => identity.pid),
      processes.map((one) => one.pid),
      line,
    );
    await launchSupervisor(layout, old, wakefulClock);
    await untilReady(layout);
    for (const { identity } of left) assert.equal(identify(identity.pid), undefined, line);
  }
}

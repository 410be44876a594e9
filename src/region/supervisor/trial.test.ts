/** Plans on trial, with a real supervisor and real processes. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { wakefulClock } from '../clock.ts';
import type { Layout } from '../layout.ts';
import type { ProcessDefinition, SupervisorPlan } from './definition.ts';
import { beginTrial, confirmTrial, launchSupervisor, revertTrial, supervisorStatus } from './launch.ts';
import { mustRestart } from './must-restart.ts';
import { identify } from './process-table.ts';
import {
  history,
  openLayout,
  planOf,
  processOf,
  script,
  until,
  untilReady,
  wellBehaved,
} from './testing/scripts.ts';
import type { TrialRequest } from './trial.ts';

/** A database that both plans have, and a program that differs. */
async function openRegion(t: TestContext) {
  const layout = openLayout(t);
  const database = script(layout, 'database', wellBehaved('database'));
  const region = (body: string, more: Partial<ProcessDefinition> = {}) =>
    script(layout, 'region', body, { after: ['database'], ...more });
  const plan = (digest: string, ...processes: ProcessDefinition[]): SupervisorPlan => ({
    ...planOf(layout, ...processes),
    digest,
  });
  const old = plan('old', region(wellBehaved('region')), database);
  await launchSupervisor(layout, old, wakefulClock);
  await untilReady(layout);
  return { layout, database, region, plan, old };
}

const requestOf = (layout: Layout, plan: SupervisorPlan, limit_ms = 60_000): TrialRequest => ({
  plan,
  limit_ms,
  commit: { path: join(layout.data, 'current'), text: plan.digest },
});

const SAYS_NEW = `echo start new >> history; trap 'echo stop new >> history; exit 0' TERM; touch region.ready; while :; do sleep 0.05; done`;

test('a plan on trial replaces only what differs, and stays once it is confirmed', async (t) => {
  const { layout, database, region, plan } = await openRegion(t);
  const before = await supervisorStatus(layout);
  const cleared = {
    ...database,
    prepare: { command: '/bin/true', args: [] },
    env: { ...database.env, NODE_COMPILE_CACHE: '/elsewhere' },
  };
  await beginTrial(layout, requestOf(layout, plan('new', region(SAYS_NEW), cleared)));
  const onTrial = await untilReady(layout);
  assert.deepEqual([onTrial.digest, onTrial.onTrial], ['new', true]);
  assert.equal(processOf(onTrial, 'database')?.pid, processOf(before, 'database')?.pid);
  assert.notEqual(processOf(onTrial, 'region')?.pid, processOf(before, 'region')?.pid);
  assert.ok(!existsSync(join(layout.data, 'current')));
  assert.equal(await confirmTrial(layout), true);
  assert.equal(readFileSync(join(layout.data, 'current'), 'utf8'), 'new');
  const after = await supervisorStatus(layout);
  assert.deepEqual([after?.digest, after?.onTrial], ['new', false]);
  assert.equal(await confirmTrial(layout), false);
  await revertTrial(layout);
  assert.equal((await supervisorStatus(layout))?.digest, 'new');
  assert.deepEqual(history(layout), ['start database', 'start region', 'stop region', 'start new']);
});

test('a plan that nobody confirms goes away by itself, also when it does not heed signals', async (t) => {
  const { layout, database, region, plan, old } = await openRegion(t);
  const hangs = region("trap '' TERM; echo hangs >> history; while :; do sleep 0.05; done");
  await beginTrial(layout, requestOf(layout, plan('new', hangs, database), 300));
  await until('the old plan runs', async () => (await supervisorStatus(layout))?.digest === old.digest);
  await untilReady(layout);
  assert.equal(await confirmTrial(layout), false);
  assert.ok(!existsSync(join(layout.data, 'current')));
  assert.deepEqual(history(layout), [
    'start database',
    'start region',
    'stop region',
    'hangs',
    'start region',
  ]);
});

test('a plan is taken back at once when somebody says so, with what only it had', async (t) => {
  const { layout, database, region, plan, old } = await openRegion(t);
  const extra = script(layout, 'extra', wellBehaved('extra'));
  await beginTrial(layout, requestOf(layout, plan('new', region(SAYS_NEW), database, extra)));
  await untilReady(layout);
  const pid = processOf(await supervisorStatus(layout), 'extra')?.pid ?? 0;
  await revertTrial(layout);
  const status = await untilReady(layout);
  assert.equal(status.digest, old.digest);
  assert.deepEqual(
    status.processes.map(({ name }) => name),
    ['region', 'database'],
  );
  assert.equal(identify(pid), undefined);
});

test('two plans are never on trial, and one that can never run changes nothing', async (t) => {
  const { layout, database, region, plan, old } = await openRegion(t);
  await assert.rejects(
    beginTrial(layout, requestOf(layout, plan('alone', region(SAYS_NEW)))),
    /region waits for database, which is not in the plan/,
  );
  const untouched = await supervisorStatus(layout);
  assert.deepEqual([untouched?.digest, untouched?.onTrial], [old.digest, false]);
  await beginTrial(layout, requestOf(layout, plan('new', region(SAYS_NEW), database)));
  await assert.rejects(
    beginTrial(layout, requestOf(layout, plan('newer', region(SAYS_NEW), database))),
    /another plan is on trial/,
  );
  assert.equal((await supervisorStatus(layout))?.digest, 'new');
});

test('after a supervisor is killed in the middle of a trial, the next one starts what it is told to', async (t) => {
  const { layout, database, region, plan, old } = await openRegion(t);
  await beginTrial(layout, requestOf(layout, plan('new', region(SAYS_NEW), database)));
  const onTrial = await untilReady(layout);
  const program = processOf(onTrial, 'region')?.pid ?? 0;
  process.kill(onTrial.pid, 'SIGKILL');
  await until('the supervisor is gone', () => identify(onTrial.pid) === undefined);
  await launchSupervisor(layout, old, wakefulClock);
  await untilReady(layout);
  assert.equal(identify(program), undefined);
  assert.ok(!existsSync(join(layout.data, 'current')));
});

test('a confirmation that cannot be written does not count', async (t) => {
  const { layout, database, region, plan, old } = await openRegion(t);
  const commit = { path: join(layout.data, 'missing/current'), text: 'new' };
  await beginTrial(layout, {
    ...requestOf(layout, plan('new', region(SAYS_NEW), database), 1_000),
    commit,
  });
  await assert.rejects(confirmTrial(layout), /ENOENT/);
  await until('the old plan runs', async () => (await supervisorStatus(layout))?.digest === old.digest);
});

test('what only counts at the next start does not restart a process', () => {
  const database: ProcessDefinition = {
    name: 'database',
    command: 'postgres',
    args: ['-D', 'cluster'],
    env: { LC_ALL: 'C', NODE_COMPILE_CACHE: '/a' },
    cwd: '/',
    after: [],
    ready: { type: 'socket', path: '/s' },
    startLimit_ms: 1,
    stop: { signal: 'SIGINT', grace_ms: 1 },
  };
  const next = { ...database, env: { LC_ALL: 'C' }, startLimit_ms: 2, prepare: { command: 'a', args: [] } };
  assert.equal(mustRestart(database, next), false);
  for (const change of [
    { command: 'other' },
    { args: [] },
    { env: {} },
    { cwd: '/tmp' },
    { uid: 5 },
    { gid: 5 },
  ])
    assert.equal(mustRestart(database, { ...database, ...change }), true, JSON.stringify(change));
});

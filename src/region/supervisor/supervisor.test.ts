/** The supervisor with real processes: small shell scripts that do what is asked of them. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { wakefulClock } from '../clock.ts';
import { layoutOf } from '../layout.ts';
import type { ProcessDefinition } from './definition.ts';
import { launchSupervisor, NotReadyError, stopSupervisor, supervisorStatus } from './launch.ts';
import { leftovers } from './leftovers.ts';
import { identify, isAlive } from './process-table.ts';
import { checkOrder } from './supervisor.ts';
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

test('processes start after those they wait for and stop before them', async (t) => {
  const layout = openLayout(t);
  const plan = planOf(
    layout,
    script(layout, 'region', wellBehaved('region'), { after: ['database', 'engine'] }),
    script(layout, 'engine', wellBehaved('engine'), { after: ['database'] }),
    script(layout, 'database', wellBehaved('database')),
  );
  await launchSupervisor(layout, plan, wakefulClock);
  const status = await untilReady(layout);
  assert.deepEqual(
    status.processes.map(({ name, state }) => [name, state]),
    [
      ['region', 'ready'],
      ['engine', 'ready'],
      ['database', 'ready'],
    ],
  );
  assert.equal(await stopSupervisor(layout, wakefulClock), true);
  assert.deepEqual(history(layout), [
    'start database',
    'start engine',
    'start region',
    'stop region',
    'stop engine',
    'stop database',
  ]);
  assert.equal(await stopSupervisor(layout, wakefulClock), false);
});

test('what a process says last, as it is stopped, is in its log', async (t) => {
  const layout = openLayout(t);
  const words = 'seq 1 2000; echo last words; exit 0';
  const body = `trap '${words}' TERM; touch a.ready; while :; do sleep 0.05; done`;
  await launchSupervisor(layout, planOf(layout, script(layout, 'a', body)), wakefulClock);
  await untilReady(layout);
  await stopSupervisor(layout, wakefulClock);
  const log = readFileSync(join(layout.logs, 'a.log'), 'utf8');
  assert.match(log, /\n2000\nlast words\n/);
});

test('a process that dies is started again, and others are left alone', async (t) => {
  const layout = openLayout(t);
  await launchSupervisor(
    layout,
    planOf(layout, script(layout, 'a', wellBehaved('a')), script(layout, 'b', wellBehaved('b'))),
    wakefulClock,
  );
  const before = await untilReady(layout);
  const killed = processOf(before, 'a')?.pid ?? 0;
  process.kill(killed, 'SIGKILL');
  await until('a runs again', async () => {
    const now = processOf(await supervisorStatus(layout), 'a');
    return now?.state === 'ready' && now.pid !== killed;
  });
  const after = await supervisorStatus(layout);
  assert.equal(processOf(after, 'a')?.restarts, 1);
  assert.equal(processOf(after, 'a')?.lastFailure, 'ended: signal SIGKILL');
  assert.equal(processOf(after, 'b')?.pid, processOf(before, 'b')?.pid);
});

test('a process that says why it fails is told of with that, while it runs and after it has ended', async (t) => {
  const layout = openLayout(t);
  const words = `echo '{"failing":"the disk stands still"}' >&3; touch a.told`;
  const body = `test -e a.told || { touch a.ready; while ! test -e a.fail; do sleep 0.05; done; ${words}; }; while ! test -e a.go; do sleep 0.05; done; rm a.go; exit 1`;
  await launchSupervisor(layout, planOf(layout, script(layout, 'a', body, { speaks: true })), wakefulClock);
  await untilReady(layout);
  writeFileSync(join(layout.data, 'a.fail'), '');
  await until('it is told', async () => {
    const now = processOf(await supervisorStatus(layout), 'a');
    return now?.state === 'ready' && now.failing === 'the disk stands still' && now.wrongSince !== undefined;
  });
  writeFileSync(join(layout.data, 'a.go'), '');
  await until('it runs again', async () => {
    const now = processOf(await supervisorStatus(layout), 'a');
    return now?.restarts === 1 && now.state === 'ready' && now.failing === undefined;
  });
  assert.equal(processOf(await supervisorStatus(layout), 'a')?.wrongSince, undefined);
  const { lastFailure } = processOf(await supervisorStatus(layout), 'a') ?? {};
  assert.equal(lastFailure, 'ended: exit 1: the disk stands still');
});

test('a process that does not come up is wrong since it first failed, however often it is tried, until it is ready', async (t) => {
  const layout = openLayout(t);
  const body = `test -e a.mended || exit 3; ${wellBehaved('a')}`;
  await launchSupervisor(layout, planOf(layout, script(layout, 'a', body)), wakefulClock);
  const now = async () => processOf(await supervisorStatus(layout), 'a');
  await until('it failed', async () => (await now())?.wrongSince !== undefined);
  const first = (await now())?.wrongSince;
  await until('it failed again and again', async () => ((await now())?.restarts ?? 0) >= 2);
  assert.equal((await now())?.wrongSince, first);
  writeFileSync(join(layout.data, 'a.mended'), '');
  await until('it is ready', async () => (await now())?.state === 'ready');
  assert.equal((await now())?.wrongSince, undefined);
});

test('a process that never becomes ready fails the start with its reason and its log', async (t) => {
  const layout = openLayout(t);
  await launchSupervisor(
    layout,
    planOf(layout, script(layout, 'broken', 'echo the disk is full; exit 3')),
    wakefulClock,
  );
  await assert.rejects(untilReady(layout), (error) => {
    assert.ok(error instanceof NotReadyError);
    assert.match(error.message, /broken is \w+: ended before it was ready: exit 3/);
    assert.deepEqual(error.logs, [join(layout.logs, 'broken.log')]);
    return true;
  });
  assert.match(readFileSync(join(layout.logs, 'broken.log'), 'utf8'), /^the disk is full$/m);
});

test('an optional process holds nothing up', async (t) => {
  const layout = openLayout(t);
  await launchSupervisor(
    layout,
    planOf(
      layout,
      script(layout, 'extra', 'exit 1', { optional: true }),
      script(layout, 'main', wellBehaved('main')),
    ),
    wakefulClock,
  );
  assert.equal(processOf(await untilReady(layout), 'main')?.state, 'ready');
});

test('a process that does not heed its signal is killed after its grace', async (t) => {
  const layout = openLayout(t);
  const deaf = script(layout, 'deaf', "trap '' TERM; touch deaf.ready; while :; do sleep 0.05; done", {
    stop: { signal: 'SIGTERM', grace_ms: 200 },
  });
  await launchSupervisor(layout, planOf(layout, deaf), wakefulClock);
  const pid = processOf(await untilReady(layout), 'deaf')?.pid ?? 0;
  await stopSupervisor(layout, wakefulClock);
  assert.equal(identify(pid), undefined);
});

test('two supervisors never own one data folder', async (t) => {
  const layout = openLayout(t);
  const plan = planOf(layout, script(layout, 'a', wellBehaved('a')));
  await launchSupervisor(layout, plan, wakefulClock);
  await untilReady(layout);
  await assert.rejects(launchSupervisor(layout, plan, wakefulClock), /another supervisor holds/);
  assert.equal(processOf(await supervisorStatus(layout), 'a')?.state, 'ready');
  assert.deepEqual(history(layout), ['start a']);
});

test('what a killed supervisor leaves is found, ended, and started anew', async (t) => {
  const layout = openLayout(t);
  const plan = planOf(layout, script(layout, 'a', wellBehaved('a')));
  await launchSupervisor(layout, plan, wakefulClock);
  const before = await untilReady(layout);
  const orphan = identify(processOf(before, 'a')?.pid ?? 0);
  assert.ok(orphan);
  process.kill(before.pid, 'SIGKILL');
  await until('the supervisor is gone', () => identify(before.pid) === undefined);
  assert.deepEqual(
    (await leftovers(layout.run.state)).map(({ name }) => name),
    ['a'],
  );
  await launchSupervisor(layout, plan, wakefulClock);
  await untilReady(layout);
  assert.equal(isAlive(orphan), false);
  assert.deepEqual(history(layout), ['start a', 'stop a', 'start a']);
});

test('what a killed supervisor leaves can be stopped without another one', async (t) => {
  const layout = openLayout(t);
  await launchSupervisor(layout, planOf(layout, script(layout, 'a', wellBehaved('a'))), wakefulClock);
  const before = await untilReady(layout);
  process.kill(before.pid, 'SIGKILL');
  await until('the supervisor is gone', () => identify(before.pid) === undefined);
  assert.equal(await stopSupervisor(layout, wakefulClock), true);
  assert.equal(identify(processOf(before, 'a')?.pid ?? 0), undefined);
});

test('our own processes say themselves when they are ready, and what does not work', async (t) => {
  const layout = openLayout(t);
  const program = join(layout.data, 'program.mjs');
  writeFileSync(program, "process.send({ ready: true, notes: ['no Incus'] }); setInterval(() => {}, 1000);");
  const own: ProcessDefinition = {
    ...script(layout, 'own', ''),
    command: process.execPath,
    args: [program],
    ready: { type: 'message' },
  };
  await launchSupervisor(layout, planOf(layout, own), wakefulClock);
  assert.deepEqual(processOf(await untilReady(layout), 'own')?.notes, ['no Incus']);
});

test('what a process makes for the region’s owner is copied before it counts as ready, and whenever it says so', async (t) => {
  const layout = openLayout(t);
  const program = join(layout.data, 'program.mjs');
  const made = join(layout.data, 'made');
  writeFileSync(
    program,
    `import { writeFileSync } from 'node:fs';
     writeFileSync(${JSON.stringify(made)}, 'first');
     process.send({ ready: true });
     process.on('SIGUSR2', () => {
       writeFileSync(${JSON.stringify(made)}, 'renewed');
       process.send({ handOver: true });
     });
     setInterval(() => {}, 1000);`,
  );
  const to = join(layout.data, 'copy');
  const own: ProcessDefinition = {
    ...script(layout, 'own', ''),
    command: process.execPath,
    args: [program],
    ready: { type: 'message' },
    handsOver: [{ from: made, to }],
  };
  await launchSupervisor(layout, planOf(layout, own), wakefulClock);
  const { pid } = processOf(await untilReady(layout), 'own') ?? {};
  assert.equal(readFileSync(to, 'utf8'), 'first');
  process.kill(pid ?? 0, 'SIGUSR2');
  await until('the copy is renewed', () => readFileSync(to, 'utf8') === 'renewed');
});

test('a plan whose processes wait for each other is refused', () => {
  const layout = layoutOf('/nowhere');
  assert.throws(
    () => checkOrder([script(layout, 'a', '', { after: ['b'] }), script(layout, 'b', '', { after: ['a'] })]),
    /processes wait for each other: a → b → a/,
  );
  assert.throws(
    () => checkOrder([script(layout, 'a', '', { after: ['c'] })]),
    /a waits for c, which is not in the plan/,
  );
});

test('what clears up after a process runs to its end before each of its starts', async (t) => {
  const layout = openLayout(t);
  const clearUp = { command: '/bin/sh', args: ['-c', 'echo clear up >> history'] };
  const plan = planOf(layout, script(layout, 'engine', wellBehaved('engine'), { prepare: clearUp }));
  await launchSupervisor(layout, plan, wakefulClock);
  const first = processOf(await untilReady(layout), 'engine')?.pid ?? 0;
  process.kill(first, 'SIGKILL');
  await until('it is back', async () => {
    const engine = processOf(await supervisorStatus(layout), 'engine');
    return engine?.state === 'ready' && engine.pid !== first && history(layout).length === 4;
  });
  assert.deepEqual(history(layout), ['clear up', 'start engine', 'clear up', 'start engine']);
});

test('what comes at last is run once all have been stopped, and not when one is started again', async (t) => {
  const layout = openLayout(t);
  const atLast = { command: '/bin/sh', args: ['-c', 'echo at last >> history; echo said; exit 3'] };
  const plan = planOf(
    layout,
    script(layout, 'engine', wellBehaved('engine'), { atLast }),
    script(layout, 'after', wellBehaved('after'), { after: ['engine'] }),
  );
  await launchSupervisor(layout, plan, wakefulClock);
  const first = processOf(await untilReady(layout), 'engine')?.pid ?? 0;
  process.kill(first, 'SIGKILL');
  await until('it is back', async () => {
    const engine = processOf(await supervisorStatus(layout), 'engine');
    return engine?.state === 'ready' && engine.pid !== first;
  });
  await stopSupervisor(layout, wakefulClock);
  assert.equal(history(layout).at(-1), 'at last');
  assert.equal(history(layout).filter((line) => line === 'at last').length, 1);
  const log = readFileSync(join(layout.logs, 'engine.log'), 'utf8');
  assert.match(log, /engine: said\n.*engine: Command failed/);
});

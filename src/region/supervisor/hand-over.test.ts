/** A supervisor that becomes the program of another release, with real processes: they notice nothing, nor does whoever asks; and where it is killed meanwhile, the next one starts over. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { wakefulClock } from '../clock.ts';
import type { Layout } from '../layout.ts';
import { launchSupervisor, stopSupervisor, supervisorStatus } from './launch.ts';
import { killedBefore, openRegion, otherProgram } from './testing/other-program.ts';
import { history, processOf, until, untilReady } from './testing/scripts.ts';

const programOf = async (layout: Layout) => (await supervisorStatus(layout))?.program.version;
const logOf = (layout: Layout, name: string) => readFileSync(join(layout.logs, `${name}.log`), 'utf8');

test('a supervisor becomes another program, and back: the same processes run on, are heard, and not a line of them is lost', async (t) => {
  const { layout, plan, old, before, confirm } = await openRegion(t);
  await confirm(plan('new', otherProgram(layout, '9.9.9')));
  await until('it is the other program', async () => (await programOf(layout)) === '9.9.9');
  const after = await untilReady(layout);
  const seen = ({ pid, startedAt, processes }: typeof before) => [
    pid,
    startedAt,
    processes.map(({ name, pid: own, since, restarts, notes }) => [name, own, since, restarts, notes]),
  ];
  assert.deepEqual(seen(after), seen(before));
  assert.equal(after.digest, 'new');
  writeFileSync(join(layout.data, 'speak'), '');
  const says = async () => processOf(await supervisorStatus(layout), 'region')?.notes;
  await until('what it says is heard', async () => (await says())?.[0] === 'second');
  await assert.rejects(launchSupervisor(layout, old, wakefulClock), /another supervisor holds/);
  await confirm(old);
  await until('it is this program again', async () => (await programOf(layout)) !== '9.9.9');
  assert.deepEqual(
    (await untilReady(layout)).processes.map(({ pid }) => pid),
    before.processes.map(({ pid }) => pid),
  );
  const upTo = [...logOf(layout, 'database').matchAll(/^line (\d+)$/gm)].length;
  await until('it writes on', () => [...logOf(layout, 'database').matchAll(/^line (\d+)$/gm)].length > upTo);
  const lines = [...logOf(layout, 'database').matchAll(/^line (\d+)$/gm)].map(([, number]) => Number(number));
  assert.deepEqual(
    lines,
    lines.map((_, index) => index + 1),
  );
});

test('what was taken over is started again when it dies, and stopped in order', async (t) => {
  const { layout, plan, confirm } = await openRegion(t);
  await confirm(plan('new', otherProgram(layout, '9.9.9')));
  await until('it is the other program', async () => (await programOf(layout)) === '9.9.9');
  const killed = processOf(await untilReady(layout), 'region')?.pid ?? 0;
  process.kill(killed, 'SIGKILL');
  await until('it runs again', async () => {
    const now = processOf(await supervisorStatus(layout), 'region');
    return now?.state === 'ready' && now.pid !== killed;
  });
  const region = processOf(await supervisorStatus(layout), 'region');
  assert.deepEqual([region?.lastFailure, region?.restarts], ['ended: signal SIGKILL', 1]);
  assert.equal(await stopSupervisor(layout, wakefulClock), true);
  assert.deepEqual(history(layout), ['stop region', 'stop database']);
});

test('a program that does not load, or does not know how, is not taken; the one that runs goes on', async (t) => {
  const { layout, plan, before, confirm } = await openRegion(t);
  for (const [version, change] of [
    ['9.0.0', ['import { confinement }', 'import { nothing }']],
    ['9.0.1', ['if (folder === CHECK)', "if (folder === '--other')"]],
  ] as const) {
    const wanted = otherProgram(layout, version, change);
    await confirm(plan(version, wanted));
    const told = () => logOf(layout, 'supervisor').split('stays the program that it is').length;
    await until('it says so', () => told() === (version === '9.0.0' ? 2 : 3));
    const after = await untilReady(layout);
    assert.deepEqual([after.pid, after.program, after.digest], [before.pid, before.program, version]);
  }
});

test('killed while it becomes another program, it leaves all running, and the next one starts over', (t) =>
  killedBefore(t, ['const supervisor:']));

/** Upgrades with a real supervisor and real processes: releases that do well, that do not, and a driver that is killed. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PackageFacts } from '#gap/release/facts.ts';
import { readCurrent, readJournal } from '#gap/release/journal.ts';
import { wakefulClock } from '../clock.ts';
import type { Layout } from '../layout.ts';
import { supervisorStatus } from '../supervisor/launch.ts';
import { processOf, untilReady, wellBehaved } from '../supervisor/testing/scripts.ts';
import { drive, type Order } from './drive.ts';
import { plainJudge } from './testing/judge.ts';
import { killedSteps } from './testing/killed.ts';
import { openUpgradeWorld, program, WELL } from './testing/world.ts';

const go = (layout: Layout, order: Order, hold_ms = 50) =>
  drive({
    layout,
    order,
    clock: wakefulClock,
    judge: plainJudge(layout, wakefulClock, hold_ms),
    unsigned: true,
  });

const last = async (layout: Layout) => (await readJournal(layout.releases)).at(-1);

test('a release comes into force, the next one too, and one goes back to each', async (t) => {
  const { layout, publish } = await openUpgradeWorld(t);
  const database = processOf(await supervisorStatus(layout), 'database')?.pid;
  for (const version of ['0.2.0', '0.3.0', '0.4.0', '0.5.0']) {
    assert.equal(await go(layout, await publish(version)), 'Confirmed');
    assert.equal((await untilReady(layout)).digest, version);
  }
  const current = await readCurrent(layout.releases);
  assert.deepEqual(
    [current?.version, current?.before.map(({ version }) => version)],
    ['0.5.0', ['0.4.0', '0.3.0', '0.2.0']],
  );
  const [, , third] = current?.before ?? [];
  assert.ok(third);
  const back: Order = { kind: 'rollback', object: '0.5.0', ...third, by: 'ann', reason: 'people agreed' };
  assert.equal(await go(layout, back), 'Confirmed');
  assert.equal((await untilReady(layout)).digest, '0.2.0');
  assert.deepEqual((await readCurrent(layout.releases))?.before, []);
  await assert.rejects(go(layout, back), /0\.2\.0 is not among the releases that one can go back to/);
  assert.equal(processOf(await supervisorStatus(layout), 'database')?.pid, database);
});

test('a release takes over from each of the three before it, none of which need be the last', async (t) => {
  const { layout, publish } = await openUpgradeWorld(t);
  const newest = await publish('0.5.0');
  for (const version of ['0.2.0', '0.3.0', '0.4.0']) {
    assert.equal(await go(layout, await publish(version)), 'Confirmed', version);
    assert.equal(await go(layout, newest), 'Confirmed', version);
    assert.equal((await untilReady(layout)).digest, '0.5.0');
    const [before] = (await readCurrent(layout.releases))?.before ?? [];
    assert.equal(before?.version, version);
    const back: Order = { kind: 'emergency', object: '0.5.0', ...before, by: 'ann', reason: 'the next one' };
    assert.equal(await go(layout, back), 'Confirmed', version);
  }
});

test('a release that does not do well never comes to a switch, or goes away by itself', async (t) => {
  const { layout, publish } = await openUpgradeWorld(t);
  const broken: readonly (readonly [string, string, 'Failed' | 'RolledBack', RegExp])[] = [
    [
      '0.2.1',
      program('', 'echo cannot load; exit 1'),
      'Failed',
      /--check of its region process: cannot load/,
    ],
    [
      '0.2.2',
      program('', 'exit 0', 'echo no such column >&2; exit 1'),
      'Failed',
      /--migrate.*no such column/s,
    ],
    ['0.2.3', program('exit 3'), 'RolledBack', /region ended(?: before it was ready)?: exit 3/],
    ['0.2.4', program('touch region.ready; sleep 0.5; exit 9'), 'RolledBack', /region ended: exit 9/],
  ];
  for (const [version, body, outcome, why] of broken) {
    assert.equal(await go(layout, await publish(version, body), 5_000), outcome, version);
    assert.match((await last(layout))?.message ?? '', why);
    const status = await untilReady(layout);
    assert.deepEqual([status.digest, status.onTrial], ['checkout', false], version);
    assert.equal(await readCurrent(layout.releases), undefined);
  }
});

test('a release that needs Debian packages which are not here is refused, with their names, and nothing is touched', async (t) => {
  const { layout, publish } = await openUpgradeWorld(t);
  const region = processOf(await supervisorStatus(layout), 'region')?.pid;
  const order = await publish('0.2.0', WELL, [{ name: 'age', purpose: 'network', files: ['/usr/bin/age'] }]);
  const has = new Set<string>();
  const judge = {
    ...plainJudge(layout, wakefulClock, 50),
    missing: async (packages: readonly PackageFacts[]) =>
      packages.map(({ name }) => name).filter((name) => !has.has(name)),
  };
  const options = { layout, order, clock: wakefulClock, judge, unsigned: true };
  assert.equal(await drive(options), 'Failed');
  assert.match(
    (await last(layout))?.message ?? '',
    /touched: it needs what is not on this machine: apt-get install age,/,
  );
  assert.equal(processOf(await supervisorStatus(layout), 'region')?.pid, region);
  has.add('age');
  assert.equal(await drive(options), 'Confirmed');
});

test('a release that was changed where it is installed does not run again', async (t) => {
  const { layout, publish } = await openUpgradeWorld(t);
  await go(layout, await publish('0.2.0'));
  await go(layout, await publish('0.3.0'));
  const before = (await readCurrent(layout.releases))?.before[0];
  assert.ok(before);
  writeFileSync(join(before.folder, 'src/main.ts'), 'export const evil = 1;');
  const back: Order = { kind: 'rollback', object: '0.3.0', ...before, by: 'ann', reason: 'people agreed' };
  assert.equal(await go(layout, back), 'Failed');
  assert.match((await last(layout))?.message ?? '', /src\/main\.ts: is not as it was installed/);
  rmSync(join(before.folder, 'src/main.ts'));
  assert.equal(await go(layout, back), 'Failed');
  assert.equal((await untilReady(layout)).digest, '0.3.0');
});

test('killed right after it began a trial, or right after it was confirmed, an upgrade leaves one release running, and begins anew', async (t) => {
  // Every other step, before and after, is in the long test.
  const count = await killedSteps(
    await openUpgradeWorld(t),
    (call, when) => when === 'after' && [7, 11].includes(call),
  );
  assert.equal(count, 2);
});

test('a program that is killed while it is on trial is given up', async (t) => {
  const { layout, publish } = await openUpgradeWorld(t);
  // As by a machine that has no memory left.
  const order = await publish('0.2.0', program(`(sleep 0.4; kill -9 $$) & ${wellBehaved('region')}`));
  assert.equal(await go(layout, order, 5_000), 'RolledBack');
  assert.match((await last(layout))?.message ?? '', /region ended: signal SIGKILL/);
});

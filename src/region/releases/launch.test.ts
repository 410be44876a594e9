/** One upgrade at a time, by a real flock(1): who only looks is waited for, who drives one is not. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { wakefulClock } from '../clock.ts';
import { type Layout, layoutOf } from '../layout.ts';
import { startUpgrade } from './launch.ts';

const ORDER = {
  kind: 'apply',
  object: '0.2.0',
  version: '0.2.0',
  digest: 'sha256:2',
  by: 'ann',
  reason: 'agreed',
} as const;

/** Where no region is: a driver begins, and ends at the first thing that it looks for. */
function nowhere(t: TestContext): Layout {
  const data = mkdtempSync(join(tmpdir(), 'launch-'));
  t.after(() => rmSync(data, { recursive: true }));
  const layout = layoutOf(data);
  for (const folder of [layout.releases, layout.logs]) mkdirSync(folder);
  return layout;
}

/** Holds the lock from when this resolves until its input ends. */
async function hold({ releases }: Layout): Promise<ChildProcess> {
  const script = 'echo held; read -r _ || true';
  const holder = spawn('flock', [join(releases, 'lock'), 'sh', '-c', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  assert.ok(holder.stdout);
  await once(holder.stdout, 'data');
  return holder;
}

/** Takes down what is said until it ended. */
async function steps(layout: Layout, taken: string[] = []): Promise<void> {
  for await (const { step } of startUpgrade(layout, ORDER, wakefulClock)) taken.push(step);
}

test('while another upgrade is driven none is begun, and it says so', { timeout: 60_000 }, async (t) => {
  const layout = nowhere(t);
  const holder = await hold(layout);
  t.after(() => holder.stdin?.end());
  await assert.rejects(steps(layout), /another upgrade is under way/);
});

test('somebody who only looked whether one is driven keeps none from beginning', {
  timeout: 60_000,
}, async (t) => {
  const layout = nowhere(t);
  const holder = await hold(layout);
  const taken: string[] = [];
  const ended = assert.rejects(steps(layout, taken), /it ended without saying how/);
  holder.stdin?.end();
  await ended;
  assert.deepEqual(taken, ['Started']);
});

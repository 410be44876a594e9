/** The controllers of volumes and their snapshots, disturbed at every change they make in Incus, which is real. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestIncus, type TestIncus } from '#engines/incus/test-incus.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import type { Disturbance, Disturber } from '#kernel/reconcile/testing/instrument.ts';
import { EXPECTED, volumeLife } from './testing/volume-life.ts';

let engine: TestIncus;
before(async () => {
  engine = await startTestIncus();
});
after(async () => engine?.close());

/** Those that the short form leaves out. */
const DISTURBED: readonly Disturbance[] = ['fail', 'crash-before'];

test('a volume’s whole life ends the same when any change in Incus fails, or a crash comes before it', async () => {
  let outcomes = 0;
  const setUp = (disturber: Disturber) => volumeLife(engine, disturber);
  for await (const { title, state } of everyDisturbance({ setUp }, DISTURBED)) {
    outcomes++;
    assert.deepEqual(state, EXPECTED, title);
  }
  assert.ok(outcomes > 20, `${outcomes} outcomes`);
});

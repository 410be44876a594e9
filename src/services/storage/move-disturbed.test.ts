/** The controllers of instances and volumes, disturbed as a volume goes from one instance to another in Incus, which is real. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { importStillImage } from '#engines/incus/test-image.ts';
import { startTestIncus, type TestIncus } from '#engines/incus/test-incus.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import type { Disturber } from '#kernel/reconcile/testing/instrument.ts';
import { MOVED, volumeMove } from './testing/move.ts';

let engine: TestIncus;
let fingerprint: string;

before(async () => {
  engine = await startTestIncus();
  fingerprint = await importStillImage(engine.incus);
});
after(async () => engine?.close());

test('a volume that goes from one instance to another is never one of both, whatever is disturbed', async () => {
  let outcomes = 0;
  const setUp = (disturber: Disturber) => volumeMove(engine, fingerprint, disturber);
  for await (const { title, state } of everyDisturbance({ setUp })) {
    outcomes++;
    assert.deepEqual(state, MOVED, title);
  }
  assert.ok(outcomes > 25, `${outcomes} outcomes`);
});

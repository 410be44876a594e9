/** The controllers of instances and snapshots, disturbed at every change they make in Incus, which is real. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { importStillImage } from '#engines/incus/test-image.ts';
import { startTestIncus, type TestIncus } from '#engines/incus/test-incus.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import type { Disturber } from '#kernel/reconcile/testing/instrument.ts';
import { EXPECTED, instanceLife } from './testing/instance-life.ts';

let engine: TestIncus;
let fingerprint: string;

before(async () => {
  engine = await startTestIncus();
  fingerprint = await importStillImage(engine.incus);
});
after(async () => engine?.close());

test('an instance’s whole life ends the same when any change in Incus is repeated, fails, is lost, or stands next to a crash', async () => {
  let outcomes = 0;
  const setUp = (disturber: Disturber) => instanceLife(engine, fingerprint, disturber);
  for await (const { title, state } of everyDisturbance({ setUp })) {
    outcomes++;
    assert.deepEqual(state, EXPECTED, title);
  }
  assert.ok(outcomes > 34, `${outcomes} outcomes`);
});

/** The controllers of instances and snapshots, disturbed at every change they make in Incus, which is real. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startTestIncus, type TestIncus, testImage } from '#engines/incus/test-incus.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import type { Disturbance, Disturber } from '#kernel/reconcile/testing/instrument.ts';
import { EXPECTED, instanceLife } from './testing/instance-life.ts';

let engine: TestIncus;
let fingerprint: string;

before(async () => {
  const image = await testImage();
  engine = await startTestIncus();
  fingerprint = await engine.incus.images.import({ file: join(image.folder, image.file), properties: {} });
});
after(async () => engine?.close());

/** Those that the short form leaves out. */
const DISTURBED: readonly Disturbance[] = ['fail', 'crash-before'];

test('an instance’s whole life ends the same when any change in Incus fails, or a crash comes before it', async () => {
  let outcomes = 0;
  const setUp = (disturber: Disturber) => instanceLife(engine, fingerprint, disturber);
  for await (const { title, state } of everyDisturbance({ setUp }, DISTURBED)) {
    outcomes++;
    assert.deepEqual(state, EXPECTED, title);
  }
  assert.ok(outcomes > 14, `${outcomes} outcomes`);
});

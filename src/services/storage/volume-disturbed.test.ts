/** The controllers of volumes and their snapshots, disturbed at every change they make in Incus, which is real. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { noVaultsHere } from '#engines/fscrypt/test-vaults.ts';
import { startTestIncus, type TestIncus } from '#engines/incus/test-incus.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import type { Disturbance, Disturber } from '#kernel/reconcile/testing/instrument.ts';
import { testEncryption } from './testing/encryption.ts';
import { EXPECTED, volumeLife } from './testing/volume-life.ts';

let engine: TestIncus;
before(async () => {
  engine = await startTestIncus();
});
after(async () => engine?.close());

/** A change that never reached Incus is much the same as one that was not tried yet: that is for the long form. */
const DISTURBED: readonly Disturbance[] = ['repeat', 'lost', 'crash-after'];

test('a volume’s whole life ends the same when any change in Incus is repeated, lost, or the last before a crash', async () => {
  let outcomes = 0;
  const setUp = (disturber: Disturber) => volumeLife(engine, disturber);
  for await (const { title, state } of everyDisturbance({ setUp }, DISTURBED)) {
    outcomes++;
    assert.deepEqual(state, EXPECTED, title);
  }
  assert.ok(outcomes > 30, `${outcomes} outcomes`);
});

test('the same where volumes lie encrypted, and when its pool is made and opened', {
  skip: noVaultsHere(),
}, async () => {
  const encryption = testEncryption();
  try {
    let outcomes = 0;
    const setUp = (disturber: Disturber) => volumeLife(engine, disturber, encryption);
    for await (const { title, state } of everyDisturbance({ setUp }, DISTURBED)) {
      outcomes++;
      assert.deepEqual(state, EXPECTED, title);
    }
    assert.ok(outcomes > 36, `${outcomes} outcomes`);
  } finally {
    encryption.close();
  }
});

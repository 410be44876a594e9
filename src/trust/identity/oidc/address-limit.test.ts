import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { AddressLimit } from './address-limit.ts';

it('an address that asks too often waits, and others do not', async () => {
  const clock = new ManualClock();
  const limit = new AddressLimit({ clock, burst: 3, perSecond: 0.5, addresses_max: 2 });
  assert.deepEqual(
    [1, 2, 3, 4].map(() => limit.take('a')),
    [0, 0, 0, 2],
  );
  assert.equal(limit.take('b'), 0);
  await clock.advance(1_999);
  assert.equal(limit.take('a'), 1);
  await clock.advance(1);
  assert.deepEqual([limit.take('a'), limit.take('a')], [0, 2]);
  // Only so many are counted: the one seen longest ago begins anew.
  assert.deepEqual([limit.take('b'), limit.take('c'), limit.take('a')], [0, 0, 0]);
});

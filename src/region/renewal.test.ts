import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#kernel/logger.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { RENEWAL_INTERVAL_MS, renewDaily } from './renewal.ts';

test('certificates are looked at every day, also after a day on which it failed, until the region stops', async () => {
  const clock = new ManualClock();
  let looks = 0;
  const stop = renewDaily(clock, silentLogger, async () => {
    looks += 1;
    if (looks === 1) throw new Error('the database is away');
  });
  await clock.advance(RENEWAL_INTERVAL_MS - 1);
  assert.equal(looks, 0);
  await clock.advance(1);
  await clock.advance(RENEWAL_INTERVAL_MS);
  assert.equal(looks, 2);
  stop();
  await clock.advance(RENEWAL_INTERVAL_MS);
  assert.equal(looks, 2);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#kernel/logger.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { RENEWAL_INTERVAL_MS, renewHourly } from './renewal.ts';

test('certificates are looked at every hour, also after one in which that failed, until the region stops', async () => {
  const clock = new ManualClock();
  const steps: string[] = [];
  let looks = 0;
  const stop = renewHourly(clock, silentLogger, {
    async establish() {
      looks += 1;
      steps.push(`look ${looks}`);
      if (looks === 1) throw new Error('the database is away');
      return { renewed: looks === 3 };
    },
    serveWith: () => steps.push('serve'),
    handOver: () => steps.push('hand over'),
  });
  const taken = () => steps.splice(0);
  await clock.advance(RENEWAL_INTERVAL_MS - 1);
  assert.deepEqual(taken(), []);
  await clock.advance(1);
  assert.deepEqual(taken(), ['look 1']);
  await clock.advance(RENEWAL_INTERVAL_MS);
  assert.deepEqual(taken(), ['look 2', 'hand over']);
  await clock.advance(RENEWAL_INTERVAL_MS);
  assert.deepEqual(taken(), ['look 3', 'serve', 'hand over']);
  stop();
  await clock.advance(RENEWAL_INTERVAL_MS);
  assert.deepEqual(taken(), []);
});

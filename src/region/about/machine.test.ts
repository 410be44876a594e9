/** Figures of the machine: read as the kernel says them, kept for a day and no longer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MachineNow, SAMPLE_INTERVAL_MS } from './about.ts';
import { availableBytes, followMachine, machineNow, SAMPLES_MAX } from './machine.ts';

test('memory that caches hold counts as free, as the kernel reckons it', () => {
  assert.equal(availableBytes('MemTotal:  100 kB\nMemAvailable:     40 kB\nSwapFree: 1 kB\n'), 40 * 1_024);
  assert.equal(availableBytes('nothing of the kind'), undefined);
});

test('this machine says how much it has, and takes no more than that', async () => {
  const { processors, load, memory, disk } = await machineNow('/');
  assert.ok(processors >= 1 && load >= 0);
  for (const { total, used } of [memory, disk]) assert.ok(used > 0 && used <= total);
});

test('a day is kept, the oldest goes first, and one look that fails is left out', async () => {
  let now_ms = 0;
  let next = () => {};
  const clock = {
    now: () => now_ms,
    after(delay_ms: number, task: () => void) {
      assert.equal(delay_ms, SAMPLE_INTERVAL_MS);
      next = task;
      return () => {
        next = () => {};
      };
    },
  };
  const look = async (): Promise<MachineNow> => {
    if (now_ms === SAMPLE_INTERVAL_MS) throw new Error('the disk is away');
    const room = { total: 10, used: 1 };
    return { processors: 2, load: 0.5, memory: room, disk: room };
  };
  const trend = followMachine(clock, look);
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  await settled();
  for (let count = 0; count < SAMPLES_MAX + 2; count += 1) {
    now_ms += SAMPLE_INTERVAL_MS;
    next();
    await settled();
  }
  assert.equal(trend.samples().length, SAMPLES_MAX);
  assert.equal(trend.samples()[0]?.at, '1970-01-01T00:15:00Z');
  trend.stop();
  next();
  await settled();
  assert.equal(trend.samples().length, SAMPLES_MAX);
});

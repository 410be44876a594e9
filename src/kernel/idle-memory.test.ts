import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { collectWhenIdle, HEAP_BYTES_MAX, IDLE_SHARE_MAX, LOOK_INTERVAL_MS } from './idle-memory.ts';

const IDLE_MS = LOOK_INTERVAL_MS * IDLE_SHARE_MAX;

function openProcess(heapUsed_bytes = 1) {
  const clock = new ManualClock();
  const counts = { cpu_ms: 0, collections: 0 };
  const stop = collectWhenIdle(clock, {
    cpu_ms: () => counts.cpu_ms,
    heapUsed_bytes: () => heapUsed_bytes,
    collect() {
      counts.collections += 1;
      counts.cpu_ms += 100 * IDLE_MS;
    },
  });
  /** The collections so far, after an interval in which the process used that much CPU. */
  const after = async (cpu_ms: number): Promise<number> => {
    counts.cpu_ms += cpu_ms;
    await clock.advance(LOOK_INTERVAL_MS);
    return counts.collections;
  };
  return { after, stop };
}

test('memory is given back once each time the region has come to rest, never while it works', async () => {
  const { after } = openProcess();
  assert.equal(await after(IDLE_MS + 1), 0);
  assert.equal(await after(IDLE_MS), 1);
  assert.equal(await after(0), 1);
  assert.equal(await after(IDLE_MS), 1);
  assert.equal(await after(IDLE_MS + 1), 1);
  assert.equal(await after(0), 2);
});

test('a region that holds much is not stopped for it', async () => {
  const { after } = openProcess(HEAP_BYTES_MAX + 1);
  assert.equal(await after(0), 0);
});

test('it ends with the region', async () => {
  const { after, stop } = openProcess();
  stop();
  assert.equal(await after(0), 0);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incus } from '#engines/incus/client.ts';
import { IncusError } from '#engines/incus/errors.ts';
import type { MeasuredInstance } from '#engines/incus/metrics.ts';
import { silentLogger } from '#kernel/logger.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { followInstances, MEASURED_MAX } from './follow.ts';

const PROJECT = 'cm-000000000000';
const nameOf = (number: number) => `i-${number.toString(16).padStart(12, '0')}`;
const MINUTE = 60_000;

/** An engine that counts what it is asked, with as many instances as it is told; compute.test.ts has the real one. */
function world() {
  const clock = new ManualClock();
  const said: unknown[] = [];
  const asked = { metrics: 0, disks: 0 };
  const state = { count: 1, error: undefined as Error | undefined, names: nameOf };
  const incus = {
    instances: {
      async metrics(): Promise<readonly MeasuredInstance[]> {
        asked.metrics++;
        if (state.error !== undefined) throw state.error;
        const cpu_s = clock.now() / 2_000;
        const more = { memory_bytes: 5, received_bytes: 0, sent_bytes: undefined };
        return Array.from({ length: state.count }, (_none, at) => ({
          project: PROJECT,
          name: state.names(at),
          cpu_s,
          ...more,
        }));
      },
      async listFull() {
        asked.disks++;
        return [{ project: PROJECT, name: nameOf(0), state: { disk: { root: { usage: 9 } } } }];
      },
    },
  } as unknown as Pick<Incus, 'instances'>;
  const logger = { ...silentLogger, warn: (fields: object) => void said.push(fields) };
  return { clock, asked, state, said, metrics: followInstances({ incus, clock, logger }) };
}

const first = { project: PROJECT, name: nameOf(0) };

test('all are measured once a minute in one call, their disks more seldom, nothing at all between', async () => {
  const { clock, asked, metrics } = world();
  await clock.advance(10 * MINUTE + 500);
  assert.deepEqual(asked, { metrics: 10, disks: 2 });
  const rows = await metrics.read(first, '1h');
  assert.deepEqual(rows.at(-2)?.row, [0.5, 5, 9, 0, Number.NaN]);
  metrics.stop();
  await clock.advance(10 * MINUTE);
  assert.equal(clock.pending, 0);
});

test('however many look, the engine is asked every ten seconds at most', async () => {
  const { clock, asked, metrics } = world();
  await clock.advance(MINUTE + 500);
  const before = asked.metrics;
  await clock.advance(20_000);
  await Promise.all(Array.from({ length: 50 }, () => metrics.read(first, '1h')));
  for (let second = 0; second < 10; second++) {
    await clock.advance(1_000);
    await metrics.read(first, '1h');
  }
  assert.equal(asked.metrics - before, 2);
  metrics.stop();
});

test('no more instances are kept than there is room for, none that is not ours, and none that is long gone', async () => {
  const { clock, state, metrics } = world();
  state.count = MEASURED_MAX + 5;
  await clock.advance(MINUTE + 500);
  assert.equal(metrics.kept, MEASURED_MAX);
  state.count = 1;
  await clock.advance(25 * 60 * MINUTE);
  assert.equal(metrics.kept, 1);
  state.names = () => 'somebody-elses';
  await clock.advance(25 * 60 * MINUTE);
  assert.equal(metrics.kept, 0);
  metrics.stop();
});

test('an engine that does not answer leaves a gap, is said once, and is asked again', async () => {
  const { clock, state, said, metrics } = world();
  await clock.advance(MINUTE + 500);
  state.error = new IncusError('Unavailable', 'gone');
  await clock.advance(5 * MINUTE);
  assert.equal(said.length, 1);
  state.error = undefined;
  await clock.advance(3 * MINUTE);
  const minutes = (await metrics.read(first, '1h')).map(({ at_ms }) => Math.floor(at_ms / MINUTE) % 60);
  assert.deepEqual(minutes, [1, 7, 8]);
  metrics.stop();
});

test('a region without an engine says nothing of it', async () => {
  const { clock, state, said, metrics } = world();
  state.error = new IncusError('Absent', 'there is none here');
  await clock.advance(5 * MINUTE);
  assert.deepEqual(said, []);
  assert.deepEqual(await metrics.read(first, '24h'), []);
  metrics.stop();
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MeasuredInstance } from '#engines/incus/metrics.ts';
import { InstanceHistory } from './history.ts';

const NOON = Date.UTC(2026, 10, 1, 12);
const MINUTE = 60_000;
const measured = (cpu_s: number, more: Partial<MeasuredInstance> = {}): MeasuredInstance => ({
  project: 'p',
  name: 'i',
  cpu_s,
  memory_bytes: 1_000,
  received_bytes: 10 * cpu_s,
  sent_bytes: cpu_s,
  ...more,
});

test('what is counted becomes what it is a second, by the minute in which it was', () => {
  const history = new InstanceHistory();
  history.disk_bytes = 77;
  for (let minute = 0; minute <= 3; minute++) history.take(NOON + minute * MINUTE, measured(30 * minute));
  const rows = history.rows('1h', NOON + 3 * MINUTE);
  assert.deepEqual(
    rows.map(({ at_ms, row }) => [(at_ms - NOON) / MINUTE, ...row]),
    [
      [0, 0.5, 1_000, 77, 5, 0.5],
      [1, 0.5, 1_000, 77, 5, 0.5],
      [2, 0.5, 1_000, 77, 5, 0.5],
    ],
  );
  assert.deepEqual(
    history.rows('24h', NOON + 3 * MINUTE).map(({ at_ms, row }) => [at_ms - NOON, row[0]]),
    [[0, 0.5]],
  );
});

test('who looks within a minute sees it grow, and a second look at once takes nothing away', () => {
  const history = new InstanceHistory();
  const now = () => history.rows('1h', NOON + MINUTE).map(({ row }) => row[0]);
  history.take(NOON, measured(0));
  assert.deepEqual(now(), [Number.NaN]);
  history.take(NOON + 10_000, measured(10));
  assert.deepEqual(now(), [1]);
  history.take(NOON + 40_000, measured(20));
  assert.deepEqual(now(), [0.5]);
  history.take(NOON + MINUTE, measured(60));
  history.take(NOON + MINUTE + 500, measured(60));
  assert.deepEqual(now(), [1, Number.NaN]);
});

test('an instance that is started anew, or was not measured for a while, begins anew', () => {
  const history = new InstanceHistory();
  history.take(NOON, measured(100));
  history.take(NOON + MINUTE, measured(3));
  history.take(NOON + 2 * MINUTE, measured(9));
  history.take(NOON + 30 * MINUTE, measured(9_000));
  history.take(NOON + 31 * MINUTE, measured(9_006));
  assert.deepEqual(
    history
      .rows('1h', NOON + 31 * MINUTE)
      .map(({ at_ms, row }) => [(at_ms - NOON) / MINUTE, row[0]?.toFixed(1)]),
    [
      [0, 'NaN'],
      [1, '0.1'],
      [30, '0.1'],
    ],
  );
});

test('a day is kept by five minutes, and no more', () => {
  const history = new InstanceHistory();
  for (let minute = 0; minute <= 30 * 60; minute++)
    history.take(NOON + minute * MINUTE, measured(6 * minute));
  const end = NOON + 30 * 60 * MINUTE;
  assert.equal(history.rows('24h', end).length, 287);
  assert.equal(history.rows('1h', end).length, 59);
  assert.ok(history.rows('24h', end).every(({ row }) => row[0]?.toFixed(3) === '0.100'));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keptUntil } from './retention.ts';
import { dueAfter, dueBefore, type Schedule, stampOf } from './schedule.ts';

const DAY_MS = 86_400_000;
const time = (text: string) => Date.parse(text);
const shown = (time_ms: number) => new Date(time_ms).toISOString().slice(0, 16);

test('a plan is due at the same times of every day, and every week on its day', () => {
  const now_ms = time('2026-11-22T15:20:00Z');
  const around = (schedule: Schedule) => [
    shown(dueBefore(schedule, now_ms)),
    shown(dueAfter(schedule, now_ms)),
  ];
  assert.deepEqual(around({ every: 'day', at: '02:30' }), ['2026-11-22T02:30', '2026-11-23T02:30']);
  assert.deepEqual(around({ every: 'day', at: '15:20' }), ['2026-11-22T15:20', '2026-11-23T15:20']);
  assert.deepEqual(around({ every: '6h', at: '02:30' }), ['2026-11-22T14:30', '2026-11-22T20:30']);
  assert.deepEqual(around({ every: '1h', at: '00:45' }), ['2026-11-22T14:45', '2026-11-22T15:45']);
  // The 22nd of November 2026 is a Sunday.
  assert.deepEqual(around({ every: 'week', at: '03:00' }), ['2026-11-16T03:00', '2026-11-23T03:00']);
  assert.deepEqual(around({ every: 'week', at: '03:00', on: 'Sunday' }), [
    '2026-11-22T03:00',
    '2026-11-29T03:00',
  ]);
  assert.equal(stampOf(now_ms), '202611221520');
});

test('between two times there is never a third one, whatever the schedule', () => {
  const schedule = fc.record({
    every: fc.constantFrom('1h', '2h', '3h', '4h', '6h', '8h', '12h', 'day', 'week'),
    at: fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':')),
  });
  fc.assert(
    fc.property(schedule, fc.integer({ min: 0, max: 4_102_444_800_000 }), (given, now_ms) => {
      const [before, after] = [dueBefore(given as Schedule, now_ms), dueAfter(given as Schedule, now_ms)];
      assert.ok(before <= now_ms && now_ms < after);
      assert.equal(dueBefore(given as Schedule, after), after);
      assert.equal(dueBefore(given as Schedule, after - 1), before);
    }),
    { seed: 20_261_122, numRuns: 300 },
  );
});

test('the first whole backup of a week, a month or a year is kept for as long as that says', () => {
  const retention = { days: 7, weekly_days: 35, monthly_days: 365, yearly_days: 3_650, keepLast: 1 };
  const kept = (began: string, ...others: readonly string[]) =>
    (keptUntil(retention, time(began), others.map(time)) - time(began)) / DAY_MS;
  assert.equal(kept('2026-01-01T02:00:00Z'), 3_650);
  assert.equal(kept('2026-02-02T02:00:00Z', '2026-01-01T02:00:00Z'), 365);
  assert.equal(kept('2026-02-09T02:00:00Z', '2026-01-01T02:00:00Z', '2026-02-08T02:00:00Z'), 35);
  assert.equal(
    kept('2026-02-10T02:00:00Z', '2026-01-01T02:00:00Z', '2026-02-02T02:00:00Z', '2026-02-09T02:00:00Z'),
    7,
  );
  assert.equal(keptUntil({ days: 30, keepLast: 1 }, 0, []), 30 * DAY_MS);
});

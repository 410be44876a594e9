import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LANES, meanOf, type Row, Series } from './series.ts';

const row = (value: number): Row => LANES.map(() => value);

test('a ring gives the newest rows in order, with gaps where nothing was written', () => {
  const series = new Series(1_000, 4);
  for (const period of [10, 11, 13]) series.write(period, row(period));
  const times = (now_ms: number) => series.rows(now_ms).map(({ at_ms }) => at_ms);
  assert.deepEqual(times(13_500), [10_000, 11_000, 13_000]);
  series.write(14, row(14));
  assert.deepEqual(times(14_000), [11_000, 13_000, 14_000]);
  assert.equal(series.row(13)?.[0], 13);
  // What was written in the round before is not taken for news, however long nothing came.
  series.write(21, row(21));
  assert.deepEqual(times(21_000), [21_000]);
  assert.deepEqual(times(25_000), []);
});

test('a row may be written again, also one that is not the newest; one that is too old is not kept', () => {
  const series = new Series(1_000, 4);
  series.write(10, row(1));
  series.write(12, row(3));
  series.write(10, row(2));
  assert.equal(series.row(10)?.[0], 2);
  assert.equal(series.row(11), undefined);
  series.write(8, row(9));
  assert.equal(series.row(8), undefined);
  assert.equal(series.row(12)?.[0], 3);
});

test('a mean is over what is known', () => {
  assert.deepEqual(meanOf([row(1), [3, Number.NaN, 3, 3, 3]]), [2, 1, 2, 2, 2]);
  assert.ok(meanOf([]).every(Number.isNaN));
});

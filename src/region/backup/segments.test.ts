import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  latestTimeline,
  neededSegments,
  parseHistory,
  parsePlace,
  parseSegment,
  rangeOf,
  type Segment,
} from './segments.ts';

function segment(name: string): Segment {
  const parsed = parseSegment(name);
  assert.ok(parsed, name);
  return parsed;
}

test('a segment’s name says its timeline and its place, across the end of a log file', () => {
  const last = segment('0000000100000000000000FF');
  const next = segment('000000020000000100000000');
  assert.deepEqual([last.timeline, last.number, next.timeline, next.number], [1, 255n, 2, 256n]);
  for (const name of [
    '00000001000000000000000',
    '0000000100000000000000FF.partial',
    '00000002.history',
    '../x',
  ]) {
    assert.equal(parseSegment(name), undefined);
  }
});

test('the range that a database needs of its log is read from its manifest', () => {
  const manifest = '{"WAL-Ranges":[{"Timeline":3,"Start-LSN":"1/2000028","End-LSN":"1/2000138"}]}';
  const range = rangeOf(manifest);
  assert.deepEqual(range, { timeline: 3, start: 0x1_0200_0028n, end: 0x1_0200_0138n });
  assert.throws(() => rangeOf('{}'), /names no range of its log/);
  assert.throws(() => parsePlace('1-2'), RangeError);
});

const SECOND = parseHistory(2, '1\t0/5000000\tno recovery target specified\n');
const THIRD = parseHistory(3, '1\t0/5000000\tx\n\n2\t0/9000000\tbefore 2026-11-22\n');

test('a restore goes to the latest timeline that left the backup’s after the backup', () => {
  const before = { timeline: 1, start: 0x3000000n, end: 0x4000000n };
  assert.equal(latestTimeline(before, []), 1);
  assert.equal(latestTimeline(before, [SECOND, THIRD]), 3);
  // Made after the first timeline was left: what came of it is only on that.
  assert.equal(latestTimeline({ ...before, end: 0x6000000n }, [SECOND, THIRD]), 1);
  assert.equal(latestTimeline({ timeline: 2, start: 0n, end: 0x6000000n }, [SECOND, THIRD]), 3);
});

test('of an archive only what comes after the backup is needed, on the way to that timeline', () => {
  const own = [segment('000000010000000000000003'), segment('000000010000000000000004')];
  const archived = [
    '000000010000000000000004',
    '000000010000000000000005',
    '000000020000000000000005',
    '000000030000000000000006',
    '000000040000000000000007',
  ].map(segment);
  const { needed, gap } = neededSegments(own, archived, [1, 2, 3]);
  assert.deepEqual(
    needed.map(({ name }) => name),
    ['000000010000000000000005', '000000020000000000000005', '000000030000000000000006'],
  );
  assert.equal(gap, undefined);
});

test('a segment that is missing in the middle is named', () => {
  const own = [segment('000000010000000000000003')];
  const archived = ['000000010000000000000004', '000000010000000000000006'].map(segment);
  assert.deepEqual(neededSegments(own, archived, [1]).gap, {
    after: '000000010000000000000004',
    before: '000000010000000000000006',
  });
  // Between the backup and the first of the archive, too.
  assert.ok(neededSegments(own, archived.slice(1), [1]).gap);
});

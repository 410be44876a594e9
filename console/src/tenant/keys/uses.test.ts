import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WholeLeaf } from '../../../../src/kernel/log/personal.ts';
import type { ReadLeaf } from '../../ledger/read-back.ts';
import { DAYS_MAX, usesByDay, usesIn } from './uses.ts';

const access = (index: number, fields: object): ReadLeaf => ({
  index,
  bytes: new Uint8Array(),
  leaf: {
    type: 'access',
    index,
    time: '2026-11-20T12:00:00.000Z',
    verb: 'create',
    resource: 'keys.keys.casemate.internal/encrypt',
    decision: 'allowed',
    requestId: `r-${index}`,
    ...fields,
  } as unknown as WholeLeaf,
  record: undefined,
  isRecordFalse: false,
});

test('a use says what was done and for what; one that was refused is none, though it was on record before', () => {
  const uses = usesIn([
    access(9, { resource: 'keys.keys.casemate.internal/unwrap', details: { bucket: 'photos' } }),
    access(8, { resource: 'keys.keys.casemate.internal', verb: 'delete', decision: 'denied' }),
    access(7, { decision: 'denied', requestId: 'r-6' }),
    access(6, { details: { reason: 'CURIOSITY' } }),
    access(5, { actor: 'alice' }),
  ]);
  assert.deepEqual(
    uses.map(({ leaf, action, isUse }) => [leaf.index, action, isUse]),
    [
      [9, 'unwrap', true],
      [8, 'delete', false],
      [7, 'encrypt', false],
      [6, 'encrypt', false],
      [5, 'encrypt', true],
    ],
  );
  assert.deepEqual([uses[0]?.bucket, uses[3]?.reason, uses[4]?.who], ['photos', 'CURIOSITY', 'alice']);
});

test('days are counted by the calendar, empty ones too, over a change of clocks and never without end', () => {
  const day = (text: string) => new Date(`${text}T00:00:00`);
  const at = (text: string) => ({ time: new Date(`${text}T12:00:00`).toISOString() });
  const uses = usesIn([
    access(4, at('2026-10-26')),
    access(3, at('2026-10-24')),
    access(2, { ...at('2026-10-24'), decision: 'denied', requestId: 'r-1' }),
    access(1, at('2026-10-24')),
  ]);
  assert.deepEqual(
    usesByDay(uses, day('2026-10-23'), day('2026-10-26')).map((one) => [
      one.at.getDate(),
      one.uses,
      one.refused,
    ]),
    [
      [23, 0, 0],
      [24, 1, 1],
      [25, 0, 0],
      [26, 1, 0],
    ],
  );
  assert.equal(usesByDay([], day('2020-01-01'), day('2026-11-22')).length, DAYS_MAX);
});

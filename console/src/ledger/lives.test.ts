import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WholeLeaf } from '../../../src/kernel/log/personal.ts';
import { livesIn } from './lives.ts';
import type { ReadLeaf } from './read-back.ts';

const change = (index: number, uid: string, verb: string): ReadLeaf => ({
  index,
  bytes: new Uint8Array(),
  leaf: { type: 'change', index, uid, verb } as unknown as WholeLeaf,
  record: undefined,
  isRecordFalse: false,
});

test('a name that was deleted and made again has two lives, and each says what ended it', () => {
  const lives = livesIn([
    change(9, 'second', 'update'),
    change(8, 'second', 'create'),
    change(7, 'first', 'remove'),
    change(6, 'first', 'update-status'),
    change(5, 'first', 'delete'),
    change(4, 'first', 'delete'),
    change(2, 'first', 'create'),
  ]);
  assert.deepEqual(
    lives.map(({ uid, last, end, birth }) => [uid, last.index, end?.index, birth?.index]),
    [
      ['second', 9, undefined, 8],
      // It was asked for twice: what counts is the last word before it was gone.
      ['first', 7, 5, 2],
    ],
  );
});

test('of what lies before the leaves looked at it says nothing, but that the object is gone', () => {
  const [life] = livesIn([change(7, 'first', 'remove'), change(6, 'first', 'update')]);
  assert.deepEqual([life?.end?.index, life?.birth], [7, undefined]);
  const [taken] = livesIn([change(3, 'here', 'update'), change(2, 'here', 'delete')]);
  assert.equal(taken?.end, undefined, 'a deletion that was taken back is none');
  assert.deepEqual(livesIn([]), []);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConsoleHistory, HISTORIES_MAX, HISTORY_BYTES_MAX, lastLines } from './console-history.ts';

const from = (value: string) => Buffer.from(value);

describe('what consoles said', () => {
  test('pieces add up, and only the end of a long history is kept', () => {
    const history = new ConsoleHistory();
    history.append('a', from('one\n'));
    assert.equal(history.append('a', from('two\n')).toString(), 'one\ntwo\n');
    history.append('a', Buffer.alloc(HISTORY_BYTES_MAX, 'x'));
    assert.equal(history.append('a', from('end')).length, HISTORY_BYTES_MAX);
    assert.equal(history.get('a').subarray(-3).toString(), 'end');
  });

  test('of too many instances, the one asked longest ago is forgotten', () => {
    const history = new ConsoleHistory();
    for (let n = 0; n < HISTORIES_MAX; n++) history.append(`i${n}`, from('x'));
    history.append('i0', from('y'));
    history.append('one-more', from('z'));
    assert.equal(history.get('i0').toString(), 'xy');
    assert.equal(history.get('i1').toString(), '');
  });

  test('the last lines, whether or not the last one has ended', () => {
    const log = from('one\ntwo\nthree\n');
    assert.equal(lastLines(log, 2).toString(), 'two\nthree\n');
    assert.equal(lastLines(log, 9).toString(), 'one\ntwo\nthree\n');
    assert.equal(lastLines(log, 0).toString(), '');
    assert.equal(lastLines(from('one\ntwo'), 1).toString(), 'two');
    assert.equal(lastLines(from(''), 3).toString(), '');
  });
});

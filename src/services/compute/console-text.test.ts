import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { appended, lastLines } from './console-text.ts';

const text = (buffer: Buffer) => buffer.toString();
const from = (value: string) => Buffer.from(value);

describe('the text of a console', () => {
  test('what came since the last look is what follows what was seen', () => {
    assert.equal(text(appended(from('one\n'), from('one\ntwo\n'))), 'two\n');
    assert.equal(text(appended(from('one\n'), from('one\n'))), '');
    assert.equal(text(appended(from(''), from('one\n'))), 'one\n');
  });

  test('a ring that lost its start still joins on, and one with nothing in common is shown whole', () => {
    const lines = Array.from({ length: 500 }, (_, n) => `line ${n}\n`);
    const seen = from(lines.slice(0, 400).join(''));
    const now = from(lines.slice(100, 500).join(''));
    assert.equal(text(appended(seen, now)), lines.slice(400).join(''));
    assert.equal(text(appended(from('before the restart\n'), from('after\n'))), 'after\n');
  });

  test('the last lines, whether or not the last one has ended', () => {
    const log = from('one\ntwo\nthree\n');
    assert.equal(text(lastLines(log, 2)), 'two\nthree\n');
    assert.equal(text(lastLines(log, 9)), 'one\ntwo\nthree\n');
    assert.equal(text(lastLines(log, 0)), '');
    assert.equal(text(lastLines(from('one\ntwo'), 1)), 'two');
    assert.equal(text(lastLines(from(''), 3)), '');
  });
});

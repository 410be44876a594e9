import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCast, plainOutput, sizeOf } from './asciicast.ts';

const HEADER = '{"version":2,"width":80,"height":24}';

test('a recording is read line by line; what is no event of it is passed over', () => {
  const cast = parseCast(`${HEADER}\n[0.5, "o", "hi"]\nnonsense\n[1, "x", "?"]\n[2, "r", "100x30"]\n`);
  assert.deepEqual(cast.events, [
    { time_s: 0.5, code: 'o', text: 'hi' },
    { time_s: 2, code: 'r', text: '100x30' },
  ]);
  assert.deepEqual(sizeOf('100x30'), { width: 100, height: 30 });
  assert.deepEqual(sizeOf('1e99x-3'), { width: 500, height: 24 });
  assert.throws(() => parseCast('{"version":1}\n'), /no asciicast/);
  assert.throws(() => parseCast('<html>'), /no asciicast/);
});

test('as plain text nothing is left that steers a terminal', () => {
  const line = JSON.stringify('\u001b[31mred\u001b[0m \u001b]0;title\u0007<b>x</b>\r\n\u0008\u001b[2J$ ');
  assert.equal(
    plainOutput(parseCast(`${HEADER}\n[1, "o", ${line}]\n[2, "i", "secret"]\n`)),
    'red <b>x</b>\n$ ',
  );
});

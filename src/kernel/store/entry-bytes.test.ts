import assert from 'node:assert/strict';
import { it } from 'node:test';
import { keptBytes, keptText } from './entry-bytes.ts';

it('what is kept stays as it was given, whatever its length and whatever is kept after it', () => {
  const texts = Array.from({ length: 500 }, (_, n) => `${n} Lëtzebuerg 🏰 ${'x'.repeat((n * 37) % 9_000)}`);
  const kept = texts.map((text, n) => (n % 2 === 0 ? keptText(text) : keptBytes(Buffer.from(text))));
  assert.deepEqual(
    kept.map((bytes) => bytes.toString()),
    texts,
  );
  assert.equal(keptText('').length, 0);
});

it('what is kept holds on to little else', () => {
  const request = Buffer.alloc(1_000_000);
  const kept = keptBytes(request.subarray(0, 300));
  assert.ok(kept.buffer.byteLength <= 16 * 1024);
  assert.equal(keptBytes(request).buffer.byteLength, request.length);
});

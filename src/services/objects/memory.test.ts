import assert from 'node:assert/strict';
import { test } from 'node:test';
import { release } from './memory.ts';

test('bytes that have their memory to themselves give it back, and no others', () => {
  const alone = Buffer.allocUnsafeSlow(100);
  release(alone);
  assert.equal(alone.length, 0);
  const whole = Buffer.alloc(100, 'x');
  release(whole.subarray(0, 99));
  release(whole.subarray(1));
  assert.equal(whole.toString(), 'x'.repeat(100));
  const shared = Buffer.from(new SharedArrayBuffer(100));
  release(shared);
  assert.equal(shared.length, 100);
});

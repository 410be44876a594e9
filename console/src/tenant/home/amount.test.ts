import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuantity } from '../../../../src/kernel/quantity.ts';
import { amountOf, percentOf } from './amount.ts';

test('a quantity is drawn as long as it is', () => {
  for (const text of ['0', '2', '1.5', '.5', '500m', '3k', '2Gi', '1.5G', '1e3', '7Ki', '2E', '12n'])
    assert.ok(
      Math.abs(amountOf(text) / (Number(parseQuantity(text).nano) / 1e9 || 1) - (text === '0' ? 0 : 1)) <
        1e-9,
      text,
    );
  assert.equal(percentOf('1Gi', '4Gi'), 25);
  assert.equal(percentOf('500m', '2'), 25);
  assert.equal(percentOf('9', '4'), 100);
  assert.equal(percentOf('0', '0'), 100);
  assert.equal(percentOf(undefined, '4'), undefined);
  assert.equal(percentOf('1', 'lots'), undefined);
});

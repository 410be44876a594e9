import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import Schema from 'typebox/schema';
import { StatusError } from './errors.ts';
import {
  addQuantities,
  bytes,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  millicores,
  parseQuantity,
  quantitySchema,
  ZERO,
} from './quantity.ts';
import { openApiSchema } from './wire/openapi-schema.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_121 });

describe('quantities', () => {
  it('print in the canonical form of Kubernetes', () => {
    const table: readonly (readonly [string | number, string])[] = [
      ['2', '2'],
      [2, '2'],
      [0.5, '500m'],
      ['0.5', '500m'],
      ['500m', '500m'],
      ['1000m', '1'],
      ['1.5G', '1500M'],
      ['1.5Gi', '1536Mi'],
      ['1024Mi', '1Gi'],
      ['1000', '1k'],
      ['1000Ki', '1000Ki'],
      ['512', '512'],
      ['0.5Ki', '512'],
      ['1e3', '1e3'],
      ['1E', '1E'],
      ['.5', '500m'],
      ['5.', '5'],
      ['0', '0'],
      ['0Gi', '0'],
      ['-1.5', '-1500m'],
      ['+2', '2'],
      ['1n', '1n'],
      ['0.1n', '1n'],
      ['3Ei', '3Ei'],
    ];
    for (const [text, canonical] of table) assert.equal(canonicalQuantity(text), canonical, `${text}`);
  });

  it('are refused with what would be right when they are not quantities', () => {
    for (const text of [
      '',
      ' 2',
      '2 Gi',
      '2gi',
      'Gi',
      '1.2.3',
      '0x10',
      '1e',
      '2KB',
      '1e99',
      '99E99',
      '9'.repeat(65),
      '8Ei',
    ]) {
      assert.throws(
        () => parseQuantity(text),
        (error) =>
          error instanceof StatusError &&
          error.code === 400 &&
          error.message.includes('such as 2, 500m, 2Gi'),
        text,
      );
    }
    assert.throws(() => parseQuantity(Number.NaN), StatusError);
  });

  it('compare by amount, whatever the unit', () => {
    assert.equal(compareQuantities('1Gi', '1024Mi'), 0);
    assert.equal(compareQuantities('1G', '1Gi'), -1);
    assert.equal(compareQuantities('1', '999m'), 1);
  });

  it('become whole bytes and thousandths of a CPU, rounded up', () => {
    assert.equal(bytes('2Gi'), 2 * 1024 ** 3);
    assert.equal(bytes('1.5G'), 1_500_000_000);
    assert.equal(bytes('100m'), 1);
    assert.equal(millicores(2), 2000);
    assert.equal(millicores('1.5'), 1500);
    assert.equal(millicores('100u'), 1);
    assert.throws(() => bytes('-1'), StatusError);
    assert.throws(() => bytes('7Ei'), StatusError);
  });

  it('sum exactly', () => {
    let sum = ZERO;
    for (let i = 0; i < 10; i++) sum = addQuantities(sum, parseQuantity('0.1'));
    assert.equal(formatQuantity(sum), '1');
    assert.equal(formatQuantity(addQuantities(parseQuantity('1Gi'), parseQuantity('512Mi'))), '1536Mi');
  });

  it('keep their amount when printed and read again', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 62n }),
        fc.constantFrom('decimal' as const, 'exponent' as const),
        (nano, format) => {
          assert.equal(parseQuantity(formatQuantity({ nano, format })).nano, nano);
        },
      ),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 53n }), (whole) => {
        const nano = whole * 1_000_000_000n;
        assert.equal(parseQuantity(formatQuantity({ nano, format: 'binary' })).nano, nano);
      }),
    );
  });

  it('show as text in `kubectl explain`', () => {
    assert.deepEqual(openApiSchema(quantitySchema('Memory.', { default: '1Gi' })), {
      type: 'string',
      format: 'int-or-string',
      'x-kubernetes-int-or-string': true,
      description: 'Memory. A quantity such as 2, 500m, 2Gi or 1.5G.',
      default: '1Gi',
    });
  });

  it('validate as a field: text or number, never negative', () => {
    const schema = quantitySchema('Memory.');
    for (const value of ['2', '500m', '2Gi', '1.5G', 2, 0.5, '.5', '1e3']) {
      assert.equal(Schema.Check(schema, value), true, `${value}`);
    }
    for (const value of ['-2', -1, '', '2x', true, null, {}, '2 Gi']) {
      assert.equal(Schema.Check(schema, value), false, `${value}`);
    }
  });
});

/** The checker of histories, held against histories whose verdict is known, and against every order tried one by one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkLinearizable } from '../support/linearizability.ts';
import {
  type ObjectInput,
  type ObjectOperation,
  type ObjectOutput,
  objectModel,
} from '../support/object-model.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_121 });

const op = (
  called: number,
  returned: number,
  input: ObjectInput,
  output: ObjectOutput | undefined,
): ObjectOperation => ({ client: 'test', called, returned, input, output });

const read: ObjectInput = { type: 'read' };
const create = (value: string): ObjectInput => ({ type: 'create', value });
const replace = (value: string, on?: number): ObjectInput => ({
  type: 'replace',
  value,
  ...(on === undefined ? {} : { on }),
});
const written = (version: number): ObjectOutput => ({ type: 'written', version });
const found = (value: string, version: number): ObjectOutput => ({ type: 'found', value, version });
const absent: ObjectOutput = { type: 'absent' };

const verdict = (...history: readonly ObjectOperation[]) =>
  checkLinearizable(objectModel, history).isLinearizable;

describe('the checker of histories', () => {
  it('takes what happened one after the other', () => {
    assert.equal(
      verdict(
        op(1, 2, create('a'), written(2)),
        op(3, 4, read, found('a', 2)),
        op(5, 6, replace('b', 2), written(3)),
        op(7, 8, { type: 'delete' }, { type: 'deleted' }),
        op(9, 10, read, absent),
      ),
      true,
    );
  });

  it('lets what was concurrent come in any order', () => {
    const history = [
      op(1, 10, create('a'), written(2)),
      op(2, 3, read, absent),
      op(4, 5, read, found('a', 2)),
    ];
    assert.equal(verdict(...history), true);
  });

  it('finds a read that is older than an acknowledged write', () => {
    assert.equal(verdict(op(1, 2, create('a'), written(2)), op(3, 4, read, absent)), false);
  });

  it('finds a read that goes back in time', () => {
    assert.equal(
      verdict(op(1, 10, create('a'), written(2)), op(2, 3, read, found('a', 2)), op(4, 5, read, absent)),
      false,
    );
  });

  it('finds a write that was lost, one that was applied twice, and two that won over one version', () => {
    const made = op(1, 2, create('a'), written(2));
    assert.equal(verdict(made, op(3, 4, replace('b'), written(3)), op(5, 6, read, found('a', 2))), false);
    assert.equal(verdict(made, op(3, 4, replace('b'), written(3)), op(5, 6, read, found('b', 4))), false);
    assert.equal(
      verdict(made, op(3, 9, replace('b', 2), written(3)), op(4, 8, replace('c', 2), written(4))),
      false,
    );
  });

  it('lets a write of unknown outcome happen later, or never, but not before it was asked for', () => {
    const unknown = op(3, Number.POSITIVE_INFINITY, replace('b'), undefined);
    const made = op(1, 2, create('a'), written(2));
    assert.equal(verdict(made, unknown, op(4, 5, read, found('a', 2)), op(6, 7, read, found('b', 3))), true);
    assert.equal(verdict(made, unknown, op(4, 5, read, found('a', 2))), true);
    assert.equal(verdict(made, op(1.5, 1.6, read, found('b', 3)), unknown), false);
    assert.equal(verdict(made, unknown, op(4, 5, read, found('b', 3)), op(6, 7, read, found('a', 2))), false);
  });

  it('agrees with trying every order', () => {
    const values = fc.constantFrom('a', 'b');
    const version = fc.integer({ min: 1, max: 3 });
    const input: fc.Arbitrary<ObjectInput> = fc.oneof(
      fc.constant(read),
      values.map(create),
      values.map((value) => replace(value)),
      fc.record({ type: fc.constant('replace' as const), value: values, on: version }),
      fc.constant({ type: 'delete' as const }),
    );
    const output: fc.Arbitrary<ObjectOutput | undefined> = fc.oneof(
      fc.record({ type: fc.constant('found' as const), value: values, version }),
      version.map(written),
      fc.constantFrom<ObjectOutput>({ type: 'deleted' }, absent, { type: 'exists' }, { type: 'conflict' }),
      fc.constant(undefined),
    );
    const operation = fc
      .record({ called: fc.nat(10), lasts: fc.nat(6), input, output })
      .map(({ called, lasts, ...rest }) =>
        op(
          called,
          rest.output === undefined ? Number.POSITIVE_INFINITY : called + lasts,
          rest.input,
          rest.output,
        ),
      );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 5 }), (history) => {
        assert.equal(verdict(...history), everyOrder(history));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The definition itself: some order of the known ones, with any of the unknown ones among them, fits. */
function everyOrder(history: readonly ObjectOperation[], state = objectModel.initial): boolean {
  if (history.every(({ output }) => output === undefined)) return true;
  return history.some((operation) => {
    const rest = history.filter((other) => other !== operation);
    if (rest.some(({ returned }) => returned < operation.called)) return false;
    const next = objectModel.step(state, operation.input, operation.output);
    return next !== undefined && everyOrder(rest, next);
  });
}

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { IncusError } from '#engines/incus/errors.ts';
import { obstacleOf } from './obstacle.ts';

suite('what stands in the way of a change', () => {
  /** What Incus 6.0 says of a running virtual machine, and of one that is to start. */
  const TOO_FEW = [
    'Failed updating cpu limit: Cannot allocate more CPUs than available',
    'Unable to allocate more CPUs, not enough hotpluggable CPUs available',
  ];

  test('names spec.cpu where a machine asks for more processors than the host has', () => {
    for (const said of TOO_FEW) {
      const { reason, message, detail } = obstacleOf(new IncusError('Invalid', said, 400), 'changed');
      assert.equal(reason, 'TooFewProcessors');
      assert.match(message, /spec\.cpu asks for more processors than the host has; lower it/);
      assert.equal(detail, said);
    }
  });

  test('keeps the engine’s own words for the operator', () => {
    const { reason, message, detail } = obstacleOf(
      new IncusError('Invalid', 'pool "x" is gone', 400),
      'started',
    );
    assert.equal(reason, 'EngineRefused');
    assert.doesNotMatch(message, /pool/);
    assert.equal(detail, 'pool "x" is gone');
  });

  test('is nothing that was not said by an engine', () => {
    assert.throws(() => obstacleOf(new TypeError('a fault of ours'), 'started'), TypeError);
  });
});

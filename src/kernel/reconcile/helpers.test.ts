import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ObjectMeta } from '../object.ts';
import { ManualClock } from '../store/manual-clock.ts';
import { SeededRandom } from '../store/test-realms.ts';
import { backoffDelay_ms } from './backoff.ts';
import { getCondition, isConditionTrue, readyCondition, setCondition } from './conditions.ts';
import { withFinalizer, withoutFinalizer } from './finalizers.ts';

describe('conditions', () => {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const first = setCondition(undefined, readyCondition('False', 'Creating', 'wait', 1), clock);

  it('keep the time of the last transition while the status is the same', async () => {
    await clock.advance(5_000);
    const again = setCondition(first, readyCondition('False', 'ImageMissing', 'import the image', 2), clock);
    assert.deepEqual(again, [
      {
        type: 'Ready',
        status: 'False',
        reason: 'ImageMissing',
        message: 'import the image',
        observedGeneration: 2,
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ]);
    const ready = setCondition(again, readyCondition('True', 'Running', 'it runs', 2), clock);
    assert.equal(getCondition(ready, 'Ready')?.lastTransitionTime, '2026-01-01T00:00:05Z');
    assert.equal(isConditionTrue(ready, 'Ready'), true);
  });

  it('are the same list when nothing is different, so that nothing is written', () => {
    assert.equal(setCondition(first, readyCondition('False', 'Creating', 'wait', 1), clock), first);
  });

  it('leave other conditions alone', () => {
    const both = setCondition(
      first,
      { type: 'Synced', status: 'True', reason: 'Synced', message: '' },
      clock,
    );
    assert.deepEqual(
      both.map(({ type }) => type),
      ['Ready', 'Synced'],
    );
  });
});

describe('finalizers', () => {
  const object: { readonly metadata: ObjectMeta } = {
    metadata: {
      name: 'x',
      uid: 'u',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
  };

  it('are put on once and taken off without touching others', () => {
    const with_a = withFinalizer(object, 'a');
    const with_both = withFinalizer(with_a, 'b');
    assert.equal(withFinalizer(with_both, 'a'), with_both);
    assert.deepEqual(withoutFinalizer(with_both, 'a').metadata.finalizers, ['b']);
    assert.equal(withoutFinalizer(object, 'a'), object);
  });

  it('are not added to an object that is being deleted', () => {
    const dying = { metadata: { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    assert.equal(withFinalizer(dying, 'a'), dying);
  });
});

describe('backoff', () => {
  it('doubles to its cap, and at least half of it is waited', () => {
    const random = new SeededRandom(7);
    for (const [failures, full_ms] of [
      [1, 200],
      [2, 400],
      [5, 3_200],
      [9, 51_200],
      [10, 60_000],
      [1_000, 60_000],
    ] as const) {
      const delay_ms = backoffDelay_ms(failures, random);
      assert.ok(delay_ms >= full_ms / 2 && delay_ms <= full_ms, `${failures}: ${delay_ms}`);
    }
  });
});

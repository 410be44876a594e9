/** Sweeps after backups and restores that nobody goes on with, disturbed at every change they make in Incus, which is real, and at every write. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import type { Disturbance, Disturber } from '#kernel/reconcile/testing/instrument.ts';
import {
  ENDED,
  type LeftCase,
  type LeftEngine,
  LIVE,
  leftEngine,
  PROJECT,
  type Seen,
} from '../testing/left.ts';

/** A change that never reached Incus is much the same as one that was not tried yet: that is for the long form. */
const DISTURBED: readonly Disturbance[] = ['repeat', 'lost', 'crash-after'];

const UNTOUCHED: Seen = {
  snapshots: { data: [], half: [], web: [] },
  restoring: { data: undefined, half: undefined, web: undefined },
  content: { data: 'since', half: 'since', web: 'since' },
  projects: [PROJECT, 'default'],
};

describe('what backups and restores left', () => {
  let engine: LeftEngine;
  before(async () => {
    engine = await leftEngine();
  });
  after(async () => engine?.close());

  async function endsAlways(left: LeftCase, expected: Seen): Promise<void> {
    let outcomes = 0;
    const scenario = { setUp: (disturber: Disturber) => engine.setUp(disturber, left) };
    for await (const { title, state } of everyDisturbance(scenario, DISTURBED)) {
      assert.deepEqual(state, expected, title);
      outcomes++;
    }
    assert.ok(outcomes > 10, `${outcomes} outcomes`);
  }

  it('what a run that has ended left ends gone, its carrier too, and what one that goes on holds stays', () =>
    endsAlways(
      { of: 'Backup', snapshots: { data: [`b-${LIVE}`, `b-${ENDED}`] }, hasCarrier: true },
      { ...UNTOUCHED, snapshots: { ...UNTOUCHED.snapshots, data: [`b-${LIVE}`] } },
    ));

  it('what a restore broke off ends as it was before, or gone where it is new, and what one that goes on writes stays', () =>
    endsAlways(
      {
        of: 'Restore',
        snapshots: { data: [`r-${LIVE}`], half: [`r-${ENDED}`] },
        restoring: { data: `in-place/${LIVE}`, half: `in-place/${ENDED}`, copy: `new/${ENDED}` },
      },
      {
        ...UNTOUCHED,
        snapshots: { ...UNTOUCHED.snapshots, data: [`r-${LIVE}`] },
        restoring: { ...UNTOUCHED.restoring, data: `in-place/${LIVE}` },
        content: { ...UNTOUCHED.content, half: 'before' },
      },
    ));
});

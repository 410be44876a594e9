/** Sweeps after backups and restores, of volumes and of instances, with every disturbance of every change they make in Incus, and of every write. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import type { Disturber } from '#kernel/reconcile/testing/instrument.ts';
import {
  ENDED,
  type LeftCase,
  type LeftEngine,
  LIVE,
  leftEngine,
  PROJECT,
  type Seen,
  UNKNOWN,
} from '../testing/left.ts';

const UNTOUCHED: Seen = {
  snapshots: { data: [], half: [], web: [] },
  restoring: { data: undefined, half: undefined, web: undefined },
  content: { data: 'since', half: 'since', web: 'since' },
  projects: [PROJECT, 'default'],
};

describe('what backups and restores left, with every disturbance', () => {
  let engine: LeftEngine;
  before(async () => {
    engine = await leftEngine();
  });
  after(async () => engine?.close());

  async function endsAlways(left: LeftCase, expected: Seen): Promise<void> {
    let outcomes = 0;
    const scenario = { setUp: (disturber: Disturber) => engine.setUp(disturber, left) };
    for await (const { title, state } of everyDisturbance(scenario)) {
      assert.deepEqual(state, expected, title);
      outcomes++;
    }
    assert.ok(outcomes > 20, `${outcomes} outcomes`);
  }

  it('what runs left that have ended, or that nobody knows, ends gone, and what is a user’s or of one that goes on stays', () =>
    endsAlways(
      {
        of: 'Backup',
        snapshots: {
          data: [`b-${LIVE}`, `b-${ENDED}`, `b-${UNKNOWN}`, 's-of-a-user'],
          web: [`b-${LIVE}`, `b-${ENDED}`],
        },
        hasCarrier: true,
      },
      {
        ...UNTOUCHED,
        snapshots: { data: [`b-${LIVE}`, 's-of-a-user'], half: [], web: [`b-${LIVE}`] },
      },
    ));

  it('what restores broke off ends as it was before, or gone where it is new, and what one that goes on writes stays', () =>
    endsAlways(
      {
        of: 'Restore',
        snapshots: { data: [`r-${LIVE}`], half: [`r-${ENDED}`], web: [`r-${UNKNOWN}`] },
        restoring: {
          data: `in-place/${LIVE}`,
          half: `in-place/${ENDED}`,
          web: `in-place/${UNKNOWN}`,
          copy: `new/${UNKNOWN}`,
        },
        hasCarrier: true,
      },
      {
        ...UNTOUCHED,
        snapshots: { data: [`r-${LIVE}`], half: [], web: [] },
        restoring: { data: `in-place/${LIVE}`, half: undefined, web: undefined },
        content: { data: 'since', half: 'before', web: 'before' },
      },
    ));

  it('once the region was put back, what there was before a restore that nobody knows stays, and all else that is left goes', () =>
    endsAlways(
      {
        of: 'Restore',
        snapshots: {
          data: [`r-${UNKNOWN}`, `b-${UNKNOWN}`],
          half: [`r-${ENDED}`, `r-${LIVE}`],
          web: [`r-${UNKNOWN}`],
        },
        isRestored: true,
        hasCarrier: true,
      },
      {
        ...UNTOUCHED,
        snapshots: { data: [`r-${UNKNOWN}`], half: [`r-${LIVE}`], web: [`r-${UNKNOWN}`] },
      },
    ));
});

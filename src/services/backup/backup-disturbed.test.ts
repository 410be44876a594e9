import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { everyDisturbance, type Scenario } from '#kernel/reconcile/testing/harness.ts';
import { PLAN, REMOVAL, RESTORE, RUN } from './testing/disturbed.ts';

interface Disturbed<State> {
  readonly scenario: Scenario<State>;
  readonly expected: unknown;
}

async function endsAlways<State>({ scenario, expected }: Disturbed<State>): Promise<void> {
  let outcomes = 0;
  for await (const { state, title } of everyDisturbance(scenario, ['lost', 'crash-after'])) {
    assert.deepEqual(state, expected, title);
    outcomes++;
  }
  assert.ok(outcomes > 5, `${outcomes} outcomes`);
}

describe('plans, runs, restores and removals, killed after every call or told that it failed', () => {
  it('a backup ends whole', () => endsAlways(RUN));
  it('a restore ends with what was saved', () => endsAlways(RESTORE));
  it('what is over its time ends removed, and the newest does not', () => endsAlways(REMOVAL));
  it('a plan that is due ends with one backup for that time', () => endsAlways(PLAN));
});

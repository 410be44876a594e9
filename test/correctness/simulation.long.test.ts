/** Thousands of runs of the simulation, other ones each time they are asked for by another first seed. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { simulate } from './simulation/run.ts';
import { inWords, simulateSeeds } from './simulation/seeds.ts';

const SEEDS = 2_500;

it('the control plane holds for thousands of seeds', async (t) => {
  t.diagnostic(inWords(await simulateSeeds(1_000, SEEDS)));
});

it('thousands of seeds would find a leader that does not ask what its predecessor saw', async (t) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { failure } = await simulate(seed, { bug: 'stale leader' });
    if (!failure) continue;
    t.diagnostic(`seed ${seed}: ${failure.message.split('\n')[0]}`);
    return;
  }
  assert.fail(`${SEEDS} seeds did not find it`);
});

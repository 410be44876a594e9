/**
 * The control plane on simulated time: real HTTP servers, store, logs, watches and controllers in several processes, with everything going
 * wrong that can. Every seed is another run; thousands more run with `--long`.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bug } from './simulation/process.ts';
import { simulate } from './simulation/run.ts';
import { inWords, SEED_VARIABLE, simulateSeeds } from './simulation/seeds.ts';

const SEEDS = 80;
const isReplay = process.env[SEED_VARIABLE] !== undefined;

/** How often, in a seed, what has to happen on average. */
const HAPPENED_MIN = {
  requests: 150,
  writes: 80,
  changes: 40,
  'events watched': 40,
  crashes: 1 / 3,
  'connections that broke': 3,
  'watches resumed': 10,
  'watches begun anew': 1 / 20,
  'pages gone on with': 1,
};

/** How many seeds it takes at most to find each bug that one could have made. */
const BUGS: Readonly<Record<Exclude<Bug, 'stale leader'>, number>> = {
  'acknowledged before committed': 2,
  'blind retries': 20,
  'forged leaf': 2,
  'no look before the make': 20,
  'no sweep': 120,
  'stale reads': 2,
  'watch events lost': 20,
  'conflicts of an apply ignored': 10,
  'dry runs that run': 10,
  'a page that skips one': 10,
  'a watch that resumes one late': 10,
  'selections ignored': 10,
  'a list of another revision': 10,
};

describe('the control plane, whatever happens to it', () => {
  it('loses nothing acknowledged, does nothing twice, converges and leaves no orphan', async (t) => {
    const figures = await simulateSeeds(1, SEEDS);
    t.diagnostic(inWords(figures));
    if (isReplay) return;
    // That so much happened at all is what makes the rest worth something.
    for (const [what, times_min] of Object.entries(HAPPENED_MIN)) {
      assert.ok((figures.get(what) ?? 0) >= times_min * SEEDS, `${figures.get(what)} ${what}`);
    }
  });

  it('does the same for the same seed', { skip: isReplay }, async () => {
    let lines = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const { trace } = await simulate(seed, { isTraced: true });
      lines += trace.length;
      assert.deepEqual((await simulate(seed, { isTraced: true })).trace, trace);
    }
    assert.ok(lines > 500, `${lines} lines`);
  });

  for (const [bug, seeds_max] of Object.entries(BUGS) as [Bug, number][]) {
    it(`would be found out with this mistake in it: ${bug}`, { skip: isReplay }, async (t) => {
      for (let seed = 1; seed <= seeds_max; seed++) {
        const { failure } = await simulate(seed, { bug });
        if (!failure) continue;
        t.diagnostic(`seed ${seed}: ${failure.message.split('\n')[0]}`);
        return;
      }
      assert.fail(`${seeds_max} seeds did not find it`);
    });
  }
});

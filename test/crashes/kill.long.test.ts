/** The long form of `kill.test.ts`: 200 operations, and a seed of its own at every run. */

import { randomInt } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { startRegion, type TestRegion } from '../support/region.ts';
import { ordeal } from './ordeal.ts';
import { chosenSeed, replay } from './seed.ts';

const SEEDS = 2 ** 31;

suite('a region whose processes are killed', { timeout: 600_000 }, () => {
  let region: TestRegion;

  before(async () => {
    region = await startRegion({ name: 'crashing' });
  });
  after(() => region?.destroy());

  test('keeps every acknowledged change, converges, leaves nothing behind, and its ledgers verify', async (t) => {
    const seed = chosenSeed(randomInt(SEEDS));
    t.diagnostic(replay(seed, 'test/crashes/kill.long.test.ts --long'));
    const report = await ordeal(region, {
      seed,
      operations: 200,
      kills: 15,
      instances_max: 6,
      networks_max: 5,
      projects_max: 4,
      rest_limit_ms: 180_000,
    });
    t.diagnostic(JSON.stringify(report));
  });
});

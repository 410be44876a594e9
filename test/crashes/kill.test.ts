/** `kill -9` of a region's processes at random points during mixed operations. `kill.long.test.ts` does more of it. */

import { after, before, suite, test } from 'node:test';
import { startRegion, type TestRegion } from '../support/region.ts';
import { ordeal } from './ordeal.ts';
import { chosenSeed, replay } from './seed.ts';

/** The same operations and kills at every run; the long form draws its own. */
const SEED = 7;

suite('a region whose processes are killed', { timeout: 300_000 }, () => {
  let region: TestRegion;

  before(async () => {
    region = await startRegion({ name: 'crashing' });
  });
  after(() => region?.destroy());

  test('keeps every acknowledged change, converges, leaves nothing behind, and its ledgers verify', async (t) => {
    const seed = chosenSeed(SEED);
    t.diagnostic(replay(seed, 'test/crashes/kill.test.ts'));
    const report = await ordeal(region, {
      seed,
      operations: 40,
      kills: 6,
      instances_max: 3,
      networks_max: 3,
      projects_max: 3,
      rest_limit_ms: 90_000,
    });
    t.diagnostic(JSON.stringify(report));
  });
});

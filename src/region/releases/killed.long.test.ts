/** Upgrades of which everybody who takes part is killed: the driver at every step and every word it writes; and driver, supervisor and power at 500 points of all that they do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killAtReleasePoints } from './testing/kill-points.ts';
import { killedSteps } from './testing/killed.ts';
import { openUpgradeWorld } from './testing/world.ts';

/** Beside the 1,000 of import and publishing, which have a test of their own. */
const POINTS = 500;
const SEED = 5;

test('killed anywhere, an upgrade leaves one release running, and begins anew', async (t) => {
  const count = await killedSteps(await openUpgradeWorld(t), () => true);
  assert.ok(count >= 24, `${count} times`);
});

test('with driver, supervisor or power gone at 500 seeded points, one whole release runs each time, the one that the disk says', async (t) => {
  const { byFate, ends } = await killAtReleasePoints(t, POINTS, SEED);
  t.diagnostic(JSON.stringify({ byFate, ends }));
});

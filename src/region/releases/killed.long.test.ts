/** The driver of an upgrade killed at every step and every word it writes, before and after. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killedSteps } from './testing/killed.ts';
import { openUpgradeWorld } from './testing/world.ts';

test('killed anywhere, an upgrade leaves one release running, and begins anew', async (t) => {
  const count = await killedSteps(await openUpgradeWorld(t), () => true);
  assert.ok(count >= 24, `${count} times`);
});

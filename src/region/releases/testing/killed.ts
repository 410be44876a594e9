/** Kills the driver of upgrades at one call after the other, before it and after it, and sees each time that one release runs, that it is the one that the disk says, and that an upgrade works then. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { isEnd, readCurrent, readJournal } from '#gap/release/journal.ts';
import { wakefulClock } from '../../clock.ts';
import { untilReady } from '../../supervisor/testing/scripts.ts';
import { drive, type Order } from '../drive.ts';
import { settleUpgrades } from '../launch.ts';
import { plainJudge } from './judge.ts';
import type { UpgradeWorld } from './world.ts';

const CHILD = join(import.meta.dirname, 'drive-child.ts');
const CHILD_LIMIT_MS = 60_000;

/** How often it was killed. */
export async function killedSteps(
  { layout, publish }: UpgradeWorld,
  wanted: (call: number, when: 'before' | 'after') => boolean,
): Promise<number> {
  let version = 0;
  let running = 'checkout';
  let killed = 0;
  const next = () => publish(`1.${version++}.0`);
  const child = (order: Order, when: string, at: number) =>
    spawnSync(process.execPath, [CHILD, layout.data, JSON.stringify(order), when, `${at}`], {
      encoding: 'utf8',
      timeout: CHILD_LIMIT_MS,
    });
  const whole = await next();
  const { calls } = JSON.parse(child(whole, 'never', 0).stdout) as { readonly calls: number };
  running = whole.version;
  for (let at = 0; at < calls; at++) {
    for (const when of ['before', 'after'] as const) {
      if (!wanted(at, when)) continue;
      const title = `${when} call ${at}`;
      const order = await next();
      assert.equal(child(order, when, at).signal, 'SIGKILL', title);
      killed += 1;
      await settleUpgrades(layout, wakefulClock);
      const status = await untilReady(layout);
      const end = (await readJournal(layout.releases)).at(-1);
      assert.ok(end !== undefined && isEnd(end.step), `${title}: ${end?.step}`);
      if (end.step === 'Confirmed') running = order.version;
      assert.deepEqual([status.digest, status.onTrial], [running, false], `${title}: ${end.step}`);
      assert.equal((await readCurrent(layout.releases))?.version, running, title);
    }
  }
  const order = await next();
  const judge = plainJudge(layout, wakefulClock, 50);
  assert.equal(await drive({ layout, order, clock: wakefulClock, judge, unsigned: true }), 'Confirmed');
  return killed;
}

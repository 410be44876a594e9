// Volumes that were put into the inbox as they are: the receiver's process, which may touch nothing else, reads the bundle from them, and makes up for one that is lost.
import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { NOW_ms } from '../bundle/testing/bundle-world.ts';
import { splitIntoFolder } from '../bundle/volumes/split.ts';
import { startedHere } from '../confined/start.ts';
import { processReceiver } from './receiver/client.ts';
import { receiverCommand } from './receiver/command.ts';
import { startImportWorld } from './testing/import-world.ts';

const VOLUMES = { parity_percent: 15, volume_bytes: 1_000_000 };

test('a folder of volumes in the inbox, one of them lost, comes in like the file they were made of; with two lost it is refused by their numbers', async (t) => {
  const world = await startImportWorld(t, {
    receiver: (folders, advisories) =>
      processReceiver(startedHere(receiverCommand({ folders, advisories })), new ManualClock(NOW_ms)),
  });
  await world.trust();
  const bundle = await world.bundles.signed('seven', 'tar');
  for (const [name, lost] of [
    ['enough', 1],
    ['too-few', 2],
  ] as const) {
    const folder = join(world.folders.inbox, name);
    await splitIntoFolder(bundle, folder, VOLUMES);
    for (const volume of (await readdir(folder)).sort().slice(1, 1 + lost)) await rm(join(folder, volume));
  }
  const tooFew = await world.bring('too-few');
  assert.equal(tooFew.phase, 'Refused');
  assert.equal(tooFew.refusals?.[0]?.reason, 'Missing');
  assert.match(
    tooFew.refusals?.[0]?.message ?? '',
    /more blocks are needed at least.*volume 2 .*; volume 3 /,
  );
  const enough = await world.bring('enough');
  assert.deepEqual([enough.phase, enough.refusals], ['AwaitingApproval', undefined]);
  assert.equal((await world.publish('enough')).phase, 'Published');
});

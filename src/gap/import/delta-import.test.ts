// Bundles of deltas into a region: what is published is what the whole bundle would have brought; they may come in any order, and one that is lost takes none with it.
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { blobPath } from '../bundle/descriptor.ts';
import { BLOCK_BYTES } from '../bundle/limits.ts';
import { patternOf } from '../bundle/testing/bundle-world.ts';
import { deltaRecipe, editModel } from '../bundle/testing/delta-world.ts';
import { ContentStore } from './content-store.ts';
import { startImportWorld } from './testing/import-world.ts';

/** A region that trusts the signers; on their side `one` is whole, and what follows is made against what is named. */
async function startDeltas(t: TestContext) {
  const world = await startImportWorld(t);
  await world.trust();
  const { bundles } = world;
  await bundles.signed('one', 'tar', { recipe: deltaRecipe(1) });
  const next = async (version: number, name: string, against: readonly string[]) => {
    await editModel(bundles, version);
    const recipe = deltaRecipe(version);
    await bundles.signed(name, 'tar', { recipe, against });
    await world.carry(name);
    return (await bundles.verify(name, { bases: against })).digest;
  };
  await world.carry('one');
  return { world, next };
}

const conditionOf = (status: { readonly conditions?: readonly { reason: string; message: string }[] }) =>
  status.conditions?.[0];

test('content that came as a delta is, byte for byte, what the whole bundle has, under the same digest', async (t) => {
  const { world, next } = await startDeltas(t);
  await world.bring('one');
  await world.publish('one');
  const digest = await next(2, 'two', ['one']);
  const waiting = await world.bring('two');
  assert.equal(waiting.phase, 'AwaitingApproval', JSON.stringify(waiting));
  assert.equal(waiting.bundle?.digest, `sha256:${digest}`);
  assert.equal((await world.publish('two')).phase, 'Published');
  const content = new ContentStore(world.folders.content);
  const full = await world.bundles.verify('two', { bases: ['one'] });
  const [model] = full.items[0]?.layers ?? [];
  const published = await readFile(content.blobPath(model?.descriptor.digest ?? ''));
  assert.ok(published.equals(await readFile(world.bundles.path('model.bin'))));
  assert.ok(published.length > 2 * BLOCK_BYTES);
  // No delta lies there: only what was made of it.
  const names = new Set(await readdir(join(world.folders.content, 'blobs/sha256')));
  const { deltas } = full;
  for (const { data } of deltas?.document.deltas ?? []) assert.ok(!names.has(data.slice(7)));
  assert.equal((await content.bundles()).length, 2);
});

test('in any order: a delta that comes before what it builds on names it, changes nothing, and goes on by itself', async (t) => {
  const { world, next } = await startDeltas(t);
  await next(2, 'two', ['one']);
  const early = await world.bring('two');
  assert.equal(early.phase, 'Receiving');
  assert.equal(conditionOf(early)?.reason, 'MissingBases');
  assert.match(
    conditionOf(early)?.message ?? '',
    /^it builds on content that is not here: .*files\/models\/1\.1: model\.bin \(sha256:[0-9a-f]{64}\).*; it goes on by itself once that was published$/,
  );
  for (const folder of await readdir(world.folders.quarantine)) {
    assert.deepEqual(await readdir(join(world.folders.quarantine, folder, 'blobs/sha256')), []);
  }
  // Another name: of one name versions only go up.
  await world.bring('one');
  await world.publish('one');
  assert.equal((await world.settle('two')).phase, 'AwaitingApproval');
  assert.equal((await world.publish('two')).phase, 'Published');
});

test('a delta that was lost costs its own bytes: the next one, against what the region has, comes in without it', async (t) => {
  const { world, next } = await startDeltas(t);
  await world.bring('one');
  await world.publish('one');
  await next(3, 'three', ['one']);
  assert.equal((await world.bring('three')).phase, 'AwaitingApproval');
  assert.equal((await world.publish('three')).phase, 'Published');
});

test('old content that was damaged in the region is found at its block, and what came is refused', async (t) => {
  const { world, next } = await startDeltas(t);
  await world.bring('one');
  await world.publish('one');
  await next(2, 'two', ['one']);
  const [delta] = (await world.bundles.verify('two')).deltas?.document.deltas ?? [];
  const { digest = '', size = 0 } = delta?.base ?? {};
  await writeFile(join(world.folders.content, blobPath(digest)), patternOf(size, 42));
  const { phase, refusals } = await world.bring('two');
  assert.equal(phase, 'Refused');
  assert.match(refusals?.[0]?.part ?? '', /^files\/models\/1\.2: blob sha256:[0-9a-f]{64}, block 0$/);
  assert.match(refusals?.[0]?.message ?? '', /model\.bin \(sha256:[0-9a-f]{64}\) is damaged here$/);
});

// Deltas of bundles: whatever was changed, what is made again is what was signed for; they come in any order, and what they need is named before anything happens.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { inspectBundle } from '../inspect.ts';
import { BLOCK_BYTES } from '../limits.ts';
import { signBundle } from '../sign.ts';
import { CREATED, EXPIRES, LARGE_BYTES, patternOf, startBundleWorld } from '../testing/bundle-world.ts';

const recipe = (version: number) => `
name: town-models
version: ${version}
created: ${CREATED}
expires: ${EXPIRES}
roots: roots
items:
  - type: files
    name: models
    version: "1.${version}"
    licence: Apache-2.0
    files: [{path: model.bin}, {path: papers, as: papers}]
`;

/** Version 1 whole; then the model is edited in the middle, grown and shifted, one paper is new, one stays. */
async function startTwo(t: TestContext) {
  const world = await startBundleWorld(t);
  await world.signed('one.bundle', 'tar', { recipe: recipe(1) });
  const model = await readFile(world.path('model.bin'));
  const edited = Buffer.concat([
    model.subarray(0, 1_000),
    Buffer.from('a line that was not there'),
    model.subarray(1_000, BLOCK_BYTES + 77),
    patternOf(5_000, 7),
    model.subarray(BLOCK_BYTES + 500),
  ]);
  await writeFile(world.path('model.bin'), edited);
  await writeFile(world.path('papers/new.txt'), 'New.\n');
  return { world, edited };
}

const sizeOf = async (path: string) => (await readFile(path)).length;

test('a delta has the digest of the whole bundle, a small part of its bytes, and verifies to the last byte beside the old one', async (t) => {
  const { world } = await startTwo(t);
  const full = await world.build('two-full.bundle', 'tar', { recipe: recipe(2) });
  const delta = await world.build('two.bundle', 'tar', { recipe: recipe(2), against: ['one.bundle'] });
  assert.equal(delta.digest, full.digest);
  const { deltas } = delta;
  assert.equal(deltas?.document.deltas.length, 1);
  assert.equal(deltas?.document.deltas[0]?.base?.name, 'files/models/1.1: model.bin');
  assert.equal(deltas?.document.left.length, 2);
  for (const signer of [world.signers.alice, world.signers.bob])
    await signBundle(world.path('two.bundle'), signer);
  assert.ok((await sizeOf(world.path('two.bundle'))) < 0.05 * LARGE_BYTES);
  const whole = await world.verify('two.bundle', { bases: ['one.bundle'] });
  assert.deepEqual([whole.digest, whole.missing], [full.digest, []]);
  const inspected = await inspectBundle(world.path('two.bundle'));
  assert.equal(inspected.digest, full.digest);
});

/** What tests of deltas share: a first bundle that a region has, and what was changed since. */
import { readFile, writeFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { BLOCK_BYTES } from '../limits.ts';
import { CREATED, EXPIRES, patternOf, startBundleWorld } from './bundle-world.ts';

export const deltaRecipe = (version: number) => `
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

/** `one.bundle` is signed; then the model is edited, grown and shifted, one paper is new, and two stay as they were. */
export async function startDeltaWorld(t: TestContext) {
  const world = await startBundleWorld(t);
  await world.signed('one.bundle', 'tar', { recipe: deltaRecipe(1) });
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

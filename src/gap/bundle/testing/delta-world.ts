/** What tests of deltas share: a first bundle that a region has, and what was changed since. */
import { writeFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { BLOCK_BYTES } from '../limits.ts';
import {
  type BundleWorld,
  CREATED,
  EXPIRES,
  LARGE_BYTES,
  patternOf,
  startBundleWorld,
} from './bundle-world.ts';

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

/** The model is edited, grown and shifted, otherwise for each version; one paper is new, two stay as they were. */
export async function editModel(world: Pick<BundleWorld, 'path'>, version: number): Promise<Buffer> {
  const model = patternOf(LARGE_BYTES);
  const edited = Buffer.concat([
    model.subarray(0, 1_000),
    Buffer.from('a line that was not there'),
    model.subarray(1_000, BLOCK_BYTES + 77),
    patternOf(5_000, 5 + version),
    model.subarray(BLOCK_BYTES + 500),
  ]);
  await writeFile(world.path('model.bin'), edited);
  await writeFile(world.path('papers/new.txt'), `New in ${version}.\n`);
  return edited;
}

/** `one.bundle` is signed, and then there is something new. */
export async function startDeltaWorld(t: TestContext) {
  const world = await startBundleWorld(t);
  await world.signed('one.bundle', 'tar', { recipe: deltaRecipe(1) });
  return { world, edited: await editModel(world, 2) };
}

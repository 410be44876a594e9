/** Mutates a good bundle again and again, and insists that each result is refused, with a part that is named. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { BundleError } from '../problem.ts';
import { RECIPE, startBundleWorld } from './bundle-world.ts';
import { mutate, mutation, piecesOf } from './mutations.ts';

/** Without the large file: what matters is that every byte counts, and there are fewer of them. */
export const SMALL_RECIPE = RECIPE.replace('      - path: model.bin\n', '');

export async function refuseMutations(t: TestContext, runs: number, seed: number): Promise<void> {
  const world = await startBundleWorld(t);
  const tar = await readFile(await world.signed('good.bundle', 'tar', { recipe: SMALL_RECIPE }));
  const verified = await world.verify('good.bundle');
  const layers = new Map(
    verified.items.flatMap(({ path, layers }) =>
      layers.map(({ descriptor: { digest } }) => [
        digest.replace('sha256:', 'blobs/sha256/'),
        `${path}: blob ${digest}`,
      ]),
    ),
  );
  const pieces = piecesOf(tar);
  const refused = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(mutation, async (change) => {
      const bytes = mutate(tar, change);
      fc.pre(!bytes.equals(tar));
      await writeFile(world.path('bad.bundle'), bytes);
      const error = await world.verify('bad.bundle').then(
        () => assert.fail('it was accepted'),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof BundleError, `it broke: ${error instanceof Error ? error.stack : error}`);
      assert.notEqual(error.part, '');
      refused.set(error.reason, (refused.get(error.reason) ?? 0) + 1);
      if (change.kind !== 'flip') return;
      const offset = Math.floor(change.at * tar.length);
      const hit = pieces.find(({ content, size }) => offset >= content && offset < content + size);
      const named = hit === undefined ? undefined : layers.get(hit.name);
      // The handbook holds one of the models' files too: the first item that does is the one that is named.
      if (named !== undefined) assert.ok(error.part.endsWith(named.replace(/^.*: blob /, '')), error.part);
    }),
    { seed, numRuns: runs },
  );
  for (const reason of ['Malformed', 'Missing', 'Unexpected', 'WrongDigest']) {
    assert.ok((refused.get(reason) ?? 0) > 0, `no mutation was refused as ${reason}`);
  }
}

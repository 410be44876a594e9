/** Images out of a registry, which is Debian's docker-registry, fetched by Debian's skopeo. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BundleError } from '../problem.ts';
import { parseRecipe } from '../recipe.ts';
import { RECIPE, startBundleWorld } from '../testing/bundle-world.ts';
import { startRegistry } from '../testing/oci-registry.ts';

const recipeOf = (image: string) => `${RECIPE.slice(0, RECIPE.indexOf('items:'))}items:
  - {type: oci-image, name: web, version: "1.0", licence: EUPL-1.2, image: "${image}"}
`;

test('an image comes out of a registry by its digest, the same each time, whatever its tag has become', async (t) => {
  const world = await startBundleWorld(t);
  const registry = await startRegistry(t, world);
  const digest = await registry.push('town/web:1.0', 'first');
  const recipe = recipeOf(`docker://${registry.address}/town/web@${digest}`);
  const before = await world.build('a', 'tar', { recipe });
  assert.notEqual(await registry.push('town/web:1.0', 'second'), digest);
  const after = await world.build('b', 'tar', { recipe });
  assert.equal(after.digest, before.digest);
  await world.signed('c', 'tar', { recipe });
  const [item] = (await world.verify('c')).items;
  assert.equal(item?.manifest.digest, digest);
});

test('an image that the registry does not have is named, and a tag is no digest', async (t) => {
  const world = await startBundleWorld(t);
  const registry = await startRegistry(t, world);
  await registry.push('town/web:1.0', 'first');
  const absent = `docker://${registry.address}/town/web@sha256:${'0'.repeat(64)}`;
  await assert.rejects(
    world.build('a', 'tar', { recipe: recipeOf(absent) }),
    (error) =>
      error instanceof BundleError && error.part === absent && /manifest unknown/.test(error.message),
  );
  assert.throws(
    () => parseRecipe(recipeOf(`docker://${registry.address}/town/web:1.0`), 'recipe.yaml'),
    /image: .*a tag may be another image tomorrow/,
  );
});

// Images of several architectures: carried whole, whatever machine builds, or those that the recipe chooses; Debian's skopeo takes them out as they were.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { takeInventory } from '../../inventory/take.ts';
import { blobPath, MEDIA, REF_NAME, sha256 } from '../descriptor.ts';
import { BundleError } from '../problem.ts';
import { parseRecipe } from '../recipe.ts';
import { type BundleWorld, CREATED, RECIPE, startBundleWorld } from '../testing/bundle-world.ts';
import { startRegistry } from '../testing/oci-registry.ts';

const PLATFORMS = ['linux/amd64', 'linux/arm64/v8', 'linux/arm/v7'] as const;

const run = (world: BundleWorld, command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { cwd: world.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** An OCI image layout with a list called web, of an image for each platform, and each image by its architecture. Gives the list's digest. */
async function makeList(world: BundleWorld, layout = 'image'): Promise<string> {
  run(world, 'umoci', 'init', '--layout', layout);
  const read = async (digest: string) => readFile(world.path(`${layout}/${blobPath(digest)}`));
  const manifests: object[] = [];
  for (const name of PLATFORMS) {
    const [os = '', architecture = '', variant] = name.split('/');
    const image = `${layout}:${architecture}`;
    await writeFile(world.path('file'), `for ${name}\n`);
    run(world, 'umoci', 'new', '--image', image);
    run(world, 'umoci', 'config', '--image', image, '--os', os, '--architecture', architecture);
    run(world, 'umoci', 'insert', '--rootless', '--image', image, 'file', '/srv/file');
    const index = JSON.parse(await readFile(world.path(`${layout}/index.json`), 'utf8'));
    const { digest } = index.manifests.find(
      ({ annotations }: { annotations: Record<string, string> }) => annotations[REF_NAME] === architecture,
    );
    manifests.push({
      mediaType: MEDIA.manifest,
      digest,
      size: (await read(digest)).length,
      platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
    });
  }
  return addList(world, layout, 'web', { schemaVersion: 2, mediaType: MEDIA.index, manifests });
}

async function addList(world: BundleWorld, layout: string, reference: string, list: object): Promise<string> {
  const bytes = Buffer.from(JSON.stringify(list, null, 2));
  const digest = sha256(bytes);
  await writeFile(world.path(`${layout}/${blobPath(digest)}`), bytes);
  const path = world.path(`${layout}/index.json`);
  const index = JSON.parse(await readFile(path, 'utf8'));
  index.manifests.push({
    mediaType: MEDIA.index,
    digest,
    size: bytes.length,
    annotations: { [REF_NAME]: reference },
  });
  await writeFile(path, JSON.stringify(index));
  return digest;
}

const recipeOf = (more: string) => `${RECIPE.slice(0, RECIPE.indexOf('items:'))}items:
  - {type: oci-image, name: web, version: "1.0", licence: EUPL-1.2, ${more}}
`;
const FROM_LAYOUT = 'layout: image, reference: web';

async function withList(t: TestContext) {
  const world = await startBundleWorld(t);
  return { world, digest: await makeList(world) };
}

const rawOf = (world: BundleWorld, image: string) => run(world, 'skopeo', 'inspect', '--raw', image);
const imageIn = (bundle: string) => `oci-archive:${bundle}:oci-image/web:1.0`;

test('an image for several architectures is carried whole, and skopeo copies all of it out, byte for byte; two builds, one digest', async (t) => {
  const { world, digest } = await withList(t);
  const recipe = recipeOf(FROM_LAYOUT);
  const first = await world.build('first', 'tar', { recipe });
  await world.signed('a.bundle', 'tar', { recipe });
  const verified = await world.verify('a.bundle');
  assert.equal(verified.digest, first.digest);
  const [item] = verified.items;
  assert.equal(item?.manifest.digest, digest);
  assert.equal(item?.layers.length, PLATFORMS.length);
  assert.equal(sha256(rawOf(world, imageIn('a.bundle'))), digest);
  run(world, 'skopeo', 'copy', '--all', '--quiet', imageIn('a.bundle'), 'oci:out:web');
  assert.equal(sha256(rawOf(world, 'oci:out:web')), digest);
  run(world, 'skopeo', '--override-arch', 'arm64', 'copy', '--quiet', imageIn('a.bundle'), 'oci:one:web');
  run(world, 'umoci', 'unpack', '--rootless', '--image', 'one:web', 'unpacked');
  assert.equal(await readFile(world.path('unpacked/rootfs/srv/file'), 'utf8'), 'for linux/arm64/v8\n');
});

test('a recipe chooses platforms: several become a list of just these, and one is the image itself', async (t) => {
  const { world } = await withList(t);
  const two = recipeOf(`${FROM_LAYOUT}, platforms: [linux/arm64, linux/amd64]`);
  await world.signed('two', 'tar', { recipe: two });
  const list = JSON.parse(rawOf(world, imageIn('two')));
  assert.deepEqual(
    list.manifests.map(({ platform }: { platform: object }) => platform),
    [
      { os: 'linux', architecture: 'arm64', variant: 'v8' },
      { os: 'linux', architecture: 'amd64' },
    ],
  );
  run(world, 'skopeo', 'copy', '--all', '--quiet', imageIn('two'), 'oci:out:web');
  assert.equal((await world.verify('two')).items[0]?.layers.length, 2);
  await world.signed('one', 'tar', { recipe: recipeOf(`${FROM_LAYOUT}, platforms: [linux/arm/v7]`) });
  assert.equal(rawOf(world, imageIn('one')), rawOf(world, 'oci:image:arm'));
});

test('the same comes out of a registry by its digest, of which only what was chosen is fetched', async (t) => {
  const { world, digest } = await withList(t);
  const registry = await startRegistry(t, world);
  run(
    world,
    'skopeo',
    'copy',
    '--all',
    '--quiet',
    'oci:image:web',
    `docker://${registry.address}/town/web:1.0`,
  );
  const from = `image: "docker://${registry.address}/town/web@${digest}"`;
  const built = async (name: string, more: string) =>
    (await world.build(name, 'tar', { recipe: recipeOf(more) })).items[0];
  assert.equal((await built('whole', from))?.manifest.digest, digest);
  const choice = 'platforms: [linux/amd64, linux/arm64/v8]';
  const chosen = await built('chosen', `${from}, ${choice}`);
  assert.equal(
    chosen?.manifest.digest,
    (await built('from-layout', `${FROM_LAYOUT}, ${choice}`))?.manifest.digest,
  );
  const one = await built('one', `${from}, platforms: [linux/amd64]`);
  assert.equal(one?.manifest.digest, sha256(rawOf(world, 'oci:image:amd64')));
});

test('a platform that is not there, or not one, is named with those that are', async (t) => {
  const { world } = await withList(t);
  const refused = (more: string, message: RegExp) =>
    assert.rejects(world.build('x', 'tar', { recipe: recipeOf(more) }), (error) => {
      assert.ok(error instanceof BundleError, String(error));
      assert.match(error.message, message);
      return true;
    });
  await refused(
    `${FROM_LAYOUT}, platforms: [linux/s390x]`,
    /0 of its images are for linux\/s390x; it has linux\/amd64, linux\/arm64\/v8, linux\/arm\/v7/,
  );
  await refused(`${FROM_LAYOUT}, platforms: [linux/arm64, linux/arm64/v8]`, /is there twice/);
  await refused(
    'layout: image, reference: amd64, platforms: [linux/arm64]',
    /platforms: it is one image, for linux\/amd64/,
  );
  assert.throws(
    () => parseRecipe(recipeOf(`${FROM_LAYOUT}, platforms: [amd64]`), 'recipe.yaml'),
    /platforms/,
  );
});

test('what is a list to one program and an image to another, and a list in a list, are refused', async (t) => {
  const { world, digest } = await withList(t);
  const list = JSON.parse(rawOf(world, 'oci:image:web'));
  const image = JSON.parse(rawOf(world, 'oci:image:amd64'));
  await addList(world, 'image', 'both', { ...image, ...list });
  await addList(world, 'image', 'nested', {
    schemaVersion: 2,
    manifests: [{ mediaType: MEDIA.index, digest, size: rawOf(world, 'oci:image:web').length }],
  });
  for (const reference of ['both', 'nested']) {
    await assert.rejects(
      world.build('x', 'tar', { recipe: recipeOf(`layout: image, reference: ${reference}`) }),
      (error) => error instanceof BundleError && error.reason === 'Malformed',
      reference,
    );
  }
});

test('deltas leave out the images of a list that the region has', async (t) => {
  const { world } = await withList(t);
  await world.signed('old', 'tar', { recipe: recipeOf(`${FROM_LAYOUT}, platforms: [linux/amd64]`) });
  const recipe = recipeOf(FROM_LAYOUT);
  const whole = await world.build('whole', 'tar', { recipe });
  await world.signed('delta', 'tar', { recipe, against: ['old'] });
  const verified = await world.verify('delta', { bases: ['old'] });
  assert.equal(verified.digest, whole.digest);
  assert.equal(verified.deltas?.left.size, 1);
  assert.deepEqual(verified.missing, []);
});

test('an inventory of what was published lists the layers of all its images, each once', async (t) => {
  const { world } = await withList(t);
  await world.signed('a', 'folder', { recipe: recipeOf(FROM_LAYOUT) });
  const { items, digest, name } = await world.verify('a');
  const published = {
    name,
    version: 7,
    created: CREATED,
    digest,
    metadata: '',
    publishedAt: CREATED,
    import: 'a',
  };
  const content = {
    bundles: async () => [
      { ...published, items: items.map(({ path, manifest, companion }) => ({ path, manifest, companion })) },
    ],
    blobPath: (blob: string) => world.path(`a/${blobPath(blob)}`),
  };
  const inventory = await takeInventory(content, CREATED);
  assert.deepEqual(
    inventory.bundles[0]?.items[0]?.layers?.map((layer) => layer.digest),
    items[0]?.layers.map(({ descriptor }) => descriptor.digest),
  );
});

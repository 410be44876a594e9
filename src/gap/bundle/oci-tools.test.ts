// Debian's OCI tools read bundles: what Casemate makes is no format of its own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { BLOCK_BYTES } from './limits.ts';
import { RECIPE, startBundleWorld } from './testing/bundle-world.ts';
import { SMALL_RECIPE } from './testing/mutated.ts';

const IMAGE_ITEM = `
  - type: oci-image
    name: web
    version: "1.0"
    licence: EUPL-1.2
    layout: image
    reference: web
`;

const run = (cwd: string, command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

test('skopeo lists and copies an item from a folder and from the one file', async (t) => {
  const world = await startBundleWorld(t);
  await world.signed('a', 'folder', { recipe: SMALL_RECIPE });
  await world.signed('a.bundle', 'tar', { recipe: SMALL_RECIPE });
  const item = (await world.verify('a')).items.find(({ path }) => path === 'files/models/1.2');
  assert.ok(item);
  for (const from of ['oci:a', 'oci-archive:a.bundle']) {
    const manifest = run(world.folder, 'skopeo', 'inspect', '--raw', `${from}:files/models:1.2`);
    assert.equal(JSON.parse(manifest).layers.length, item.layers.length);
    const to = from.startsWith('oci:') ? 'copied-1' : 'copied-2';
    run(world.folder, 'skopeo', 'copy', `${from}:files/models:1.2`, `dir:${to}`);
    const names = await readdir(join(world.folder, to));
    for (const { descriptor } of item.layers)
      assert.ok(names.includes(descriptor.digest.replace('sha256:', '')));
  }
});

test('umoci lists what is in a bundle', async (t) => {
  const world = await startBundleWorld(t);
  await world.signed('a', 'folder', { recipe: SMALL_RECIPE });
  assert.deepEqual(run(world.folder, 'umoci', 'list', '--layout', 'a').trim().split('\n').sort(), [
    'casemate/metadata',
    'files/handbook:2026.11',
    'files/models:1.2',
  ]);
});

test('an image stays the image that it was: skopeo copies it out, umoci unpacks it', async (t) => {
  const world = await startBundleWorld(t);
  await writeFile(world.path('large'), Buffer.alloc(2 * BLOCK_BYTES, 'casemate'));
  run(world.folder, 'umoci', 'init', '--layout', 'image');
  run(world.folder, 'umoci', 'new', '--image', 'image:web');
  run(world.folder, 'umoci', 'insert', '--rootless', '--image', 'image:web', 'large', '/srv/large');
  await world.signed('a', 'folder', { recipe: `${RECIPE}${IMAGE_ITEM}` });
  await world.verify('a');
  const digest = (layout: string) => JSON.parse(run(world.folder, 'skopeo', 'inspect', layout)).Digest;
  assert.equal(digest('oci:a:oci-image/web:1.0'), digest('oci:image:web'));
  run(world.folder, 'skopeo', 'copy', 'oci:a:oci-image/web:1.0', 'oci:out:web');
  assert.equal(digest('oci:out:web'), digest('oci:image:web'));
  run(world.folder, 'umoci', 'unpack', '--rootless', '--image', 'a:oci-image/web:1.0', 'unpacked');
  const unpacked = await readFile(world.path('unpacked/rootfs/srv/large'));
  assert.ok(unpacked.equals(await readFile(world.path('large'))));
});

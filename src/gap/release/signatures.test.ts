import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { readHead } from '../bundle/contents.ts';
import { openBundle } from '../bundle/source.ts';
import { NOW_ms, startBundleWorld } from '../bundle/testing/bundle-world.ts';
import { metadataBytes } from '../bundle/tuf/metadata.ts';
import { ContentStore } from '../import/content-store.ts';
import { releasePath } from './published.ts';
import { requireSigned } from './signatures.ts';
import { writeFakeTree } from './testing/fake-tree.ts';

const RECIPE = `
name: casemate
version: 1
created: 2026-11-20T00:00:00Z
expires: 2027-05-20T00:00:00Z
roots: roots
items:
  - {type: release, name: casemate, version: 0.2.0, licence: EUPL-1.2, tree: tree}
`;

/** A signed release as content, as an import publishes it. */
async function published(t: TestContext) {
  const world = await startBundleWorld(t);
  await writeFakeTree(world.path('tree'), { version: '0.2.0' });
  const built = await world.build('bundle', 'folder', { recipe: RECIPE });
  await world.signed('signed', 'folder', { recipe: RECIPE });
  const content = new ContentStore(world.path('content'));
  const publish = async (folder: string, item = built.items[0]) => {
    const source = await openBundle(world.path(folder));
    const { descriptor } = await readHead(source);
    await source.close();
    assert.ok(item);
    await content.publish(world.path(folder), {
      name: 'casemate',
      version: 1,
      created: '2026-11-20T00:00:00Z',
      digest: `sha256:${built.digest}`,
      metadata: descriptor.digest,
      publishedAt: '2026-11-22T00:00:00Z',
      import: 'casemate-1',
      items: [{ path: releasePath('0.2.0'), manifest: item.manifest, companion: item.companion }].map(
        ({ path, manifest, companion }) => ({
          path,
          manifest: { digest: manifest.digest, size: manifest.size },
          companion: { digest: companion.digest, size: companion.size },
        }),
      ),
    });
    return { version: '0.2.0', digest: item.manifest.digest };
  };
  const releases = world.path('releases');
  await mkdir(releases);
  const [root] = world.roots;
  assert.ok(root);
  const text = metadataBytes(root).toString('utf8');
  const check = (release: { version: string; digest: string }, trusted: string | undefined) =>
    requireSigned({ content, release, releases, root: trusted, clock: new ManualClock(NOW_ms) });
  return {
    world,
    publish,
    check,
    root: text,
    kept: () => readFile(join(releases, 'root.json'), 'utf8'),
    releases,
  };
}

test('a release that enough people signed is taken, and its root is kept from then on', async (t) => {
  const { publish, check, root, kept } = await published(t);
  const release = await publish('signed');
  await assert.rejects(check(release, undefined), /no root is trusted here/);
  assert.deepEqual(await check(release, root), ['alice', 'bob']);
  assert.equal(await kept(), root);
  assert.deepEqual(await check(release, undefined), ['alice', 'bob']);
});

test('what too few signed is refused, whatever the region says was published', async (t) => {
  const { publish, check, root } = await published(t);
  await assert.rejects(check(await publish('bundle'), root), /timestamp.*2/s);
});

test('a root of somebody else is not believed once one is kept, and none of theirs is taken before', async (t) => {
  const { publish, check, root, releases } = await published(t);
  const other = await published(t);
  const release = await publish('signed');
  await assert.rejects(
    check(release, other.root),
    /is another one than the root of this version that is trusted here/,
  );
  await check(release, root);
  assert.deepEqual(await check(release, other.root), ['alice', 'bob']);
  await writeFile(join(releases, 'root.json'), other.root);
  await assert.rejects(check(release, root), /is another one than the root of this version/);
});

test('a digest that the signed list does not have under that name is refused', async (t) => {
  const { world, publish, check, root } = await published(t);
  await writeFakeTree(world.path('tree'), {
    version: '0.2.0',
    files: { 'src/main.ts': 'export const evil = 1;' },
  });
  const evil = await world.build('evil', 'folder', { recipe: RECIPE });
  const release = await publish('signed', evil.items[0]);
  await assert.rejects(check(release, root), /is not what was signed under this name/);
});

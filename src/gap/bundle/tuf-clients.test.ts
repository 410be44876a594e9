// The classical half of a bundle's metadata, checked by somebody else's TUF client, straight from the layout.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BaseFetcher, Updater } from 'tuf-js';
import { metadataFiles } from './assemble.ts';
import { readHead } from './contents.ts';
import { blobPath } from './descriptor.ts';
import { rewriteMetadata } from './rewrite.ts';
import { signBundle } from './sign.ts';
import { openBundle } from './source.ts';
import { type BundleWorld, extendChain, NOW_ms, planFor, startBundleWorld } from './testing/bundle-world.ts';
import { SMALL_RECIPE } from './testing/mutated.ts';
import { publicSignerText } from './tuf/key-file.ts';
import { metadataBytes } from './tuf/metadata.ts';
import { newSigner, signWith } from './tuf/signer.ts';

/** Longer than tuf-js grants by default: ML-DSA's signatures are. */
const TIMESTAMP_BYTES_MAX = 65_536;

/** Serves a bundle's metadata and items from where they lie, under the names of TUF's consistent snapshots. */
class LayoutFetcher extends BaseFetcher {
  readonly #files: ReadonlyMap<string, Buffer>;
  readonly #folder: string;

  constructor(files: ReadonlyMap<string, Buffer>, folder: string) {
    super();
    this.#files = files;
    this.#folder = folder;
  }

  override async fetch(url: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const name = url.slice(url.lastIndexOf('/') + 1);
    const hash = /^([0-9a-f]{64})\./.exec(name)?.[1];
    const bytes =
      hash === undefined
        ? this.#files.get(name)
        : await readFile(join(this.#folder, blobPath(`sha256:${hash}`)));
    if (bytes === undefined) throw new NotThere();
    return new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(bytes));
        controller.close();
      },
    });
  }
}

/** What tuf-js takes for "there is no newer root": the name and the code of its own error, which it does not export. */
const NotThere = await import('tuf-js/dist/error.js').then(
  ({ DownloadHTTPError }) =>
    class extends DownloadHTTPError {
      constructor() {
        super('not there', 404);
      }
    },
);

async function clientOf(t: TestContext, world: BundleWorld, name: string): Promise<Updater> {
  // It asks the machine for the time, and for nothing else.
  t.mock.timers.enable({ apis: ['Date'], now: NOW_ms });
  const source = await openBundle(world.path(name));
  t.after(() => source.close());
  const { metadata } = await readHead(source);
  const folder = world.path(`client-${name}`);
  await mkdir(join(folder, 'targets'), { recursive: true });
  const [root] = world.roots;
  assert.ok(root);
  await writeFile(join(folder, 'root.json'), metadataBytes(root));
  return new Updater({
    metadataDir: folder,
    metadataBaseUrl: 'layout://metadata',
    targetDir: join(folder, 'targets'),
    targetBaseUrl: 'layout://targets',
    fetcher: new LayoutFetcher(new Map(metadataFiles(metadata)), world.path(name)),
    config: { timestampMaxLength: TIMESTAMP_BYTES_MAX },
  });
}

test('tuf-js follows the roots of a bundle, accepts its lists, and fetches an item by them', async (t) => {
  const world = await startBundleWorld(t);
  const { alice, bob } = world.signers;
  const roots = extendChain(world.roots, planFor(world.signers, 'hybrid'), [alice, bob]);
  await world.signed('a', 'folder', { recipe: SMALL_RECIPE, roots });
  const client = await clientOf(t, world, 'a');
  await client.refresh();
  const found = await client.getTargetInfo('files/models/1.2');
  assert.ok(found);
  const ours = (await world.verify('a')).items.find(({ path }) => path === 'files/models/1.2');
  assert.equal(`sha256:${found.hashes.sha256}`, ours?.manifest.digest);
  const file = await client.downloadTarget(found, world.path('item.json'));
  assert.equal(JSON.parse(await readFile(file, 'utf8')).layers.length, ours?.layers.length);
  assert.equal(await client.getTargetInfo('files/models/9.9'), undefined);
});

test('tuf-js follows a delegation to an item, and refuses it without its own signer', async (t) => {
  const world = await startBundleWorld(t);
  const dora = newSigner('dora', 'hybrid');
  await writeFile(world.path('dora.pub.json'), publicSignerText(dora.public));
  const delegated =
    'delegations: [{role: models, paths: [files/models/*], signers: [dora.pub.json], threshold: 1}]';
  const recipe = SMALL_RECIPE.replace('items:', `${delegated}\nitems:`);
  for (const name of ['a', 'b']) await world.signed(name, 'folder', { recipe });
  await signBundle(world.path('a'), dora);
  const client = await clientOf(t, world, 'a');
  await client.refresh();
  const ours = (await world.verify('a')).items.find(({ path }) => path === 'files/models/1.2');
  const found = await client.getTargetInfo('files/models/1.2');
  assert.equal(`sha256:${found?.hashes.sha256}`, ours?.manifest.digest);
  assert.ok(await client.getTargetInfo('files/handbook/2026.11'));
  t.mock.timers.reset();
  const wanting = await clientOf(t, world, 'b');
  await wanting.refresh();
  await assert.rejects(wanting.getTargetInfo('files/models/1.2'), /models was signed by 0\/1 keys/);
});

test('tuf-js refuses what lacks the classical half of one signer', async (t) => {
  const world = await startBundleWorld(t);
  await world.signed('a', 'folder', { recipe: SMALL_RECIPE });
  await rewriteMetadata(world.path('a'), (metadata) => ({
    ...metadata,
    targets: signWith({ ...metadata.targets, signatures: [] }, world.signers.alice),
  }));
  const client = await clientOf(t, world, 'a');
  await assert.rejects(client.refresh(), /targets was signed by 1\/2 keys/);
});

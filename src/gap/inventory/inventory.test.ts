// Inventories: a region lists what it published, its ledger vouches for the list, and whoever has the ledger's key finds out when something in the file is not what the region said.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionRequest } from '#kernel/connect.ts';
import { saltedBody } from '#kernel/log/body.ts';
import { bodyDigest, type Leaf } from '#kernel/log/leaf.ts';
import { REGION } from '#kernel/realm-id.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { proveInclusion } from '#trust/ledger/receipt.ts';
import { encodeAll, logFiles, memorySource, testLeaves, testSigner, vkeyOf } from '#trust/ledger/test-log.ts';
import { CREATED, NOW_ms, RECIPE, startBundleWorld } from '../bundle/testing/bundle-world.ts';
import { ContentStore } from '../import/content-store.ts';
import { gapFolders } from '../import/folders.ts';
import { hadByInventory, inventoryFile, inventoryText, openInventory } from './inventory.ts';
import { ContentInventory, INVENTORY_KEY, INVENTORY_RESOURCE } from './inventory-kind.ts';
import { inventoryService } from './service.ts';
import { takeInventory } from './take.ts';

const ORIGIN = 'lux-1.casemate.internal/changes';

/** Two bundles that were published, the second with one item of the first as it was. */
async function startPublished(t: Parameters<typeof startBundleWorld>[0]) {
  const world = await startBundleWorld(t);
  const content = new ContentStore(gapFolders(world.path('gap')).content);
  for (const version of [7, 8]) {
    const recipe = RECIPE.replace('version: 7', `version: ${version}`).replace('"1.2"', `"1.${version}"`);
    await world.signed(`v${version}`, 'folder', { recipe });
    const { items, digest, name } = await world.verify(`v${version}`);
    await content.publish(world.path(`v${version}`), {
      name,
      version,
      created: CREATED,
      digest: `sha256:${digest}`,
      metadata: `sha256:${digest}`,
      publishedAt: CREATED,
      import: `v${version}`,
      items: items.map(({ path, manifest, companion }) => ({ path, manifest, companion })),
    });
  }
  return { world, content };
}

test('it lists every bundle, the newest first, and every piece of content with name, size and digest, each item once', async (t) => {
  const { world, content } = await startPublished(t);
  const inventory = await takeInventory(content, CREATED);
  assert.deepEqual(
    inventory.bundles.map(({ version, items }) => [
      version,
      items.map(({ path, layers }) => [path, layers?.map(({ title }) => title)]),
    ]),
    [
      [
        8,
        [
          ['files/handbook/2026.11', ['readme.txt']],
          ['files/models/1.8', ['model.bin', 'papers/method.txt', 'papers/readme.txt']],
        ],
      ],
      [
        7,
        [
          ['files/handbook/2026.11', undefined],
          ['files/models/1.7', ['model.bin', 'papers/method.txt', 'papers/readme.txt']],
        ],
      ],
    ],
  );
  // Deltas against it are those against the bundles themselves.
  const { digests } = hadByInventory(inventory);
  const { items } = await world.verify('v8');
  for (const { layers } of items)
    for (const { descriptor } of layers) assert.ok(digests.has(descriptor.digest));
});

test('taking it writes the digest of the list, which is a leaf then', async (t) => {
  const { world } = await startPublished(t);
  const test = await openTestRealms({ kinds: [ContentInventory], clock: new ManualClock(NOW_ms) });
  t.after(() => test.close());
  const own = test.context(REGION);
  const { connectors } = inventoryService({
    folder: world.path('gap'),
    clock: new ManualClock(NOW_ms),
    realms: () => test.realms,
  });
  const take = connectors?.[`${ContentInventory.resource}/take`];
  assert.ok(take?.type === 'action');
  const { object } = await test.realms.use(REGION, ({ resources }) =>
    resources.create(ContentInventory, undefined, { metadata: INVENTORY_KEY, spec: {} }, own),
  );
  const request: ActionRequest = {
    realm: REGION,
    actor: own.actor,
    requestId: 'r',
    object,
    query: new URLSearchParams(),
    signal: new AbortController().signal,
    body: {},
  };
  const taken = await take.call(request);
  const kept = await test.realms.use(REGION, async ({ view }) => view.get(ContentInventory, INVENTORY_KEY));
  assert.equal(kept?.metadata.resourceVersion, taken.resourceVersion);
  assert.equal(kept?.status?.sha256, bodyDigest(Buffer.from(String(taken.inventory))));
  assert.deepEqual([kept?.status?.blobs, kept?.status?.bundles?.map(({ version }) => version)], [3, [8, 7]]);
  await assert.rejects(
    test.realms.use(REGION, ({ resources }) =>
      resources.create(ContentInventory, undefined, { metadata: { name: 'other' }, spec: {} }, own),
    ),
    /there is one, called region/,
  );
});

/** A ledger whose last leaf is about that object. */
async function vouched(object: Buffer, resource = INVENTORY_RESOURCE) {
  const signer = testSigner(ORIGIN);
  const leaves = testLeaves(signer, 5);
  const last = leaves[4];
  assert.ok(last?.type === 'change');
  const leaf: Leaf = { ...last, resource, digest: bodyDigest(object) };
  const source = memorySource(logFiles(signer, encodeAll([...leaves.slice(0, 4), leaf])));
  return { vkey: vkeyOf(signer), receipt: await proveInclusion(source, vkeyOf(signer), 4) };
}

test('whoever has the ledger’s key opens it; a list, an object or a receipt that is not the region’s is refused', async () => {
  const list = inventoryText({ format: 'casemate-inventory-v1', takenAt: CREATED, bundles: [] });
  const objectOf = (text: string) => {
    const status = { sha256: bodyDigest(Buffer.from(text)) };
    const json = Buffer.from(JSON.stringify({ kind: 'ContentInventory', status }));
    return saltedBody(json, '0d9f4c0e-98a8-4a0e-8f4e-0c3d1d1f5a77');
  };
  const object = objectOf(list);
  const { vkey, receipt } = await vouched(object);
  const open = (...file: Parameters<typeof inventoryFile>) =>
    openInventory(inventoryFile(...file), 'region.inventory', vkey);
  assert.equal(open(list, object, receipt).ledger, ORIGIN);
  assert.equal(openInventory(inventoryFile(list, object, receipt), 'x').ledger, undefined);

  const other = list.replace(CREATED, '2026-11-21T00:00:00Z');
  const part = 'region.inventory';
  assert.throws(() => open(other, object, receipt), { reason: 'WrongDigest', part });
  assert.throws(() => open(other, objectOf(other), receipt), {
    reason: 'Untrusted',
    message: `${part}: its object is not the one that the receipt is about`,
  });
  const about = await vouched(object, 'instances.compute.casemate.internal');
  assert.throws(() => openInventory(inventoryFile(list, object, about.receipt), part, about.vkey), {
    reason: 'Untrusted',
    message: `${part}: its receipt is about something else`,
  });
  assert.throws(() => open(list, object, about.receipt), {
    reason: 'Untrusted',
    message: /its receipt proves nothing/,
  });
  assert.throws(() => openInventory(Buffer.from('{}'), part, vkey), { reason: 'Malformed', part });
});

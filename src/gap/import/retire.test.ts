// Retiring: two people agree, what nothing else needs goes, and the very same bundle may come back; whatever is killed on the way, the next start finishes it.
import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { REGION } from '#kernel/realm-id.ts';
import { LARGE_BYTES, RECIPE } from '../bundle/testing/bundle-world.ts';
import { ContentStore } from './content-store.ts';
import { BundleImport } from './import-kind.ts';
import { type ImportWorld, startImportWorld } from './testing/import-world.ts';

const blobs = (world: ImportWorld) => readdir(join(world.folders.content, 'blobs/sha256'));

async function published(world: ImportWorld, name: string, version: number) {
  await world.bundles.signed(name, 'tar', { recipe: RECIPE.replace('version: 7', `version: ${version}`) });
  await world.carry(name);
  assert.equal((await world.bring(name)).phase, 'AwaitingApproval');
  return world.publish(name);
}

function retire(world: ImportWorld, name: string, value = true) {
  return world.test.realms.use(REGION, ({ resources }) =>
    resources.modify(BundleImport, { name }, world.test.context(REGION), (current) => {
      const { retire: _, ...spec } = current.spec;
      return { ...current, spec: value ? { ...spec, retire: true as const } : spec };
    }),
  );
}

test('what is retired goes as far as nothing else needs it, and says what that freed', async (t) => {
  const world = await startImportWorld(t);
  await world.trust();
  const seven = await published(world, 'v7', 7);
  assert.ok((seven.content?.added ?? 0) > LARGE_BYTES);
  const before = await blobs(world);
  // The same models under other signatures: hardly anything is new.
  const eight = await published(world, 'v8', 8);
  assert.ok((eight.content?.bytes ?? 0) > LARGE_BYTES);
  assert.ok((eight.content?.added ?? LARGE_BYTES) < 100_000);

  await retire(world, 'v7');
  const gone = await world.settle('v7');
  assert.equal(gone.phase, 'Retired');
  assert.ok((gone.freed ?? 0) > 0 && (gone.freed ?? LARGE_BYTES) < 100_000);
  const content = new ContentStore(world.folders.content);
  assert.deepEqual(
    (await content.bundles()).map(({ version }) => version),
    [8],
  );
  const left = await blobs(world);
  assert.ok(left.length > 0 && before.some((name) => !left.includes(name)));

  await retire(world, 'v8');
  const last = await world.settle('v8');
  assert.ok((last.freed ?? 0) > LARGE_BYTES);
  assert.deepEqual([await blobs(world), await readdir(join(world.folders.content, 'lists'))], [[], []]);
});

test('the very bundle that was retired may be imported again; an older one may not', async (t) => {
  const world = await startImportWorld(t);
  await world.trust();
  await published(world, 'v7', 7);
  await published(world, 'v8', 8);
  for (const name of ['v7', 'v8']) {
    await retire(world, name);
    await world.settle(name);
  }
  await world.bundles.signed('again', 'tar', { recipe: RECIPE.replace('version: 7', 'version: 8') });
  await world.carry('again');
  assert.equal((await world.bring('again')).phase, 'AwaitingApproval');
  assert.equal((await world.publish('again')).phase, 'Published');
  await world.bundles.signed('older', 'tar');
  await world.carry('older');
  assert.equal((await world.bring('older')).refusals?.[0]?.reason, 'Rollback');
});

test('only what is published is retired, and it is not taken back', async (t) => {
  const world = await startImportWorld(t);
  await world.trust();
  await world.bundles.signed('seven', 'tar');
  await world.carry('seven');
  await world.bring('seven');
  await assert.rejects(retire(world, 'seven'), /it is AwaitingApproval, and only what is Published/);
  await world.publish('seven');
  await retire(world, 'seven');
  await assert.rejects(retire(world, 'seven', false), /it is not taken back/);
});

test('what an interrupted publishing left is removed, and nothing that a bundle needs; without a list all stays', async (t) => {
  const world = await startImportWorld(t);
  await world.trust();
  await published(world, 'v7', 7);
  const content = new ContentStore(world.folders.content);
  const before = await blobs(world);
  const [needed = ''] = before;
  const stray = 'f'.repeat(64);
  await writeFile(content.blobPath(`sha256:${stray}`), 'stray');
  // Killed after it had linked two of its blobs; a line of it is no name of a blob.
  const list = join(world.folders.content, 'lists', 'e'.repeat(64));
  await writeFile(list, `${stray}\n${needed}\n../../published.json\n`);
  assert.equal(await content.collect(), 5);
  assert.deepEqual((await blobs(world)).sort(), before.sort());
  assert.equal((await content.bundles()).length, 1);

  await writeFile(content.blobPath(`sha256:${stray}`), 'stray');
  await writeFile(list, `${stray}\n`);
  const [own = ''] = (await readdir(join(world.folders.content, 'lists'))).filter(
    (name) => name !== 'e'.repeat(64),
  );
  await rm(join(world.folders.content, 'lists', own));
  assert.equal(await content.collect(), 0);
  assert.ok((await blobs(world)).includes(stray));
});

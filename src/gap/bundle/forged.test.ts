// Bundles that somebody made on purpose, with digests that fit: refused for what is missing, with its name.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { blobPath } from './descriptor.ts';
import { BLOCK_BYTES } from './limits.ts';
import { rewriteMetadata } from './rewrite.ts';
import { signBundle } from './sign.ts';
import {
  type BundleWorld,
  extendChain,
  LARGE_BYTES,
  planFor,
  RECIPE,
  startBundleWorld,
} from './testing/bundle-world.ts';
import { SMALL_RECIPE } from './testing/mutated.ts';
import type { BundleMetadata } from './tuf/client.ts';
import { signable } from './tuf/metadata.ts';
import { planOf } from './tuf/root.ts';
import { keyIdOf, signWith } from './tuf/signer.ts';

async function forged(
  t: TestContext,
  change: (metadata: BundleMetadata, world: BundleWorld) => BundleMetadata,
) {
  const world = await startBundleWorld(t);
  await world.signed('a', 'folder', { recipe: SMALL_RECIPE });
  await rewriteMetadata(world.path('a'), (metadata) => change(metadata, world));
  return world;
}

test('one signature under two names counts once', async (t) => {
  const world = await forged(t, (metadata, { signers }) => {
    const [alice, bob] = [signers.alice.public, signers.bob.public].map(({ classical, postQuantum }) => [
      keyIdOf(classical),
      keyIdOf(postQuantum),
    ]);
    const signatures = metadata.targets.signatures
      .filter(({ keyid }) => alice?.includes(keyid))
      .flatMap(({ keyid, sig }) => [
        { keyid, sig },
        { keyid: bob?.[alice?.indexOf(keyid) ?? 0] ?? '', sig },
      ]);
    return { ...metadata, targets: { ...metadata.targets, signatures } };
  });
  await assert.rejects(world.verify('a'), {
    reason: 'Unsigned',
    part: 'targets',
    message: /^targets: 1 of the 2 signers .*bob has an Ed25519 signature that does not hold/,
  });
});

test('a signature that stands there twice is refused', async (t) => {
  const world = await forged(t, (metadata) => ({
    ...metadata,
    snapshot: {
      ...metadata.snapshot,
      signatures: [...metadata.snapshot.signatures, ...metadata.snapshot.signatures],
    },
  }));
  await assert.rejects(world.verify('a'), {
    reason: 'Malformed',
    part: 'snapshot',
    message: /signed it twice/,
  });
});

test('a signature of another role, or of somebody the root does not know, counts for nothing', async (t) => {
  const other = await forged(t, (metadata) => ({
    ...metadata,
    snapshot: { ...metadata.snapshot, signatures: metadata.targets.signatures },
  }));
  await assert.rejects(other.verify('a'), { reason: 'Unsigned', part: 'snapshot' });
  const stranger = await forged(t, (metadata, { signers }) => ({
    ...metadata,
    timestamp: signWith(signWith({ ...metadata.timestamp, signatures: [] }, signers.mallory), signers.alice),
  }));
  await assert.rejects(stranger.verify('a'), { reason: 'Unsigned', part: 'timestamp' });
});

test('lists that were signed for different bundles do not go together', async (t) => {
  const world = await startBundleWorld(t);
  const later = RECIPE.replace('version: 7', 'version: 8');
  await world.signed('seven', 'folder');
  await world.signed('eight', 'folder', { recipe: later });
  let eight: BundleMetadata | undefined;
  await rewriteMetadata(world.path('eight'), (metadata) => {
    eight = metadata;
    return metadata;
  });
  for (const role of ['timestamp', 'snapshot'] as const) {
    await cp(world.path('seven'), world.path(role), { recursive: true });
    await rewriteMetadata(world.path(role), (metadata) => ({ ...metadata, [role]: eight?.[role] }));
    await assert.rejects(world.verify(role), { reason: 'WrongDigest' });
  }
});

test('another region’s chain of roots is not trusted, however well it is signed', async (t) => {
  const [ours, theirs] = [await startBundleWorld(t), await startBundleWorld(t)];
  await theirs.signed('a', 'folder', { recipe: SMALL_RECIPE });
  await assert.rejects(theirs.verify('a', { trust: ours.trust }), { reason: 'Untrusted', part: 'root 1' });
});

test('a bundle with one byte of its signed list changed is no longer signed', async (t) => {
  const world = await forged(t, (metadata) => ({
    ...metadata,
    targets: signable(
      { ...metadata.targets.signed, expires: '2028-05-20T00:00:00Z' },
      metadata.targets.signatures,
    ),
  }));
  await assert.rejects(world.verify('a'), { reason: 'Unsigned', part: 'targets' });
});

test('older than what was accepted, or another of the same version, is refused; the same again is not', async (t) => {
  const world = await startBundleWorld(t);
  await world.signed('seven', 'folder', { recipe: SMALL_RECIPE });
  const seven = await world.verify('seven');
  const accepted = (version: number, digest: string) => ({
    ...world.trust,
    accepted: new Map([['town-models', { version, digest, created_ms: 0 }]]),
  });
  await world.verify('seven', { trust: accepted(6, 'other') });
  await world.verify('seven', { trust: accepted(7, seven.digest) });
  await assert.rejects(world.verify('seven', { trust: accepted(8, 'other') }), {
    reason: 'Rollback',
    message: 'targets: town-models 7 is older than town-models 8, which was accepted before',
  });
  await assert.rejects(world.verify('seven', { trust: accepted(7, 'other') }), {
    reason: 'Rollback',
    message: 'targets: another town-models 7 was accepted before; a new bundle takes a new version',
  });
});

test('after a change of root, old keys sign nothing any more, also when the bundle leaves the new root out', async (t) => {
  const world = await startBundleWorld(t);
  const { alice, bob, carol, mallory } = world.signers;
  const plan = planFor(world.signers, 'hybrid');
  const without = {
    ...plan,
    rootSigners: [bob.public, carol.public],
    contentSigners: [bob.public, carol.public],
  };
  const roots = extendChain(world.roots, without, [alice, bob, carol]);
  const [, second] = roots;
  assert.ok(second);
  await world.build('old', 'folder', { recipe: SMALL_RECIPE });
  await signBundle(world.path('old'), alice);
  await signBundle(world.path('old'), bob);
  await world.verify('old');
  await assert.rejects(world.verify('old', { trust: { ...world.trust, root: second } }), {
    reason: 'Unsigned',
    message:
      /^timestamp: 1 of the 2 signers that version 2 of the root asks for signed it: carol did not sign/,
  });
  // The new chain, from the old root on.
  await world.build('new', 'folder', { recipe: SMALL_RECIPE, roots });
  await assert.rejects(signBundle(world.path('new'), alice), { reason: 'Untrusted' });
  await assert.rejects(signBundle(world.path('new'), mallory), { reason: 'Untrusted' });
  await signBundle(world.path('new'), bob);
  await signBundle(world.path('new'), carol);
  assert.equal((await world.verify('new')).root.signed.version, 2);
});

test('ten roots that a region never saw lead to the newest, and a gap or a forged link among them is named', async (t) => {
  const world = await startBundleWorld(t);
  const { alice, bob, mallory } = world.signers;
  let roots = world.roots;
  for (let version = 2; version <= 11; version++) {
    const plan = { ...planFor(world.signers, 'hybrid'), expires: `20${26 + version}-01-01T00:00:00Z` };
    roots = extendChain(roots, plan, [alice, bob]);
  }
  await world.signed('a', 'folder', { recipe: SMALL_RECIPE, roots });
  assert.equal((await world.verify('a')).root.signed.version, 11);
  const forge = async (name: string, change: (metadata: BundleMetadata) => BundleMetadata) => {
    await cp(world.path('a'), world.path(name), { recursive: true });
    await rewriteMetadata(world.path(name), change);
  };
  await forge('gap', (metadata) => ({
    ...metadata,
    roots: metadata.roots.filter((_, index) => index !== 4),
  }));
  await assert.rejects(world.verify('gap'), { reason: 'Malformed', part: 'metadata' });
  await forge('link', (metadata) => ({
    ...metadata,
    roots: metadata.roots.map((root, index) =>
      index === 6 ? signWith({ ...root, signatures: root.signatures.slice(0, 2) }, mallory) : root,
    ),
  }));
  await assert.rejects(world.verify('link'), { reason: 'Unsigned', part: 'root 7' });
  const [first] = world.roots;
  assert.ok(first);
  assert.equal(planOf(first).rootThreshold, 2);
});

test('a bad block is named by item, blob and number, in a folder and in a tar file', async (t) => {
  const world = await startBundleWorld(t);
  await world.signed('a', 'folder');
  const model = (await world.verify('a')).items[1]?.layers[0]?.descriptor;
  assert.ok(model);
  assert.equal(model.size, LARGE_BYTES);
  const path = world.path(`a/${blobPath(model.digest)}`);
  const good = await readFile(path);
  const part = (block: number) => ({
    reason: 'WrongDigest',
    part: `files/models/1.2: blob ${model.digest}, block ${block}`,
  });
  for (const [offset, block] of [
    [0, 0],
    [BLOCK_BYTES, 1],
    [LARGE_BYTES - 1, 2],
  ] as const) {
    const bad = Buffer.from(good);
    bad.writeUInt8(bad.readUInt8(offset) ^ 1, offset);
    await writeFile(path, bad);
    await assert.rejects(world.verify('a'), part(block));
  }
  const swapped = Buffer.concat([
    good.subarray(BLOCK_BYTES, 2 * BLOCK_BYTES),
    good.subarray(0, BLOCK_BYTES),
    good.subarray(2 * BLOCK_BYTES),
  ]);
  await writeFile(path, swapped);
  await assert.rejects(world.verify('a'), part(0));
  await writeFile(path, good.subarray(0, BLOCK_BYTES));
  await assert.rejects(world.verify('a'), {
    reason: 'WrongDigest',
    message: /has 4194304 bytes, not 8389608$/,
  });
  await rm(path);
  await assert.rejects(world.verify('a'), {
    reason: 'Missing',
    part: `files/models/1.2: blob ${model.digest}`,
  });
});

test('a folder with anything else in it is refused: a file, a link, a pipe, another index', async (t) => {
  const world = await startBundleWorld(t);
  await world.signed('a', 'folder', { recipe: SMALL_RECIPE });
  const stray = `blobs/sha256/${'0'.repeat(64)}`;
  await writeFile(world.path(`a/${stray}`), '');
  await assert.rejects(world.verify('a'), {
    reason: 'Unexpected',
    part: stray,
    message: /nothing that was signed names it/,
  });
  await rm(world.path(`a/${stray}`));
  await writeFile(world.path('a/README'), '');
  await assert.rejects(world.verify('a'), { reason: 'Unexpected', part: 'README' });
  await rm(world.path('a/README'));
  execFileSync('mkfifo', [world.path(`a/${stray}`)]);
  await assert.rejects(world.verify('a'), { reason: 'Unexpected', part: stray });
  await rm(world.path(`a/${stray}`));
  const [blob = ''] = await readdir(world.path('a/blobs/sha256'));
  await rename(world.path(`a/blobs/sha256/${blob}`), world.path('elsewhere'));
  await symlink(world.path('elsewhere'), world.path(`a/blobs/sha256/${blob}`));
  await assert.rejects(world.verify('a'), { reason: 'Unexpected', part: `blobs/sha256/${blob}` });
  await rm(world.path(`a/blobs/sha256/${blob}`));
  await rename(world.path('elsewhere'), world.path(`a/blobs/sha256/${blob}`));
  await world.verify('a');
  const index = JSON.parse(await readFile(world.path('a/index.json'), 'utf8'));
  index.manifests.pop();
  await writeFile(world.path('a/index.json'), JSON.stringify(index));
  await assert.rejects(world.verify('a'), { part: 'index.json' });
});

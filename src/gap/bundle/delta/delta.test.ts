// Bundles of deltas: the same digest as whole ones, accepted as they were signed or not at all, and what they need is named.
import assert from 'node:assert/strict';
import { cp, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { blobPath, hexOf } from '../descriptor.ts';
import { differenceOf, inspectBundle } from '../inspect.ts';
import { BLOCK_BYTES } from '../limits.ts';
import { BundleError } from '../problem.ts';
import { LARGE_BYTES, patternOf } from '../testing/bundle-world.ts';
import { deltaRecipe, startDeltaWorld } from '../testing/delta-world.ts';
import { mutate, mutation } from '../testing/mutations.ts';
import { type Delta, deltasOf, parseDeltas } from './document.ts';

const sizeOf = async (path: string) => (await readFile(path)).length;

test('a bundle of deltas has the digest of the whole one and a small part of its bytes, and verifies to the last byte beside the old one', async (t) => {
  const { world } = await startDeltaWorld(t);
  const full = await world.build('full.bundle', 'tar', { recipe: deltaRecipe(2) });
  const path = await world.signed('two.bundle', 'tar', { recipe: deltaRecipe(2), against: ['one.bundle'] });
  assert.ok((await sizeOf(path)) < 0.05 * LARGE_BYTES);
  for (const bases of [['one.bundle'], ['full.bundle', 'one.bundle']]) {
    const { digest, missing, deltas } = await world.verify('two.bundle', { bases });
    assert.deepEqual([digest, missing], [full.digest, []]);
    assert.deepEqual(
      deltas?.document.deltas.map(({ base }) => base?.name),
      ['files/models/1.1: model.bin'],
    );
    // Two papers that did not change; the new one is too small for anything.
    assert.equal(deltas?.document.left.length, 2);
  }
  const [whole, small] = [await inspectBundle(world.path('full.bundle')), await inspectBundle(path)];
  assert.equal(differenceOf(whole, small).same, true);
});

test('two builds of the same deltas give the same bytes', async (t) => {
  const { world } = await startDeltaWorld(t);
  await writeFile(world.path('model.bin'), patternOf(50_000).subarray(5_000));
  const changes = { recipe: deltaRecipe(2), against: ['one.bundle'] };
  for (const name of ['a.bundle', 'b.bundle']) await world.build(name, 'tar', changes);
  assert.ok((await readFile(world.path('a.bundle'))).equals(await readFile(world.path('b.bundle'))));
});

test('without the old content all that can be is verified, and what is needed is named', async (t) => {
  const { world } = await startDeltaWorld(t);
  const path = await world.signed('two.bundle', 'tar', { recipe: deltaRecipe(2), against: ['one.bundle'] });
  const { missing } = await world.verify('two.bundle');
  assert.deepEqual(missing.map(({ name }) => name).sort(), [
    'files/models/1.1: model.bin',
    'files/models/1.2: papers/method.txt',
    'files/models/1.2: papers/readme.txt',
  ]);
  // In the middle of the delta's own bytes, as far as they have any.
  const bytes = await readFile(path);
  const { deltas } = await world.verify('two.bundle');
  const frame = deltas?.document.deltas[0]?.data ?? '';
  const at = bytes.indexOf(`blobs/sha256/${hexOf(frame)}`) + 512 + 20;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(path, bytes);
  await assert.rejects(world.verify('two.bundle'), (error: BundleError) => {
    assert.equal(error.reason, 'WrongDigest');
    assert.match(error.part, /^files\/models\/1\.2: blob sha256:[0-9a-f]{64}: delta, frame 0$/);
    return true;
  });
});

test('old content of the right name and size that is not what it should be is found at the block', async (t) => {
  const { world, edited } = await startDeltaWorld(t);
  await world.signed('two.bundle', 'tar', { recipe: deltaRecipe(2), against: ['one.bundle'] });
  const { missing, deltas } = await world.verify('two.bundle');
  await mkdir(world.path('content/blobs/sha256'), { recursive: true });
  for (const { digest, size } of missing) {
    await writeFile(world.path(`content/${blobPath(digest)}`), patternOf(size, 99));
  }
  const [delta] = deltas?.document.deltas ?? [];
  const bases = ['content'];
  await assert.rejects(world.verify('two.bundle', { bases }), (error: BundleError) => {
    assert.ok(['WrongDigest', 'Malformed'].includes(error.reason), error.reason);
    assert.match(error.part, /^files\/models\/1\.2: blob sha256:[0-9a-f]{64}(, block 0)?$/);
    return true;
  });
  // The right old model, and wrong papers: those were left out, and are read from there.
  await writeFile(world.path(`content/${blobPath(delta?.base?.digest ?? '')}`), patternOf(LARGE_BYTES));
  await assert.rejects(world.verify('two.bundle', { bases }), {
    reason: 'WrongDigest',
    message: /papers|blob/,
  });
  assert.ok(edited.length > LARGE_BYTES);
});

test('content that others made from nothing of ours is compressed, what cannot be made smaller travels whole', async (t) => {
  const { world } = await startDeltaWorld(t);
  const noise = patternOf(100_000, 3);
  await writeFile(world.path('papers/noise.bin'), noise);
  await writeFile(world.path('papers/prose.txt'), 'the same words, over and over\n'.repeat(2_000));
  await world.signed('three', 'folder', { recipe: deltaRecipe(3), against: ['one.bundle'] });
  const { deltas, missing } = await world.verify('three', { bases: ['one.bundle'] });
  assert.deepEqual(missing, []);
  const without = deltas?.document.deltas.filter(({ base }) => base === undefined);
  assert.equal(without?.length, 1);
  assert.ok((without?.[0]?.frames[0]?.length ?? 0) < 200);
  const found = await inspectBundle(world.path('three'));
  const noiseDigest = found.items[0]?.layers.find(({ name }) => name === 'papers/noise.bin')?.digest ?? '';
  assert.ok((await readFile(world.path(`three/${blobPath(noiseDigest)}`))).equals(noise));
});

test('a delta that is missing, cut, or beside the content that it stands for is refused by name', async (t) => {
  const { world, edited } = await startDeltaWorld(t);
  await world.signed('good', 'folder', { recipe: deltaRecipe(2), against: ['one.bundle'] });
  const { deltas } = await world.verify('good');
  const [delta] = deltas?.document.deltas ?? [];
  assert.ok(delta);
  const attempt = async (change: (folder: string) => Promise<void>) => {
    await rm(world.path('bad'), { recursive: true, force: true });
    await cp(world.path('good'), world.path('bad'), { recursive: true });
    await change(world.path('bad'));
    return world.verify('bad').then(
      () => assert.fail('it was accepted'),
      ({ reason, part }: BundleError) => `${reason} ${part.replaceAll(/sha256:[0-9a-f]{64}/g, '…')}`,
    );
  };
  const data = blobPath(delta.data);
  const about = 'files/models/1.2: blob …: delta';
  assert.equal(await attempt((folder) => rm(join(folder, data))), `Missing ${about}`);
  assert.equal(await attempt((folder) => truncate(join(folder, data), 10)), `WrongDigest ${about}`);
  const whole = await attempt((folder) => writeFile(join(folder, blobPath(delta.digest)), edited));
  assert.equal(whole, `Unexpected ${blobPath(delta.digest)}`);
});

test('250 mutations of a bundle of deltas are refused with the part named, without any old content', async (t) => {
  const { world } = await startDeltaWorld(t);
  await writeFile(world.path('model.bin'), patternOf(9_000));
  await world.signed('old.bundle', 'tar', { recipe: deltaRecipe(1) });
  await writeFile(world.path('model.bin'), Buffer.concat([patternOf(9_000), patternOf(800, 4)]));
  const tar = await readFile(
    await world.signed('good.bundle', 'tar', { recipe: deltaRecipe(2), against: ['old.bundle'] }),
  );
  assert.equal((await world.verify('good.bundle')).missing.length, 4);
  await fc.assert(
    fc.asyncProperty(mutation, async (change) => {
      const bytes = mutate(tar, change);
      fc.pre(!bytes.equals(tar));
      await writeFile(world.path('bad.bundle'), bytes);
      await assert.rejects(
        world.verify('bad.bundle'),
        (error) => error instanceof BundleError && error.part !== '',
      );
    }),
    { seed: 20_261_122, numRuns: 250 },
  );
});

const hex = (digit: string) => `sha256:${digit.repeat(64)}`;
const frame = { length: 10, sha256: 'a'.repeat(64), from: 0, window: 5 };
const good: Delta = {
  digest: hex('1'),
  data: hex('2'),
  base: { digest: hex('3'), size: 5, name: 'old' },
  frames: [frame],
};

function parsed(deltas: readonly Delta[], left: readonly string[] = []) {
  const { bytes } = deltasOf({
    format: 'casemate-deltas-v1',
    blockSize: BLOCK_BYTES,
    encoder: { zstd: '1.5.7', level: 12 },
    deltas: [...deltas],
    left: [...left],
  });
  const content = new Map([
    [hex('1'), 100],
    [hex('4'), 100],
    [hex('5'), 100],
  ]);
  return parseDeltas(bytes, {
    content,
    statements: new Map([[hex('6'), 100]]),
    carried: new Set([hex('5')]),
  });
}

test('what a signer says of deltas must fit what it is about, whoever signed it', () => {
  assert.equal(parsed([good], [hex('4')]).byDigest.get(hex('1'))?.data, hex('2'));
  const refused = (message: RegExp, deltas: readonly Delta[], left: readonly string[] = []) =>
    assert.throws(() => parsed(deltas, left), { name: 'BundleError', message });
  refused(/: is no content of this bundle$/, [{ ...good, digest: hex('9') }]);
  refused(/: is no content of this bundle$/, [], [hex('9')]);
  assert.equal(parsed([{ ...good, digest: hex('6') }]).byDigest.size, 1);
  refused(/: is no content of this bundle$/, [], [hex('6')]);
  refused(/: says something about an item: it travels whole$/, [], [hex('5')]);
  refused(/: stands twice, or out of order$/, [good, good]);
  refused(/: stands twice, or out of order$/, [], [hex('4'), hex('1')]);
  refused(/: is left out, and has a delta$/, [good], [hex('1')]);
  refused(/: has 2 frames; its content has 1 blocks$/, [{ ...good, frames: [frame, frame] }]);
  refused(/: is its own base$/, [{ ...good, base: { digest: hex('1'), size: 100, name: 'x' } }]);
  refused(/: frame 0 refers to bytes that its base does not have$/, [
    { ...good, frames: [{ ...frame, from: 1 }] },
  ]);
  const { base: _, ...baseless } = good;
  refused(/: frame 0 refers to bytes that its base does not have$/, [baseless]);
});

// What comes out of a stream that lost blocks, has some twice, in another order, with garbage between: the same bytes, or a word on what is missing and how much more is needed.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { BundleError } from '../problem.ts';
import { FRAME_BYTES, MAGIC, writeFrame } from './frame.ts';
import { SPARE_BLOCKS, VOLUME_BLOCK_BYTES } from './limits.ts';
import { FrameScanner } from './scanner.ts';
import { seeded, seededBytes, shuffled, startVolumeWorld } from './testing/volume-world.ts';

const SEED = 20_261_122;
const refusal = (reason: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof BundleError, String(error));
  assert.equal(error.reason, reason);
  assert.match(error.message, text);
  return true;
};

test('any loss up to the parity, in any order, with duplicates and garbage, gives the same bytes', async (t) => {
  const world = await startVolumeWorld(t);
  const sizes = fc.integer({ min: 1, max: 40 * VOLUME_BLOCK_BYTES });
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1, max: 60 }), fc.nat(), async (size, parity, seed) => {
      const { bytes, set, frames } = await world.sent(size, parity);
      const next = seeded(seed);
      const spared = set.geometry.parameters.repair - SPARE_BLOCKS;
      assert.ok(spared >= Math.ceil((set.geometry.blocks * parity) / 100));
      const arrived = shuffled(frames, next).slice(next(spared + 1));
      const chunks = shuffled([...arrived, ...arrived.slice(0, next(4))], next).flatMap((frame) =>
        next(3) === 0 ? [seededBytes(next(3 * FRAME_BYTES), next(1_000)), frame] : [frame],
      );
      const received = await world.receive(chunks);
      assert.ok(received.bytes.equals(bytes));
    }),
    { numRuns: 10, seed: SEED },
  );
});

test('one more than the code can bear is refused, with what is missing and how much more is needed; nothing is left behind', async (t) => {
  const world = await startVolumeWorld(t);
  const { set, frames } = await world.sent(100 * VOLUME_BLOCK_BYTES, 10);
  assert.equal(set.geometry.parameters.repair, 12);
  const before = await readdir(world.folder);
  await assert.rejects(
    world.receive(frames.slice(13)),
    refusal(
      'Missing',
      /^set [0-9a-f]{12}: 1 more block is needed at least, .*: volume 1 \(blocks 0 to 12\)$/,
    ),
  );
  const odd = frames.filter((_, position) => position % 5 !== 0);
  await assert.rejects(
    world.receive(odd),
    refusal('Missing', /11 more blocks are needed at least, .*\(blocks 0, 5, 10, .* and 11 more\)/),
  );
  await assert.rejects(world.receive([]), refusal('Missing', /no block came that is whole/));
  assert.deepEqual(await readdir(world.folder), before);
});

test('5 % of all blocks of a file of several groups, here and there or in one burst, are made up for by 10 % of parity', async (t) => {
  const world = await startVolumeWorld(t);
  const { bytes, set, frames } = await world.sent(2_500 * VOLUME_BLOCK_BYTES - 5, 10);
  assert.equal(set.geometry.groups, 3);
  const five = Math.ceil(frames.length * 0.05);
  const next = seeded(SEED);
  const hereAndThere = shuffled(frames, next).slice(five);
  assert.ok((await world.receive(hereAndThere)).bytes.equals(bytes));
  const start = next(frames.length - five);
  const burst = await world.receive(frames.filter((_, at) => at < start || at >= start + five));
  assert.ok(burst.bytes.equals(bytes));
  assert.equal((await world.receive(frames)).repaired, 0);
});

test('a frame with any bit changed is no frame, wherever the change is', async (t) => {
  const world = await startVolumeWorld(t);
  const { bytes, frames } = await world.sent(3 * VOLUME_BLOCK_BYTES, 40);
  const [first, ...rest] = frames;
  assert.ok(first);
  // All of the head, and places of the block.
  const places = [...Array(100).keys(), 1_000, FRAME_BYTES - 1];
  for (const place of places) {
    const changed: Buffer = Buffer.from(first);
    changed.writeUInt8(changed.readUInt8(place) ^ (1 << (place % 8)), place);
    const scanner = new FrameScanner('changed');
    assert.deepEqual([...scanner.push(changed)], [], `byte ${place}`);
  }
  const changed: Buffer = Buffer.from(first);
  changed.writeUInt8(changed.readUInt8(90) ^ 1, 90);
  assert.ok((await world.receive([changed, ...rest])).bytes.equals(bytes));
});

test('heads that somebody made up, with digests that are right, take no memory and are no frames', async (t) => {
  const world = await startVolumeWorld(t);
  const { bytes, set, frames } = await world.sent(3 * VOLUME_BLOCK_BYTES, 40);
  const [first] = frames;
  assert.ok(first);
  const madeUp = (change: (frame: Buffer) => void): Buffer => {
    const frame = Buffer.from(first);
    change(frame);
    hash('sha256', frame.subarray(40), 'buffer').copy(frame, 8);
    return frame;
  };
  const lies = [
    madeUp((frame) => frame.writeBigUInt64BE(2n ** 64n - 1n, 72)),
    madeUp((frame) => frame.writeBigUInt64BE(2n ** 41n + 1n, 72)),
    madeUp((frame) => frame.writeBigUInt64BE(0n, 72)),
    madeUp((frame) => frame.writeUInt32BE(0xffff_ffff, 80)),
    madeUp((frame) => frame.writeUInt32BE(0, 84)),
    madeUp((frame) => frame.writeUInt32BE(999, 84)),
    madeUp((frame) => frame.writeBigUInt64BE(BigInt(set.geometry.positions), 88)),
    madeUp((frame) => frame.writeBigUInt64BE(2n ** 64n - 1n, 88)),
  ];
  for (const lie of lies) assert.deepEqual([...new FrameScanner('lie').push(lie)], []);
  assert.ok((await world.receive([...lies, ...frames])).bytes.equals(bytes));
  // As large as a set may say it is: whoever believed it would fill the disk.
  const huge = madeUp((frame) => frame.writeBigUInt64BE(2n ** 41n, 72));
  await assert.rejects(world.receive([huge, ...frames]), (error: unknown) => {
    assert.ok(error instanceof BundleError);
    return /MiB less than that and its repair blocks take|more blocks are needed/.test(error.message);
  });
});

test('a block that somebody put in the place of another, with a digest that is right, shows when the file is whole', async (t) => {
  const world = await startVolumeWorld(t);
  const { set, frames } = await world.sent(5 * VOLUME_BLOCK_BYTES, 10);
  const other = Buffer.alloc(FRAME_BYTES);
  writeFrame(other, set, 1, seededBytes(VOLUME_BLOCK_BYTES, 99));
  await assert.rejects(
    world.receive([other, ...frames]),
    refusal('WrongDigest', /which is not the file that this set was made of/),
  );
});

test('blocks of another set are left, and named when the rest does not suffice', async (t) => {
  const world = await startVolumeWorld(t);
  const ours = await world.sent(10 * VOLUME_BLOCK_BYTES, 10, 1);
  const theirs = await world.sent(10 * VOLUME_BLOCK_BYTES, 10, 2);
  const mixed = ours.frames.flatMap((frame, at) => [frame, theirs.frames[at] ?? frame]);
  assert.ok((await world.receive(mixed)).bytes.equals(ours.bytes));
  await assert.rejects(
    world.receive([...ours.frames.slice(5), ...theirs.frames]),
    refusal(
      'Missing',
      /2 more blocks are needed .* blocks of other sets, too, which were not used: 13 of set [0-9a-f]{12}/,
    ),
  );
});

test('the same file gives the same stream, and one that this version has always given', async (t) => {
  const world = await startVolumeWorld(t);
  const once = await world.sent(300 * VOLUME_BLOCK_BYTES + 17, 10);
  const again = await world.sent(300 * VOLUME_BLOCK_BYTES + 17, 10);
  assert.deepEqual(once.frames, again.frames);
  assert.equal(
    hash('sha256', Buffer.concat(once.frames)),
    'd72510a933db668df7610b17738a5bab51669b0518d4cb5b19a28ae7c57e8d41',
  );
});

test('work that somebody made up, a beginning of a block at every eighth byte, is refused before it takes long', () => {
  const scanner = new FrameScanner('the stream');
  const chunk = Buffer.alloc(64 * 1024, MAGIC);
  assert.throws(
    () => {
      for (let turn = 0; turn < 64; turn++) for (const _ of scanner.push(chunk)) assert.fail('no frame');
    },
    refusal('TooLarge', /^the stream: has more beginnings of blocks .* somebody made this up$/),
  );
});

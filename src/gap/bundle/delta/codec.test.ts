// Deltas of single blobs: whatever the old content and whatever the edit, what comes out is what went in; what was not made by us never takes more room than a block.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import fc from 'fast-check';
import type { Blob } from '../blob.ts';
import { blobPath, hexOf, sha256 } from '../descriptor.ts';
import { BLOCK_BYTES } from '../limits.ts';
import { patternOf } from '../testing/bundle-world.ts';
import { memorySource } from '../testing/memory-source.ts';
import { type Bases, NO_BASES } from './bases.ts';
import { decodeBlock, encodeBlock, windowFor } from './codec.ts';
import type { Delta, Frame } from './document.ts';
import { encodeDelta, type OldContent } from './encode.ts';
import { decodedBlocks } from './whole.ts';

const SEED = 20_261_122;
const PART = 'files/x/1: blob';
const EMPTY = Buffer.alloc(0);
const MAGIC = Buffer.from('37a430ec', 'hex');

const oldContent = (bytes: Buffer): OldContent => ({
  size: bytes.length,
  read: async (start, length) => {
    assert.ok(start + length <= bytes.length, 'nothing is read past the end');
    return bytes.subarray(start, start + length);
  },
  close: async () => {},
});

const basesOf = (bytes: Buffer | undefined): Bases =>
  bytes === undefined ? NO_BASES : { has: async () => true, open: async () => oldContent(bytes) };

async function startScratch(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'delta-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  let count = 0;
  return () => join(folder, String(count++));
}

/** As the builder has large content: a blob of several blocks comes in blocks. */
const blobOf = (content: Buffer): Blob => ({
  digest: sha256(content),
  size: content.length,
  blocks: [],
  content,
});

function deltaOf(blob: Blob, frames: readonly Frame[], data: Buffer, base: Buffer | undefined): Delta {
  return {
    digest: blob.digest,
    data: sha256(data),
    frames: [...frames],
    ...(base === undefined ? {} : { base: { digest: sha256(base), size: base.length, name: 'old' } }),
  };
}

interface Place {
  readonly start?: number;
}

async function decode(
  delta: Delta,
  data: Buffer,
  base: Buffer | undefined,
  size: number,
  { start = 0 }: Place = {},
) {
  const source = memorySource(new Map([[blobPath(delta.data), data]]), 777);
  const blocks: Buffer[] = [];
  for await (const block of decodedBlocks(source, delta, basesOf(base), {
    part: PART,
    size,
    start,
  })) {
    blocks.push(Buffer.from(block));
  }
  return Buffer.concat(blocks);
}

const bytes = (max: number, min = 0) =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((array) => Buffer.from(array));
/** Repeats, so that there is something to find again; and now and then bytes that zstd would take for a dictionary. */
const text = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(bytes(600, 60), fc.integer({ min: 1, max: 40 }))
      .map(([part, times]) => Buffer.concat(Array(times).fill(part))),
  },
  { weight: 1, arbitrary: bytes(3_000, 1_500).map((rest) => Buffer.concat([MAGIC, rest])) },
);
const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(500), put: bytes(200) });

test('any old content, any edit: what is made again is what there was, or the blob travels whole', async (t) => {
  const scratch = await startScratch(t);
  let deltas = 0;
  await fc.assert(
    fc.asyncProperty(text, fc.array(edit, { maxLength: 6 }), fc.boolean(), async (old, edits, hasBase) => {
      const now = edits.reduce((before, { at, cut, put }) => {
        const place = Math.floor(at * before.length);
        return Buffer.concat([before.subarray(0, place), put, before.subarray(place + cut)]);
      }, old);
      const base = hasBase && old.length > 0 ? old : undefined;
      const blob = blobOf(now);
      const file = scratch();
      const made = await encodeDelta(blob, base && oldContent(base), file);
      if (made === undefined) return;
      deltas += 1;
      const data = await readFile(file);
      assert.equal(sha256(data), made.data.digest);
      assert.ok(data.length < now.length);
      const back = await decode(deltaOf(blob, made.frames, data, base), data, base, now.length);
      assert.ok(back.equals(now));
    }),
    { seed: SEED, numRuns: 300 },
  );
  assert.ok(deltas > 100, `${deltas} deltas`);
});

test('content of several blocks that was shifted and edited is made again from any block on, and two runs give the same bytes', async (t) => {
  const scratch = await startScratch(t);
  const old = patternOf(3 * BLOCK_BYTES + 5);
  const now = Buffer.concat([
    old.subarray(0, 9),
    patternOf(3_000, 5),
    old.subarray(9, 2 * BLOCK_BYTES + 9_999),
  ]);
  const path = scratch();
  await writeFile(path, now);
  const blob = { ...blobOf(now), content: path };
  const [first, second] = [scratch(), scratch()];
  const made = await encodeDelta(blob, oldContent(old), first);
  assert.deepEqual((await encodeDelta(blob, oldContent(old), second))?.frames, made?.frames);
  assert.ok(made);
  const data = await readFile(first);
  assert.ok(data.equals(await readFile(second)));
  assert.ok(data.length < 0.02 * now.length, `${data.length} bytes`);
  const delta = deltaOf(blob, made.frames, data, old);
  assert.equal(made.frames.length, 3);
  for (const start of [0, BLOCK_BYTES, 2 * BLOCK_BYTES]) {
    assert.ok((await decode(delta, data, old, now.length, { start })).equals(now.subarray(start)));
  }
  const damaged = await decode(delta, data, Buffer.alloc(old.length), now.length);
  assert.ok(!damaged.equals(now), 'whoever reads holds it against the signed list');
});

test('old content that begins as a trained dictionary does is used as the bytes that it is', async (t) => {
  const old = Buffer.concat([MAGIC, patternOf(50_000)]);
  const file = (await startScratch(t))();
  const blob = blobOf(Buffer.concat([old, Buffer.from('more')]));
  const made = await encodeDelta(blob, oldContent(old), file);
  assert.deepEqual(
    made?.frames.map(({ from, window }) => [from, window]),
    [[1, old.length - 1]],
  );
  const data = await readFile(file);
  const delta = deltaOf(blob, made?.frames ?? [], data, old);
  assert.ok((await decode(delta, data, old, blob.size)).subarray(0, -4).equals(old));
  const whole = { ...delta, frames: delta.frames.map((frame) => ({ ...frame, from: 0 })) };
  await assert.rejects(decode(whole, data, old, blob.size), {
    reason: 'Malformed',
    message: `${PART}, block 0: its window of old content begins as a dictionary does`,
  });
});

/** A delta of one frame, with digests that fit: made by somebody who signs. */
const forged = (frame: Buffer): Delta => ({
  digest: `sha256:${'0'.repeat(64)}`,
  data: sha256(frame),
  frames: [{ length: frame.length, sha256: hexOf(sha256(frame)), from: 0, window: 0 }],
});

const compress = promisify<Uint8Array, object, Buffer>(zstdCompress);

test('a frame that holds more than its block is refused as soon as it does, and so is one that asks for a large window or gives too little', async () => {
  const bomb = await compress(Buffer.alloc(64 * BLOCK_BYTES), {});
  assert.ok(bomb.length < 30_000);
  await assert.rejects(decode(forged(bomb), bomb, undefined, 1_000), {
    reason: 'Malformed',
    message: `${PART}, block 0: its delta cannot be unpacked: Cannot create a Buffer larger than 1000 bytes`,
  });
  const wide = await compress(patternOf(1_000), {
    params: { [constants.ZSTD_c_windowLog]: 27 },
    flush: constants.ZSTD_e_flush,
    finishFlush: constants.ZSTD_e_flush,
  });
  await assert.rejects(decode(forged(wide), wide, undefined, 1_000), {
    reason: 'Malformed',
    message: /its delta cannot be unpacked: Frame requires too much memory for decoding/,
  });
  const short = await encodeBlock(Buffer.alloc(999), EMPTY);
  await assert.rejects(decode(forged(short), short, undefined, 1_000), {
    message: `${PART}, block 0: its delta gives 999 bytes, not 1000`,
  });
  const noise = patternOf(500);
  await assert.rejects(decode(forged(noise), noise, undefined, 1_000), {
    message: /its delta cannot be unpacked: Unknown frame descriptor/,
  });
});

test('a delta that was cut, or whose frames were swapped, is refused with the frame named, and nothing of it is unpacked', async () => {
  const [one, two] = [
    await encodeBlock(Buffer.alloc(BLOCK_BYTES, 1), EMPTY),
    await encodeBlock(Buffer.alloc(BLOCK_BYTES, 2), EMPTY),
  ];
  const frame = (data: Buffer): Frame => ({
    length: data.length,
    sha256: hexOf(sha256(data)),
    from: 0,
    window: 0,
  });
  assert.equal(one.length, two.length);
  const good = Buffer.concat([one, two]);
  const delta: Delta = { digest: sha256(EMPTY), data: sha256(good), frames: [frame(one), frame(two)] };
  const swapped = Buffer.concat([two, one]);
  const size = 2 * BLOCK_BYTES;
  const source = (data: Buffer) => memorySource(new Map([[blobPath(delta.data), data]]), 777);
  const all = (data: Buffer) =>
    Array.fromAsync(decodedBlocks(source(data), delta, NO_BASES, { part: PART, size, start: 0 }));
  assert.equal((await all(good)).length, 2);
  await assert.rejects(all(swapped), { reason: 'WrongDigest', part: `${PART}: delta, frame 0` });
  await assert.rejects(all(good.subarray(0, -1)), { reason: 'Missing', message: /ends too early/ });
});

test('a window lies within the old content, around the place that corresponds, and is the same length everywhere', () => {
  const M = 1024 * 1024;
  assert.deepEqual(windowFor(0, 100 * M, 100 * M), { from: 0, window: 12 * M });
  assert.deepEqual(windowFor(40 * M, 100 * M, 100 * M), { from: 36 * M, window: 12 * M });
  assert.deepEqual(windowFor(96 * M, 100 * M, 100 * M), { from: 88 * M, window: 12 * M });
  assert.deepEqual(windowFor(40 * M, 100 * M, 50 * M), { from: 16 * M, window: 12 * M });
  assert.deepEqual(windowFor(40 * M, 100 * M, 3), { from: 0, window: 3 });
});

test('a window that something else lies in gives another block, which its digest tells', async () => {
  const window = patternOf(20_000);
  const frame = await encodeBlock(window.subarray(100, 9_000), window);
  assert.ok((await decodeBlock(frame, window, 8_900)).equals(window.subarray(100, 9_000)));
  const other = await decodeBlock(frame, patternOf(20_000, 9), 8_900).catch(() => EMPTY);
  assert.ok(!other.equals(window.subarray(100, 9_000)));
});

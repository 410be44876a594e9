import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bucketKey, KEY_BYTES, SealedError, versionOf } from './bucket-key.ts';
import { newDataKey, openDataKey, openHeaders, sealHeaders } from './object-keys.ts';
import { decrypt, encrypt, SEGMENT_BYTES, sealedRange, sealedSize } from './segments.ts';

const SEED = 20261122;
const PLACE = { bucket: '7d1c0f6e-6c1e-4d52-9f0f-0a6a3c0f6b11', key: 'case/44.pdf' };
const under = (version = 1) => bucketKey(version, randomBytes(KEY_BYTES));

/** Each is overwritten once it was used, as a buffer that is filled again would be. */
async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    yield chunk;
    chunk.fill(0);
  }
}

async function all(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

describe('the bytes of a piece', () => {
  test('any range of any piece opens, with no more than the segments that it touches', async () => {
    const sizes = fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: -2, max: 2 }).map((near) => SEGMENT_BYTES + near),
      fc.integer({ min: -2, max: 2 }).map((near) => 3 * SEGMENT_BYTES + near),
      fc.integer({ min: 0, max: 4 * SEGMENT_BYTES }),
    );
    const cases = fc.tuple(sizes, fc.nat(), fc.nat(), fc.integer({ min: 1_000, max: 200_000 }));
    await fc.assert(
      fc.asyncProperty(cases, async ([size, a, b, chunk]) => {
        const plain = randomBytes(size);
        const key = randomBytes(KEY_BYTES);
        const sealed = await all(encrypt(key, inChunks(plain, chunk)));
        assert.equal(sealed.length, sealedSize(size));
        const [from = 0, to = 0] = [a % (size + 1), b % (size + 1)].toSorted((x, y) => x - y);
        const wanted = { size, from, to };
        const there = sealedRange(wanted);
        assert.ok(there.to - there.from <= to - from + 2 * (SEGMENT_BYTES + 16));
        const opened = await all(
          decrypt(key, inChunks(sealed.subarray(there.from, there.to), chunk), wanted),
        );
        assert.deepEqual(opened, plain.subarray(from, to));
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  test('a segment that is changed, moved, doubled, missing or cut off is found before a byte of it is given out', async () => {
    const size = 3 * SEGMENT_BYTES;
    const key = randomBytes(KEY_BYTES);
    const sealed = await all(encrypt(key, inChunks(randomBytes(size), 70_000)));
    const each = SEGMENT_BYTES + 16;
    const segment = (index: number) => sealed.subarray(index * each, (index + 1) * each);
    const flipped = Buffer.from(sealed);
    flipped[each + 5] = (flipped[each + 5] ?? 0) ^ 1;
    const attacks = {
      'a bit flipped': flipped,
      'two in another order': Buffer.concat([segment(1), segment(0), segment(2)]),
      'one twice': Buffer.concat([segment(0), segment(0), segment(2)]),
      'one missing': Buffer.concat([segment(0), segment(2)]),
      'the last missing': sealed.subarray(0, 2 * each),
      'cut off': sealed.subarray(0, -1),
      'one more': Buffer.concat([sealed, segment(2)]),
    };
    for (const [name, bytes] of Object.entries(attacks)) {
      await assert.rejects(
        all(decrypt(key, inChunks(bytes, 50_000), { size, from: 0, to: size })),
        SealedError,
        name,
      );
    }
    // Cut at a segment's end, with a size that fits: the mark of the last one tells.
    const shorter = { size: 2 * SEGMENT_BYTES, from: 0, to: 2 * SEGMENT_BYTES };
    await assert.rejects(
      all(decrypt(key, inChunks(sealed.subarray(0, 2 * each), 50_000), shorter)),
      SealedError,
    );
  });
});

describe('the keys of an object', () => {
  test('a data key opens under its bucket’s key, for its bucket and name, and nowhere else', () => {
    const own = under(3);
    const { bytes, wrapped } = newDataKey(own, PLACE);
    assert.equal(versionOf(wrapped), 3);
    assert.deepEqual(openDataKey(own, wrapped, PLACE), bytes);
    assert.throws(() => openDataKey(under(3), wrapped, PLACE), SealedError);
    assert.throws(() => openDataKey({ ...own, version: 4 }, wrapped, PLACE), SealedError);
    assert.throws(() => openDataKey(own, wrapped, { ...PLACE, key: 'case/45.pdf' }), SealedError);
    assert.throws(() => openDataKey(own, wrapped, { ...PLACE, bucket: '0' }), SealedError);
    assert.throws(() => openDataKey(own, wrapped.subarray(0, 20), PLACE), SealedError);
    for (let at = 0; at < wrapped.length; at++) {
      const changed = Buffer.from(wrapped);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.throws(() => openDataKey(own, changed, PLACE), SealedError, `byte ${at}`);
    }
  });

  test('no two wrappings of one bucket’s key look alike', () => {
    const own = under();
    const made = Array.from({ length: 1_000 }, () => newDataKey(own, PLACE).wrapped.toString('hex'));
    assert.equal(new Set(made.map((one) => one.slice(0, 40))).size, made.length);
  });

  test('what is said of an object is bound to its pieces in their order', () => {
    const own = under();
    const pieces = [1, 2, 3].map(() => ({ wrappedKey: newDataKey(own, PLACE).wrapped }));
    const headers = { 'content-type': 'application/pdf', 'x-amz-meta-of': 'the registry' };
    const sealed = sealHeaders(own, headers, PLACE, pieces);
    assert.deepEqual(openHeaders(own, sealed, PLACE, pieces), headers);
    assert.ok(!sealed.includes('registry'));
    assert.throws(() => openHeaders(own, sealed, PLACE, pieces.toReversed()), SealedError);
    assert.throws(() => openHeaders(own, sealed, PLACE, pieces.slice(1)), SealedError);
    assert.throws(() => openHeaders(own, sealed, { ...PLACE, key: 'x' }, pieces), SealedError);
  });

  test('the bytes that a key was made of do not stay', () => {
    const bytes = randomBytes(KEY_BYTES);
    bucketKey(1, bytes);
    assert.ok(bytes.every((byte) => byte === 0));
  });
});

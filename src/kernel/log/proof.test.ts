import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { append, completeRoot, EMPTY_FRONTIER, HASH_BYTES, leafHash, root } from './merkle.ts';
import {
  consistencyProof,
  type HashReader,
  inclusionProof,
  rootAt,
  tileHashReader,
  verifyConsistency,
  verifyInclusion,
} from './proof.ts';
import { tilePath } from './tile.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_121 });

// Past one full tile, one tile node, and a partial tile on each level.
const SIZE_MAX = 700;
const LEAVES = Array.from({ length: SIZE_MAX }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
const NODES = append(EMPTY_FRONTIER, LEAVES).tileNodes.map((node) => node.hash);
const ROOTS: Buffer[] = [];
for (
  let frontier = EMPTY_FRONTIER;
  ;
  frontier = append(frontier, LEAVES.slice(frontier.size, frontier.size + 1)).frontier
) {
  ROOTS.push(root(frontier));
  if (frontier.size === SIZE_MAX) break;
}

const rootOf = (size: number): Buffer => ROOTS[size] ?? assert.fail(`no root of ${size}`);
const leafOf = (index: number): Buffer => LEAVES[index] ?? assert.fail(`no leaf ${index}`);

const read: HashReader = async (level, start, count) =>
  Buffer.concat((level === 0 ? LEAVES : NODES).slice(start, start + count));

const size = fc.integer({ min: 1, max: SIZE_MAX });
const sizeAndIndex = size.chain((of) => fc.tuple(fc.constant(of), fc.integer({ min: 0, max: of - 1 })));
const twoSizes = size.chain((newer) => fc.tuple(fc.integer({ min: 0, max: newer }), fc.constant(newer)));

function flip(bytes: Uint8Array, bit: number): Buffer {
  const changed = Buffer.from(bytes);
  const at = Math.floor(bit / 8) % changed.length;
  changed.writeUInt8(changed.readUInt8(at) ^ (1 << (bit % 8)), at);
  return changed;
}

/** A copy of the proof with one bit flipped in one of its hashes. */
const flipOne = (proof: readonly Buffer[], bit: number) =>
  proof.map((hash, at) => (at === Math.floor(bit / 256) % proof.length ? flip(hash, bit) : hash));

test('a proof for any leaf of a log of any size verifies', async () => {
  await fc.assert(
    fc.asyncProperty(sizeAndIndex, async ([of, index]) => {
      const proof = await inclusionProof(index, of, read);
      assert.equal(
        verifyInclusion({ index, size: of, leafHash: leafOf(index), proof, root: rootOf(of) }),
        true,
      );
    }),
    { numRuns: 400 },
  );
});

test('a proof with any bit flipped, for another leaf, another size, or of another length does not verify', async () => {
  await fc.assert(
    fc.asyncProperty(sizeAndIndex, fc.nat({ max: 256 * 20 }), async ([of, index], bit) => {
      const proof = await inclusionProof(index, of, read);
      const claim = { index, size: of, leafHash: leafOf(index), proof, root: rootOf(of) };
      if (proof.length > 0) {
        assert.equal(verifyInclusion({ ...claim, proof: flipOne(proof, bit) }), false);
        assert.equal(verifyInclusion({ ...claim, proof: proof.slice(1) }), false);
        assert.equal(verifyInclusion({ ...claim, index: (index + 1) % of }), false);
      }
      assert.equal(verifyInclusion({ ...claim, leafHash: flip(claim.leafHash, bit) }), false);
      assert.equal(verifyInclusion({ ...claim, root: flip(claim.root, bit) }), false);
      assert.equal(verifyInclusion({ ...claim, proof: [...proof, leafOf(0)] }), false);
      assert.equal(verifyInclusion({ ...claim, index: of }), false);
      assert.equal(verifyInclusion({ ...claim, index: -1 }), false);
    }),
    { numRuns: 200 },
  );
});

test('any log proves that it begins with any earlier state of itself, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(twoSizes, fc.nat({ max: 256 * 20 }), async ([oldSize, newSize], bit) => {
      const proof = await consistencyProof(oldSize, newSize, read);
      const claim = { oldSize, oldRoot: rootOf(oldSize), newSize, newRoot: rootOf(newSize), proof };
      assert.equal(verifyConsistency(claim), true);
      assert.equal(verifyConsistency({ ...claim, oldRoot: flip(claim.oldRoot, bit) }), false);
      // Every tree begins with the empty one, so nothing is claimed about the root of the new.
      if (oldSize > 0) {
        assert.equal(verifyConsistency({ ...claim, newRoot: flip(claim.newRoot, bit) }), false);
      }
      if (proof.length > 0) assert.equal(verifyConsistency({ ...claim, proof: flipOne(proof, bit) }), false);
      assert.equal(verifyConsistency({ ...claim, proof: [...proof, leafOf(0)] }), false);
    }),
    { numRuns: 300 },
  );
});

test('the root of every earlier size comes out of the stored hashes', async () => {
  for (const treeSize of [0, 1, 2, 255, 256, 257, 511, 512, 513, SIZE_MAX]) {
    assert.deepEqual(await rootAt(treeSize, read), rootOf(treeSize));
  }
});

test('proofs made from tiles fetch only tiles that exist at that size, each once', async () => {
  const of = 600;
  const fetched: string[] = [];
  const reader = tileHashReader(of, async (tile) => {
    fetched.push(tilePath(tile));
    return read(Number(tile.level), tile.index * 256, tile.width);
  });
  const proof = await inclusionProof(300, of, reader);
  assert.deepEqual(proof, await inclusionProof(300, of, read));
  assert.deepEqual(fetched.toSorted(), ['tile/0/001', 'tile/0/002.p/88', 'tile/1/000.p/2']);
});

test('a tile that is too short is named, not used', async () => {
  const reader = tileHashReader(600, async () => Buffer.alloc(HASH_BYTES));
  await assert.rejects(inclusionProof(300, 600, reader), {
    code: 'MALFORMED_TILE',
    message: /^tile\/0\/00[12].*: 32 bytes, where/,
  });
});

test('asking for what a log does not have is refused', async () => {
  await assert.rejects(inclusionProof(5, 5, read), {
    code: 'OUT_OF_RANGE',
    message: 'index: 5 is not a leaf of a log of 5',
  });
  await assert.rejects(consistencyProof(6, 5, read), { code: 'OUT_OF_RANGE' });
  await assert.rejects(rootAt(Number.NaN, read), { code: 'OUT_OF_RANGE' });
});

test('proofs of a log with more leaves than 32 bits count verify', () => {
  // Leaf 0 of a tree of 2^40 leaves that are all the same: each level's sibling is the node itself.
  const proof: Buffer[] = [];
  let hash = leafOf(0);
  for (let height = 0; height < 40; height++) {
    proof.push(hash);
    hash = completeRoot(Buffer.concat([hash, hash]));
  }
  assert.equal(
    verifyInclusion({ index: 2 ** 39 + 1, size: 2 ** 40, leafHash: leafOf(0), proof, root: hash }),
    true,
  );
  assert.equal(
    verifyInclusion({ index: 2 ** 39 + 1, size: 2 ** 41, leafHash: leafOf(0), proof, root: hash }),
    false,
  );
});

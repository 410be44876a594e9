import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  append,
  completeRoot,
  EMPTY_FRONTIER,
  EMPTY_ROOT,
  frontierOf,
  leafHash,
  nodeHash,
  root,
  type TileNode,
} from './merkle.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_121 });

// The vectors that RFC 6962 implementations share (certificate-transparency's merkletree test data).
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** The definition of RFC 6962, section 2.1, word for word and slow: the model the fast tree is held against. */
function definition(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return EMPTY_ROOT;
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(definition(leaves.slice(0, split)), definition(leaves.slice(split)));
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));

test('the roots of the shared RFC 6962 test vectors come out, leaf by leaf and all at once', () => {
  const hashes = LEAVES.map((hex) => leafHash(Buffer.from(hex, 'hex')));
  let frontier = EMPTY_FRONTIER;
  assert.equal(root(frontier).toString('hex'), ROOTS[0]);
  for (const [index, hash] of hashes.entries()) {
    frontier = append(frontier, [hash]).frontier;
    assert.equal(frontier.size, index + 1);
    assert.equal(root(frontier).toString('hex'), ROOTS[index + 1]);
    assert.deepEqual(append(EMPTY_FRONTIER, hashes.slice(0, index + 1)).frontier, frontier);
  }
});

test('a leaf of any length hashes as the standard says', () => {
  for (const length of [0, 1, 4094, 4095, 4096, 65_535]) {
    const data = Buffer.alloc(length, 7);
    const expected = createHash('sha256').update(Buffer.of(0)).update(data).digest();
    assert.deepEqual(leafHash(data), expected, `${length} bytes`);
  }
});

test('however a log is cut into batches, its root is the one the standard defines', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 70 }), { maxLength: 8 }), (batches) => {
      const all = numbered(batches.reduce((sum, count) => sum + count, 0));
      let frontier = EMPTY_FRONTIER;
      for (const count of batches) {
        frontier = append(frontier, all.slice(frontier.size, frontier.size + count)).frontier;
      }
      assert.equal(frontier.size, all.length);
      assert.deepEqual(root(frontier), definition(all));
    }),
  );
});

test('every completed subtree of 256, and of 256 of those, is reported once with its root', () => {
  const leaves = numbered(65_536 + 300);
  const nodes: TileNode[] = [];
  let frontier = EMPTY_FRONTIER;
  for (let start = 0; start < leaves.length; start += 1000) {
    const appended = append(frontier, leaves.slice(start, start + 1000));
    nodes.push(...appended.tileNodes);
    frontier = appended.frontier;
  }
  const levelOne = nodes.filter((node) => node.level === 1);
  const levelTwo = nodes.filter((node) => node.level === 2);
  assert.equal(nodes.length, 257 + 1);
  assert.deepEqual(
    levelOne.map((node) => node.index),
    Array.from({ length: 257 }, (_, index) => index),
  );
  assert.deepEqual(levelOne[256]?.hash, definition(leaves.slice(65_536, 65_792)));
  assert.equal(levelTwo.length, 1);
  assert.equal(levelTwo[0]?.index, 0);
  assert.deepEqual(
    levelTwo[0]?.hash,
    completeRoot(Buffer.concat(levelOne.slice(0, 256).map((node) => node.hash))),
  );
});

test('appending does not change the frontier it was given', () => {
  const before = append(EMPTY_FRONTIER, numbered(3)).frontier;
  const copy = Buffer.from(before.hashes);
  append(before, numbered(5));
  assert.deepEqual(before.hashes, copy);
  assert.equal(before.size, 3);
});

test('a stored frontier that does not fit its size is refused', () => {
  const { hashes } = append(EMPTY_FRONTIER, numbered(3)).frontier;
  assert.deepEqual(frontierOf(3, hashes), { size: 3, hashes });
  assert.throws(() => frontierOf(4, hashes), {
    code: 'OUT_OF_RANGE',
    message: 'hashes: a frontier of 4 leaves has 32 bytes, not 64',
  });
  assert.throws(() => frontierOf(-1, hashes), { code: 'OUT_OF_RANGE' });
});

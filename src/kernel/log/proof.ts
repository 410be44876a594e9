/**
 * Inclusion and consistency proofs (RFC 6962, sections 2.1.1 and 2.1.2): made from stored hashes, checked from nothing
 * but themselves. Making reads through a HashReader; checking is pure.
 */
import { LogError } from './log-error.ts';
import {
  assertTreeSize,
  completeRoot,
  EMPTY_ROOT,
  foldRight,
  HASH_BYTES,
  nodeHash,
  TILE_HEIGHT,
  TILE_WIDTH,
} from './merkle.ts';
import { assertHashTile, type Tile, tileWidth } from './tile.ts';

/**
 * Gives `count` (1–256, never across a tile's edge) consecutive hashes of a tile level, from index `start`,
 * concatenated: level 0 are leaf hashes, level L the tile nodes of that level.
 */
export type HashReader = (level: number, start: number, count: number) => Promise<Uint8Array>;

/** Reads hashes out of the tiles of a tree of `size` leaves; each tile is fetched once. */
export function tileHashReader(size: number, fetchTile: (tile: Tile) => Promise<Uint8Array>): HashReader {
  const fetched = new Map<string, Promise<Uint8Array>>();
  return async (level, start, count) => {
    const index = Math.floor(start / TILE_WIDTH);
    const key = `${level}/${index}`;
    let bytes = fetched.get(key);
    if (bytes === undefined) {
      const tile: Tile = { level, index, width: tileWidth(size, level, index) };
      bytes = fetchTile(tile).then((hashes) => {
        assertHashTile(tile, hashes);
        return hashes;
      });
      fetched.set(key, bytes);
    }
    const from = (start % TILE_WIDTH) * HASH_BYTES;
    return (await bytes).subarray(from, from + count * HASH_BYTES);
  };
}

/** Leaves [start, end). */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** The largest power of two below `size` (which is at least 2). */
function splitPoint(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

function inclusionRanges(index: number, size: number): Range[] {
  const ranges: Range[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      ranges.unshift({ start: middle, end });
      end = middle;
    } else {
      ranges.unshift({ start, end: middle });
      start = middle;
    }
  }
  return ranges;
}

function consistencyRanges(oldSize: number, newSize: number): Range[] {
  const ranges: Range[] = [];
  let start = 0;
  let end = newSize;
  // While the old tree is this very subtree from the left, its root is known to whoever checks.
  let known = true;
  while (oldSize !== end) {
    const middle = start + splitPoint(end - start);
    if (oldSize <= middle) {
      ranges.unshift({ start: middle, end });
      end = middle;
    } else {
      ranges.unshift({ start, end: middle });
      start = middle;
      known = false;
    }
  }
  if (!known) ranges.unshift({ start, end });
  return ranges;
}

/** The root of the leaves of one complete subtree of 2^height leaves. */
async function subtreeRoot(height: number, index: number, read: HashReader): Promise<Buffer> {
  const level = Math.floor(height / TILE_HEIGHT);
  const count = 2 ** (height % TILE_HEIGHT);
  const hashes = await read(level, index * count, count);
  if (hashes.length !== count * HASH_BYTES) {
    throw new LogError(
      'MALFORMED_TILE',
      `level ${level} gave ${hashes.length} bytes for ${count} hashes from ${index * count}`,
    );
  }
  return completeRoot(hashes);
}

/** The root over a range whose start is aligned to the largest power of two that fits it. */
async function rangeRoot(range: Range, read: HashReader): Promise<Buffer> {
  const parts: Promise<Buffer>[] = [];
  for (let start = range.start; start < range.end; ) {
    let height = 0;
    while (2 ** (height + 1) <= range.end - start) height += 1;
    parts.push(subtreeRoot(height, start / 2 ** height, read));
    start += 2 ** height;
  }
  return foldRight(Buffer.concat(await Promise.all(parts)));
}

/** The root of the tree when it had `size` leaves. */
export async function rootAt(size: number, read: HashReader): Promise<Buffer> {
  assertTreeSize(size);
  return size === 0 ? EMPTY_ROOT : rangeRoot({ start: 0, end: size }, read);
}

/** Proves that leaf `index` is in the tree of `size` leaves: hashes from the leaf's sibling to the root's child. */
export async function inclusionProof(index: number, size: number, read: HashReader): Promise<Buffer[]> {
  assertTreeSize(size);
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new LogError('OUT_OF_RANGE', `index: ${index} is not a leaf of a log of ${size}`);
  }
  return Promise.all(inclusionRanges(index, size).map((range) => rangeRoot(range, read)));
}

/** Proves that the tree of `newSize` leaves begins with the tree of `oldSize` leaves. Empty for equal sizes and for 0. */
export async function consistencyProof(
  oldSize: number,
  newSize: number,
  read: HashReader,
): Promise<Buffer[]> {
  assertTreeSize(oldSize, 'oldSize');
  assertTreeSize(newSize, 'newSize');
  if (oldSize > newSize)
    throw new LogError('OUT_OF_RANGE', `a log of ${newSize} never had ${oldSize} leaves`);
  if (oldSize === 0) return [];
  return Promise.all(consistencyRanges(oldSize, newSize).map((range) => rangeRoot(range, read)));
}

const half = (value: number) => Math.floor(value / 2);

export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

const areHashes = (hashes: readonly Uint8Array[]) => hashes.every((hash) => hash.length === HASH_BYTES);

/** Whether the proof shows that leaf `index` is in the tree (RFC 9162, section 2.1.3.2). Never throws. */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const { index, size, proof } = claim;
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) return false;
  if (!areHashes([claim.leafHash, claim.root, ...proof])) return false;
  let node = index;
  let last = size - 1;
  let hash: Uint8Array = claim.leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && Buffer.compare(hash, claim.root) === 0;
}

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly newSize: number;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Folds a consistency proof that begins with `first` into the two roots it speaks of; undefined when it has another length than it should. */
function foldConsistency(
  oldSize: number,
  newSize: number,
  first: Uint8Array,
  rest: readonly Uint8Array[],
): { readonly oldRoot: Uint8Array; readonly newRoot: Uint8Array } | undefined {
  let { node, last } = consistencyStart(oldSize, newSize);
  let oldRoot = first;
  let newRoot = first;
  for (const sibling of rest) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      oldRoot = nodeHash(sibling, oldRoot);
      newRoot = nodeHash(sibling, newRoot);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      newRoot = nodeHash(newRoot, sibling);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 ? { oldRoot, newRoot } : undefined;
}

function consistencyStart(oldSize: number, newSize: number): { node: number; last: number } {
  let node = oldSize - 1;
  let last = newSize - 1;
  while (node % 2 === 1) {
    node = half(node);
    last = half(last);
  }
  return { node, last };
}

/** Whether the proof shows that the new tree begins with the old one (RFC 9162, section 2.1.4.2). Never throws. */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { oldSize, oldRoot, newSize, newRoot } = claim;
  if (!Number.isSafeInteger(oldSize) || !Number.isSafeInteger(newSize) || oldSize < 0 || oldSize > newSize)
    return false;
  if (!areHashes([oldRoot, newRoot, ...claim.proof])) return false;
  if (oldSize === newSize) return claim.proof.length === 0 && Buffer.compare(oldRoot, newRoot) === 0;
  if (oldSize === 0) return claim.proof.length === 0 && EMPTY_ROOT.equals(oldRoot);
  // A whole old tree that is a complete subtree is where the proof starts; otherwise the first hash is.
  const { node } = consistencyStart(oldSize, newSize);
  const [first, ...rest] = node === 0 ? [oldRoot, ...claim.proof] : claim.proof;
  if (first === undefined) return false;
  const roots = foldConsistency(oldSize, newSize, first, rest);
  return (
    roots !== undefined &&
    Buffer.compare(roots.oldRoot, oldRoot) === 0 &&
    Buffer.compare(roots.newRoot, newRoot) === 0
  );
}

/**
 * The root that the new tree had at `oldSize` leaves, as far as the proof tells by itself; undefined when it does not lead to the new root,
 * or when the old tree is a complete subtree, whose root a proof leaves out. Never throws.
 */
export function impliedOldRoot(claim: Omit<ConsistencyClaim, 'oldRoot'>): Buffer | undefined {
  const { oldSize, newSize, newRoot, proof } = claim;
  if (!Number.isSafeInteger(oldSize) || !Number.isSafeInteger(newSize) || oldSize < 1 || oldSize >= newSize)
    return undefined;
  const [first, ...rest] = proof;
  if (first === undefined || !areHashes([newRoot, ...proof])) return undefined;
  if (consistencyStart(oldSize, newSize).node === 0) return undefined;
  const roots = foldConsistency(oldSize, newSize, first, rest);
  if (roots === undefined || Buffer.compare(roots.newRoot, newRoot) !== 0) return undefined;
  return Buffer.from(roots.oldRoot);
}

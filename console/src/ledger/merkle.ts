/** The Merkle tree of a log (RFC 6962, section 2.1) with WebCrypto: hashes of leaves and nodes, and what proofs lead to. Pure. */
import { areEqual, type Bytes, concat, sha256 } from './bytes.ts';

export const HASH_BYTES = 32;

const LEAF = Uint8Array.of(0x00);
const NODE = Uint8Array.of(0x01);

/** `SHA-256(0x00 ‖ data)`. */
export const leafHash = (data: Uint8Array): Promise<Bytes> => sha256(concat(LEAF, data));

/** `SHA-256(0x01 ‖ left ‖ right)`. */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Promise<Bytes> =>
  sha256(concat(NODE, left, right));

/** The root over hashes of one level whose number is a power of two. */
export async function completeRoot(hashes: readonly Bytes[]): Promise<Bytes> {
  let level = hashes;
  while (level.length > 1) {
    const pairs = level.filter((_, at) => at % 2 === 0).map((left, at) => [left, level[2 * at + 1]] as const);
    level = await Promise.all(pairs.map(([left, right]) => nodeHash(left, right ?? new Uint8Array())));
  }
  return level[0] ?? sha256(new Uint8Array());
}

/** Joins the roots of complete subtrees, largest first, into the root of the whole. */
export async function foldRight(hashes: readonly Bytes[]): Promise<Bytes> {
  let folded = hashes.at(-1);
  for (const hash of hashes.slice(0, -1).toReversed()) folded = await nodeHash(hash, folded ?? hash);
  return folded ?? sha256(new Uint8Array());
}

export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Bytes;
  /** From the leaf's sibling to the root's child. */
  readonly proof: readonly Bytes[];
  readonly root: Bytes;
}

const half = (value: number) => Math.floor(value / 2);
const areHashes = (hashes: readonly Uint8Array[]) => hashes.every(({ length }) => length === HASH_BYTES);

/** Whether the proof shows that leaf `index` is in the tree (RFC 9162, section 2.1.3.2). */
export async function verifyInclusion(claim: InclusionClaim): Promise<boolean> {
  const { index, size, proof, root } = claim;
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) return false;
  if (!areHashes([claim.leafHash, root, ...proof])) return false;
  let node = index;
  let last = size - 1;
  let hash = claim.leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = await nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && areEqual(hash, root);
}

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Bytes;
  readonly newSize: number;
  readonly newRoot: Bytes;
  readonly proof: readonly Bytes[];
}

/** Whether the proof shows that the new tree begins with the old one (RFC 9162, section 2.1.4.2). `oldSize` is at least 1. */
export async function verifyConsistency(claim: ConsistencyClaim): Promise<boolean> {
  const { oldSize, oldRoot, newSize, newRoot } = claim;
  if (!Number.isSafeInteger(oldSize) || !Number.isSafeInteger(newSize) || oldSize < 1 || oldSize > newSize)
    return false;
  if (!areHashes([oldRoot, newRoot, ...claim.proof])) return false;
  if (oldSize === newSize) return claim.proof.length === 0 && areEqual(oldRoot, newRoot);
  let node = oldSize - 1;
  let last = newSize - 1;
  while (node % 2 === 1) {
    node = half(node);
    last = half(last);
  }
  // A whole old tree that is a complete subtree is where the proof starts; otherwise the first hash is.
  const [first, ...rest] = node === 0 ? [oldRoot, ...claim.proof] : claim.proof;
  if (first === undefined) return false;
  let old = first;
  let now = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      old = await nodeHash(sibling, old);
      now = await nodeHash(sibling, now);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      now = await nodeHash(now, sibling);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && areEqual(old, oldRoot) && areEqual(now, newRoot);
}

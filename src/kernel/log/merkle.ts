/**
 * The Merkle tree of a log (RFC 6962, section 2.1): hashing leaves and nodes, and growing a tree from its right edge
 * alone. Pure; never reads storage. Buffers stay flat, because a full verification hashes millions of nodes.
 */
import { hash } from 'node:crypto';
import { LogError } from './log-error.ts';

/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32;

/** Tree heights that one tile level spans: a tile is 2^8 = 256 hashes wide. */
export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 2 ** TILE_HEIGHT;

// Sizes are JavaScript numbers, so a tree is never taller than this.
const HEIGHT_MAX = 53;

const sha256 = (data: Uint8Array): Buffer => hash('sha256', data, 'buffer');

/** The root of a tree without leaves. */
export const EMPTY_ROOT: Buffer = sha256(Buffer.alloc(0));

const NODE_INPUT = Buffer.alloc(1 + 2 * HASH_BYTES);
NODE_INPUT[0] = 0x01;

// Covers nearly every leaf we write without allocating; longer ones get a buffer of their own.
const LEAF_INPUT = Buffer.alloc(4096);
LEAF_INPUT[0] = 0x00;

/** `SHA-256(0x00 ‖ data)`. */
export function leafHash(data: Uint8Array): Buffer {
  if (data.length < LEAF_INPUT.length) {
    LEAF_INPUT.set(data, 1);
    return sha256(LEAF_INPUT.subarray(0, data.length + 1));
  }
  const input = Buffer.alloc(data.length + 1);
  input.set(data, 1);
  return sha256(input);
}

/** `SHA-256(0x01 ‖ left ‖ right)`. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) {
    throw new LogError('MALFORMED_PROOF', `a node joins two hashes of ${HASH_BYTES} bytes`);
  }
  NODE_INPUT.set(left, 1);
  NODE_INPUT.set(right, 1 + HASH_BYTES);
  return sha256(NODE_INPUT);
}

/** All that is needed to grow a tree and know its root. */
export interface Frontier {
  /** Leaves in the tree. */
  readonly size: number;
  /** The roots of the complete subtrees, one for each bit set in `size`, largest first: 32 bytes each, concatenated. */
  readonly hashes: Buffer;
}

export const EMPTY_FRONTIER: Frontier = Object.freeze({ size: 0, hashes: Buffer.alloc(0) });

/**
 * The root of a complete subtree of 256^level leaves: a hash of the tile at that level. (Tile level 0 holds the leaf
 * hashes themselves, so nodes begin at level 1.)
 */
export interface TileNode {
  readonly level: number;
  readonly index: number;
  readonly hash: Buffer;
}

export interface Appended {
  readonly frontier: Frontier;
  /** Completed by this append, in the order they were completed. */
  readonly tileNodes: readonly TileNode[];
}

/** Throws unless `size` can be the size of a tree. */
export function assertTreeSize(size: number, name = 'size'): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new LogError('OUT_OF_RANGE', `${name}: ${size} is not a whole number from 0 to 2^53 - 1`);
  }
}

function bitsSet(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/** Rebuilds a frontier from what was stored, refusing one whose hashes do not fit its size. */
export function frontierOf(size: number, hashes: Uint8Array): Frontier {
  assertTreeSize(size);
  const expected_bytes = bitsSet(size) * HASH_BYTES;
  if (hashes.length !== expected_bytes) {
    throw new LogError(
      'OUT_OF_RANGE',
      `hashes: a frontier of ${size} leaves has ${expected_bytes} bytes, not ${hashes.length}`,
    );
  }
  return { size, hashes: Buffer.from(hashes) };
}

/** Grows a tree leaf by leaf without allocating a frontier for each. */
export class TreeBuilder {
  #size: number;
  // A stack of subtree roots, each half as large as (or smaller than) the one below.
  readonly #stack = Buffer.alloc((HEIGHT_MAX + 1) * HASH_BYTES);
  #depth: number;
  readonly #onTileNode: ((node: TileNode) => void) | undefined;

  constructor(frontier: Frontier = EMPTY_FRONTIER, onTileNode?: (node: TileNode) => void) {
    this.#size = frontier.size;
    this.#depth = frontier.hashes.length / HASH_BYTES;
    this.#stack.set(frontier.hashes);
    this.#onTileNode = onTileNode;
  }

  get size(): number {
    return this.#size;
  }

  /** Appends the leaf hash at `offset` of `hashes`. */
  push(hashes: Uint8Array, offset = 0): void {
    const stack = this.#stack;
    let top = this.#depth * HASH_BYTES;
    for (let i = 0; i < HASH_BYTES; i++) stack[top + i] = hashes[offset + i] ?? 0;
    let size = this.#size;
    // Every trailing one bit of the size is a complete subtree that the new one completes into a larger.
    for (let height = 1; size % 2 === 1; height++) {
      size = (size - 1) / 2;
      top -= HASH_BYTES;
      NODE_INPUT.set(stack.subarray(top, top + 2 * HASH_BYTES), 1);
      const node = sha256(NODE_INPUT);
      stack.set(node, top);
      if (height % TILE_HEIGHT === 0) {
        this.#onTileNode?.({ level: height / TILE_HEIGHT, index: size, hash: node });
      }
    }
    this.#depth = top / HASH_BYTES + 1;
    this.#size += 1;
  }

  frontier(): Frontier {
    return { size: this.#size, hashes: Buffer.from(this.#stack.subarray(0, this.#depth * HASH_BYTES)) };
  }

  root(): Buffer {
    return foldRight(this.#stack.subarray(0, this.#depth * HASH_BYTES));
  }
}

/** Appends leaves, given by their hashes. The frontier that was given is not changed. */
export function append(frontier: Frontier, leafHashes: readonly Uint8Array[]): Appended {
  assertTreeSize(frontier.size + leafHashes.length);
  const tileNodes: TileNode[] = [];
  const builder = new TreeBuilder(frontier, (node) => tileNodes.push(node));
  for (const leaf of leafHashes) {
    if (leaf.length !== HASH_BYTES) {
      throw new LogError('OUT_OF_RANGE', `leafHashes: a hash has ${HASH_BYTES} bytes, not ${leaf.length}`);
    }
    builder.push(leaf);
  }
  return { frontier: builder.frontier(), tileNodes };
}

/** The root of the tree whose right edge this is. */
export function root(frontier: Frontier): Buffer {
  return foldRight(frontier.hashes);
}

/** Joins the roots of complete subtrees, largest first, into the root of the whole: right to left. */
export function foldRight(hashes: Uint8Array): Buffer {
  if (hashes.length === 0) return EMPTY_ROOT;
  let at = hashes.length - HASH_BYTES;
  let folded: Buffer = Buffer.from(hashes.subarray(at));
  while (at > 0) {
    at -= HASH_BYTES;
    folded = nodeHash(hashes.subarray(at, at + HASH_BYTES), folded);
  }
  return folded;
}

/** The root over consecutive hashes of one level whose number is a power of two. */
export function completeRoot(hashes: Uint8Array): Buffer {
  let level = Buffer.from(hashes);
  while (level.length > HASH_BYTES) {
    for (let at = 0; at < level.length; at += 2 * HASH_BYTES) {
      NODE_INPUT.set(level.subarray(at, at + 2 * HASH_BYTES), 1);
      level.set(sha256(NODE_INPUT), at / 2);
    }
    level = level.subarray(0, level.length / 2);
  }
  return level;
}

/**
 * What a large blob is held against block by block: after each block, the digest of all bytes up to there. So reading stops at the first bad block instead of at the end and names it; every byte
 * is hashed once, for its block and for the whole blob; and what is there of an earlier attempt is good as far as the digest of it says. A blob of one block needs none.
 */
import { createHash, type Hash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { jsonBytes, readerOf } from './json.ts';
import { BLOB_BYTES_MAX, BLOCK_BYTES } from './limits.ts';

const Blocks = Type.Object(
  {
    blockSize: Type.Literal(BLOCK_BYTES),
    size: Type.Integer({ minimum: BLOCK_BYTES + 1, maximum: BLOB_BYTES_MAX }),
    /** SHA-256 of all bytes up to the end of each, in hexadecimal; the last one is the blob's own. */
    sha256UpTo: Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$' }), {
      maxItems: BLOB_BYTES_MAX / BLOCK_BYTES,
    }),
  },
  { additionalProperties: false },
);
export type Blocks = Static<typeof Blocks>;

export const readBlocks = readerOf(Blocks);

export const needsBlocks = (size: number): boolean => size > BLOCK_BYTES;

/** The digest of what has come so far. */
export class RunningDigest {
  #hash = createHash('sha256');
  #before: Hash | undefined;

  /** In hexadecimal, of all bytes up to the end of this block. */
  add(block: Uint8Array): string {
    const next = this.#hash.copy();
    next.update(block);
    this.#before = this.#hash;
    this.#hash = next;
    return this.digest();
  }

  /** As if the last block had not come. */
  undo(): void {
    this.#hash = this.#before ?? this.#hash;
  }

  /** In hexadecimal, of all that came. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}

export const blocksBytes = (size: number, sha256UpTo: readonly string[]): Buffer =>
  jsonBytes({ blockSize: BLOCK_BYTES, size, sha256UpTo });

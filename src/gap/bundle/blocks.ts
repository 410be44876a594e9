/**
 * Digests of the blocks of a large blob: reading stops at the first bad block instead of at the end, names it, and can begin again at any block.
 * A blob of one block needs none.
 */
import { hash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { jsonBytes, readerOf } from './json.ts';
import { BLOB_BYTES_MAX, BLOCK_BYTES } from './limits.ts';

const Blocks = Type.Object(
  {
    blockSize: Type.Literal(BLOCK_BYTES),
    size: Type.Integer({ minimum: BLOCK_BYTES + 1, maximum: BLOB_BYTES_MAX }),
    /** SHA-256 of each, in hexadecimal. */
    sha256: Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$' }), {
      maxItems: BLOB_BYTES_MAX / BLOCK_BYTES,
    }),
  },
  { additionalProperties: false },
);
export type Blocks = Static<typeof Blocks>;

export const readBlocks = readerOf(Blocks);

export const needsBlocks = (size: number): boolean => size > BLOCK_BYTES;

export const blockDigest = (block: Uint8Array): string => hash('sha256', block, 'hex');

export const blocksBytes = (size: number, sha256: readonly string[]): Buffer =>
  jsonBytes({ blockSize: BLOCK_BYTES, size, sha256 });

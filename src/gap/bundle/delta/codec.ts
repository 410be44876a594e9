/**
 * One block as a zstd frame (RFC 8878) that refers to a window of old content, and back. Only frames that were signed for come here; still, whatever is in one, the answer is
 * at most as long as the block has to be.
 */
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { BLOCK_BYTES, WINDOW_BYTES_MAX } from '../limits.ts';

/** The best that is still quick: about 4 s for each 64 MiB here. Higher levels gain nothing on what was measured. */
export const LEVEL = 12;
/** 16 MiB: a block and its window. */
const WINDOW_LOG = 24;
/** A window that begins so would be taken for a trained dictionary (RFC 8878, section 5), and not for bytes. */
const DICTIONARY_MAGIC = Buffer.from([0x37, 0xa4, 0x30, 0xec]);

export const encoder = { zstd: process.versions.zstd ?? 'unknown', level: LEVEL };

const compress = promisify<Uint8Array, object, Buffer>(zstdCompress);
const decompress = promisify<Uint8Array, object, Buffer>(zstdDecompress);

/** Whether the window can be told to zstd as what it is. */
export const isPlainWindow = (window: Uint8Array): boolean =>
  !DICTIONARY_MAGIC.equals(window.subarray(0, DICTIONARY_MAGIC.length));

/** The same block and window give the same frame, as long as zstd is the same. */
export function encodeBlock(block: Uint8Array, window: Uint8Array): Promise<Buffer> {
  return compress(block, {
    ...dictionaryOf(window),
    pledgedSrcSize: block.length,
    params: {
      [constants.ZSTD_c_compressionLevel]: LEVEL,
      [constants.ZSTD_c_windowLog]: WINDOW_LOG,
      // Blocks have SHA-256 of their own.
      [constants.ZSTD_c_checksumFlag]: 0,
    },
  });
}

/** Throws what zlib says when the frame is none, needs more memory than ours do, or holds more than `length` bytes. The answer may be shorter, or wrong: it has to be checked. */
export function decodeBlock(frame: Uint8Array, window: Uint8Array, length: number): Promise<Buffer> {
  return decompress(frame, {
    ...dictionaryOf(window),
    maxOutputLength: length,
    params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
  });
}

const dictionaryOf = (window: Uint8Array) => (window.length === 0 ? {} : { dictionary: window });

/**
 * Where to look in the old content for what a block may be made of: around the place that corresponds. Content moves as parts of it grow; the window is three blocks so
 * that it finds its own again.
 */
export function windowFor(
  at: number,
  size: number,
  baseSize: number,
): { readonly from: number; readonly window: number } {
  const window = Math.min(WINDOW_BYTES_MAX, baseSize);
  const place = Math.floor(at * (baseSize / size)) - (window - BLOCK_BYTES) / 2;
  return { from: Math.floor(Math.max(0, Math.min(place, baseSize - window))), window };
}

/**
 * Memory for the JSON of objects. What Node cuts from its common pool keeps alive everything that was cut from the same piece, and most of
 * that is of requests long gone; so what stays is cut from pieces of its own.
 */

/** Small, because a piece stays until the last object in it goes. */
const PIECE_BYTES = 16 * 1024;
/** Longer ones get memory of their own. */
const SHARED_BYTES_MAX = PIECE_BYTES / 8;

let piece = Buffer.alloc(0);
let used = 0;

function room(length: number): Buffer {
  if (length > SHARED_BYTES_MAX) return Buffer.allocUnsafeSlow(length);
  if (used + length > piece.length) {
    piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
    used = 0;
  }
  const bytes = piece.subarray(used, used + length);
  used += length;
  return bytes;
}

/** The text in UTF-8, to be kept. */
export function keptText(text: string): Buffer {
  const bytes = room(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

/** The same bytes, to be kept. */
export function keptBytes(given: Uint8Array): Buffer {
  const bytes = room(given.length);
  bytes.set(given);
  return bytes;
}

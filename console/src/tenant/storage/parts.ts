/** How a file is sent: whole, or in parts of one size. Pure. */

const MEBIBYTE = 2 ** 20;
/** Larger files go in parts. A part comes to the region within a minute, or is refused: over a line of 1.2 Mbit/s that is so much. */
export const PART_BYTES_MIN = 8 * MEBIBYTE;
/** S3's own. */
export const PARTS_MAX = 10_000;
/** S3's own, of one object. */
export const OBJECT_BYTES_MAX = 5 * 2 ** 40;

export interface Part {
  /** From 1. */
  readonly number: number;
  readonly from: number;
  readonly to: number;
}

/** One part where the file goes whole. Throws RangeError for what no object can be. */
export function partsOf(size: number): readonly Part[] {
  if (size > OBJECT_BYTES_MAX) throw new RangeError(`an object has at most ${OBJECT_BYTES_MAX} bytes`);
  const partBytes = partBytesOf(size);
  const count = Math.max(1, Math.ceil(size / partBytes));
  return Array.from({ length: count }, (_, at) => ({
    number: at + 1,
    from: at * partBytes,
    to: Math.min(size, (at + 1) * partBytes),
  }));
}

/** Whole MiB, as few parts as it must be for very large ones. */
function partBytesOf(size: number): number {
  return Math.max(PART_BYTES_MIN, Math.ceil(size / PARTS_MAX / MEBIBYTE) * MEBIBYTE);
}

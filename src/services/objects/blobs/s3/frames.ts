/**
 * How a blob lies in an S3 cluster: blocks, each with its checksum behind it, so that any range can be checked by itself. A checksum covers where its block belongs and whether it is the last, so that
 * a block of another blob, a block at another place and an end that is missing are found. Pure.
 *
 *   (block[≤ 262,144] ‖ crc32[4])⁺        of nothing: one empty block
 */
import { crc32 } from 'node:zlib';
import { type ByteRange, DamagedBlobError } from '../backend.ts';

export const BLOCK_BYTES = 262_144;
const CRC_BYTES = 4;
export const FRAME_BYTES = BLOCK_BYTES + CRC_BYTES;

const blocksOf = (size: number): number => Math.max(1, Math.ceil(size / BLOCK_BYTES));

const framedSize = (size: number): number => size + CRC_BYTES * blocksOf(size);

/** Undefined: nothing that was framed is as long as that. */
export function plainSize(framed: number): number | undefined {
  const size = framed - CRC_BYTES * Math.max(1, Math.ceil(framed / FRAME_BYTES));
  return size >= 0 && framedSize(size) === framed ? size : undefined;
}

/** Frames that hold a range, as positions in what is stored; the last may reach beyond its end. */
export function framesOf({ from, to }: ByteRange): ByteRange {
  return {
    from: Math.floor(from / BLOCK_BYTES) * FRAME_BYTES,
    to: Math.ceil(to / BLOCK_BYTES) * FRAME_BYTES,
  };
}

function checksum(name: string, index: number, isLast: boolean, block: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(CRC_BYTES);
  bytes.writeUInt32BE(crc32(block, crc32(`${name} ${index}${isLast ? ' last' : ''}`)));
  return bytes;
}

export async function* framed(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  let held: Uint8Array[] = [];
  let length = 0;
  let index = 0;
  for await (const chunk of bytes) {
    let rest = chunk;
    // Only once more comes is it known that a full block is not the last.
    while (rest.length > 0) {
      if (length === BLOCK_BYTES) {
        const block = Buffer.concat(held);
        yield Buffer.concat([block, checksum(name, index, false, block)]);
        [held, length, index] = [[], 0, index + 1];
      }
      const part = rest.subarray(0, BLOCK_BYTES - length);
      held.push(Buffer.from(part));
      length += part.length;
      rest = rest.subarray(part.length);
    }
  }
  const block = Buffer.concat(held);
  yield Buffer.concat([block, checksum(name, index, true, block)]);
}

/** The block in a frame. Throws DamagedBlobError. */
export function blockIn(name: string, index: number, size: number, frame: Buffer): Buffer {
  const isLast = index === blocksOf(size) - 1;
  const length = isLast ? size - index * BLOCK_BYTES : BLOCK_BYTES;
  const block = frame.subarray(0, length);
  const isWhole =
    frame.length === length + CRC_BYTES &&
    frame.subarray(length).equals(checksum(name, index, isLast, block));
  if (!isWhole) throw new DamagedBlobError(`block ${index} is not what was stored`);
  return block;
}

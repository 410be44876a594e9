/** Reads a file from beginning to end although parts of its disk cannot be read: in their place stand zeros, which is no frame. */
import { FRAME_BYTES } from './frame.ts';

/** What a FileHandle has. */
export interface Readable {
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
}

const PIECE_BYTES = 32 * FRAME_BYTES;
/** What disks give up on together. */
const SECTOR_BYTES = 4_096;

/** Whether a disk failed at this place, rather than everything. */
export const isUnreadable = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException | undefined)?.code === 'EIO';

/** The bytes in pieces, each of which is overwritten by the next. `size`: bytes of the file. */
export async function* readAround(file: Readable, size: number): AsyncGenerator<Buffer> {
  const room = Buffer.allocUnsafe(PIECE_BYTES);
  for (let at = 0; at < size; ) {
    const piece = room.subarray(0, Math.min(room.length, size - at));
    const count = await readOrZeros(file, piece, at);
    if (count === 0) return;
    yield piece.subarray(0, count);
    at += count;
  }
}

async function readOrZeros(file: Readable, into: Buffer, start: number): Promise<number> {
  try {
    return (await file.read(into, 0, into.length, start)).bytesRead;
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    if (into.length <= SECTOR_BYTES) {
      into.fill(0);
      return into.length;
    }
    // From here on to the end of this piece, sector by sector.
    for (let at = 0; at < into.length; ) {
      const end = Math.min(into.length, at + SECTOR_BYTES - ((start + at) % SECTOR_BYTES));
      const count = await readOrZeros(file, into.subarray(at, end), start + at);
      if (count === 0) return at;
      at += count;
    }
    return into.length;
  }
}

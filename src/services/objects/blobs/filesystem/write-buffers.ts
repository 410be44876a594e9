/** Buffers for what is on its way to the disk: an upload has one while it fills it, and one for each write that goes on. Some that are free are kept, so they need not be made anew. */
import { release } from '../../memory.ts';

/** A write is due from so many bytes on. */
export const WRITE_BYTES = 262_144;
/** So that what comes at a time is seldom cut in two: then an upload that waits for more usually has none. */
const ROOM_BYTES = 4_096;
const FREE_MAX = 16;
/** Who has one already waits for it rather than take another, from so many on. */
const MANY = 32;

export class WriteBuffers {
  readonly #free: Buffer[] = [];
  #taken = 0;

  get areMany(): boolean {
    return this.#taken >= MANY;
  }

  take(): Buffer {
    this.#taken += 1;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(WRITE_BYTES + ROOM_BYTES);
  }

  /** Nobody may use it any more. */
  give(buffer: Buffer): void {
    this.#taken -= 1;
    if (this.#free.length < FREE_MAX) this.#free.push(buffer);
    else release(buffer);
  }
}

/**
 * A few blocks of memory that threads share: bytes are read into them, hashed where they lie, and written from there, so that nothing is copied. They are all that a bundle
 * coming in ever takes, however fast its medium is. They begin at a page of memory, which is what writing past the page cache asks for (open(2), O_DIRECT).
 */
import { BLOCK_BYTES } from '../bundle/limits.ts';

/** One is read, one each is hashed by the two threads, one is written; the others even out that none of them is always as fast. */
export const SLOTS = 8;
const PAGE_BYTES = 65_536;

/** What of it is used here; Node's types leave it to a browser's. The memory of a program is the only one that begins at a page for certain. */
interface Pages {
  readonly Memory: new (pages: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => { readonly buffer: SharedArrayBuffer };
}

export class Slots {
  #memory: SharedArrayBuffer | undefined;
  readonly #free: number[] = Array.from({ length: SLOTS }, (_, number) => SLOTS - 1 - number);
  readonly #waiting: ((number: number) => void)[] = [];

  /** Taken when it is needed: small bundles need none. */
  get memory(): SharedArrayBuffer {
    const pages = (SLOTS * BLOCK_BYTES) / PAGE_BYTES;
    const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: Pages };
    this.#memory ??= new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer;
    return this.#memory;
  }

  /** Room for at most BLOCK_BYTES, once there is some. It is to be released. */
  async take(length: number): Promise<Buffer> {
    if (length > BLOCK_BYTES) throw new RangeError(`${length} bytes are more than a block`);
    const number = this.#free.pop() ?? (await new Promise<number>((resolve) => this.#waiting.push(resolve)));
    return Buffer.from(this.memory, number * BLOCK_BYTES, length);
  }

  /** Bytes that lie in a slot, or a copy of them in one. */
  async holding(bytes: Buffer): Promise<Buffer> {
    if (bytes.buffer === this.memory) return bytes;
    const room = await this.take(bytes.length);
    bytes.copy(room);
    return room;
  }

  /** Nobody needs what lies there any more. */
  release(bytes: Buffer): void {
    const number = bytes.byteOffset / BLOCK_BYTES;
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(number);
    else next(number);
  }
}

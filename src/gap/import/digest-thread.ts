/**
 * SHA-256 of a large file on a thread of its own, beside the digests of its blocks: both have to hold, and one after the other they would halve what comes in.
 * Pieces lie in a few slots of shared memory, which is all that is ever taken.
 */
import { Worker } from 'node:worker_threads';
import { BLOCK_BYTES } from '../bundle/limits.ts';

const SLOTS = 4;

const THREAD = `
const { createHash } = require('node:crypto');
const { parentPort, workerData: slots } = require('node:worker_threads');
const views = slots.map((slot) => new Uint8Array(slot));
let whole = createHash('sha256');
parentPort.on('message', ({ slot, length, last }) => {
  if (slot !== undefined) whole.update(views[slot].subarray(0, length));
  if (last) {
    parentPort.postMessage({ digest: whole.digest('hex') });
    whole = createHash('sha256');
  } else parentPort.postMessage({ slot });
});
`;

interface Answer {
  readonly slot?: number;
  readonly digest?: string;
}

/** A piece in shared memory; it stays as it is until it was hashed and released. */
export interface Slot {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** Of one file after the other. */
export class WholeDigest {
  readonly #slots: SharedArrayBuffer[] = [];
  /** Who still needs each slot: the thread, and whoever writes it. */
  readonly #users = new Array<number>(SLOTS).fill(0);
  #thread: Worker | undefined;
  #room: (() => void) | undefined;
  #digest: ((hex: string) => void) | undefined;
  #failed: ((error: unknown) => void) | undefined;
  #problem: unknown;

  /** Copies a piece of at most BLOCK_BYTES, once there is room. It is to be given to `update`, and then to `release`. */
  async take(piece: Uint8Array): Promise<Slot> {
    while (this.#slots.length < SLOTS) this.#slots.push(new SharedArrayBuffer(BLOCK_BYTES));
    let number = this.#users.indexOf(0);
    while (number < 0) {
      await this.#orFailed<void>((resolve) => {
        this.#room = resolve;
      });
      number = this.#users.indexOf(0);
    }
    const room = this.#slots[number];
    if (room === undefined) throw new RangeError(`there is no slot ${number}`);
    const bytes = new Uint8Array(room, 0, piece.length);
    bytes.set(piece);
    this.#users[number] = 2;
    return { number, bytes };
  }

  update({ number, bytes }: Slot): void {
    this.#running().postMessage({ slot: number, length: bytes.length });
  }

  release(number: number): void {
    this.#users[number] = Math.max(0, (this.#users[number] ?? 0) - 1);
    if (this.#users[number] === 0) this.#room?.();
  }

  /** Of all that came since the last one. */
  digest(): Promise<string> {
    const digest = this.#orFailed<string>((resolve) => {
      this.#digest = resolve;
    });
    this.#running().postMessage({ last: true });
    return digest;
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  /** Small bundles need none. */
  #running(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    const thread = new Worker(THREAD, { eval: true, workerData: this.#slots });
    this.#thread = thread;
    thread.on('message', ({ slot, digest }: Answer) => {
      if (slot !== undefined) this.release(slot);
      if (digest !== undefined) this.#digest?.(digest);
    });
    thread.on('error', (error) => {
      this.#problem = error;
      this.#failed?.(error);
    });
    return thread;
  }

  #orFailed<T>(wait: (resolve: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#failed = reject;
      if (this.#problem !== undefined) reject(this.#problem);
      wait(resolve);
    });
  }
}

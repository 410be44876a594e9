/**
 * SHA-256 on a thread of its own, of bytes that lie in shared memory (`slots.ts`), in the order in which it is asked: of a piece alone, or of all pieces together. What comes
 * in needs both, and with a thread for each of them neither waits for the other.
 */
import { Worker } from 'node:worker_threads';
import type { Slots } from './slots.ts';

/** To be hashed: from which byte of the slots, and how many. */
interface Piece {
  readonly from: number;
  readonly length: number;
}
/** `alone`: answered with its digest. `more`: is part of the whole; answered once its bytes are needed no more. `end`: answered with the digest of the whole. */
export type Asked =
  | (Piece & { readonly what: 'alone' })
  | (Piece & { readonly what: 'more' })
  | { readonly what: 'end' };
/** One for each that was asked, in that order. */
export type Answered = string;

const THREAD = new URL('./digest-worker.ts', import.meta.url);
/** It makes next to no objects and has little code; V8 would set aside half a gigabyte for that, of what a receiver may take. */
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, codeRangeSizeMb: 16 };

interface Waiting {
  resolve(answer: Answered): void;
  reject(error: unknown): void;
}

export class DigestThread {
  readonly #slots: Slots;
  /** Not started before it is needed: small bundles need none. */
  #thread: Worker | undefined;
  readonly #waiting: Waiting[] = [];
  #problem: unknown;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  /** In hexadecimal, of bytes of a slot. */
  of(bytes: Buffer): Promise<string> {
    return this.#ask({ what: 'alone', from: bytes.byteOffset, length: bytes.length });
  }

  /** They are part of the whole; resolves when they are needed no more. */
  async add(bytes: Buffer): Promise<void> {
    await this.#ask({ what: 'more', from: bytes.byteOffset, length: bytes.length });
  }

  /** In hexadecimal, of all that was added since the last one. */
  end(): Promise<string> {
    return this.#ask({ what: 'end' });
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #ask(asked: Asked): Promise<Answered> {
    return new Promise((resolve, reject) => {
      if (this.#problem !== undefined) return reject(this.#problem);
      this.#waiting.push({ resolve, reject });
      this.#running().postMessage(asked);
    });
  }

  #running(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    const thread = new Worker(THREAD, { workerData: this.#slots.memory, resourceLimits: LIMITS });
    this.#thread = thread;
    thread.on('message', (answer: Answered) => this.#waiting.shift()?.resolve(answer));
    thread.on('error', (error) => {
      this.#problem = error;
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
    return thread;
  }
}

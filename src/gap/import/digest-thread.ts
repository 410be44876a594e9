/** SHA-256 on a thread of its own, of bytes that lie in shared memory (`slots.ts`), in the order in which they are added: after each piece, of all up to there. */
import { Worker } from 'node:worker_threads';
import type { Slots } from './slots.ts';

/** To be hashed: from which byte of the slots, and how many. */
interface Piece {
  readonly from: number;
  readonly length: number;
}
/** `begin`: of something new. `add`: answered with the digest of all up to its end. `undo`: the last piece was none of it. */
export type Asked =
  | (Piece & { readonly what: 'add' })
  | { readonly what: 'begin' }
  | { readonly what: 'undo' };
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

  /** What is added from now on is of something new. */
  async begin(): Promise<void> {
    await this.#ask({ what: 'begin' });
  }

  /** In hexadecimal, of all that was added, up to the end of these bytes of a slot. They are needed no more then. */
  add(bytes: Buffer): Promise<string> {
    return this.#ask({ what: 'add', from: bytes.byteOffset, length: bytes.length });
  }

  /** As if what was added last had not been. */
  async undo(): Promise<void> {
    await this.#ask({ what: 'undo' });
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

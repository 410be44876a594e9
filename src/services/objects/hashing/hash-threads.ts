/**
 * Hashes on threads of their own. An ETag is the MD5 of what was uploaded, clients compare it, and with the checksum it costs more than everything else that is done with a byte; so both are computed
 * beside the rest. Bytes are copied into shared memory, a slot at a time; who asks waits while all slots are taken, so memory is bounded whatever comes. Slots are used in turn, so a count in that
 * memory says which are free again: a message for each would wake the one that does the rest, which costs as much as the copy.
 */
import { Worker } from 'node:worker_threads';
import type { HashName } from '../s3/checksums/digest.ts';
import { type Hashes, inlineHashes, type RunningHashes } from './running-hashes.ts';

/** What a body comes in. */
export const SLOT_BYTES = 131_072;
export const SLOTS = 32;
/** In bytes of the shared memory: where the count of slots that were used up is, as an Int32 that begins anew after its largest. */
export const USED_UP_AT = SLOTS * SLOT_BYTES;
const MEMORY_BYTES = USED_UP_AT + Int32Array.BYTES_PER_ELEMENT;
/** Below that it is not worth a message. */
export const THREAD_BYTES_MIN = 1_048_576;

/** What a thread is asked: to begin a stream, to go on with its bytes, to end it, or to forget it. */
export type Asked =
  | { readonly what: 'begin'; readonly stream: number; readonly names: ReadonlySet<HashName> }
  | { readonly what: 'more'; readonly stream: number; readonly slot: number; readonly length: number }
  | { readonly what: 'end'; readonly stream: number }
  | { readonly what: 'forget'; readonly stream: number };
export interface Answered {
  readonly stream: number;
  readonly hashes: Hashes;
}

export class HashThreads {
  readonly #threads: HashThread[];
  #next = 0;

  /** They start when they are needed. */
  constructor(count: number) {
    this.#threads = Array.from({ length: count }, () => new HashThread());
  }

  /** `size` in bytes, where it is known. What is short, or of unknown length, is computed at once. */
  begin(names: ReadonlySet<HashName>, size: number | undefined): RunningHashes {
    const thread = this.#threads[this.#next++ % this.#threads.length];
    return size === undefined || size < THREAD_BYTES_MIN || !thread
      ? inlineHashes(names)
      : thread.begin(names);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

class HashThread {
  #slots = new Uint8Array(new SharedArrayBuffer(0));
  #usedUp = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #worker: Worker | undefined;
  /** As `#usedUp` counts. */
  #taken = 0;
  readonly #forHashes = new Map<number, Waiting<Hashes>>();
  #streams = 0;
  #lastStream = 0;

  begin(names: ReadonlySet<HashName>): RunningHashes {
    const stream = ++this.#lastStream;
    let isOver = false;
    const worker = this.#running();
    if (++this.#streams === 1) worker.ref();
    worker.postMessage({ what: 'begin', stream, names } satisfies Asked);
    const over = () => {
      if (isOver) return false;
      isOver = true;
      if (--this.#streams === 0) worker.unref();
      return true;
    };
    return {
      update: (pieces) => this.#send(worker, stream, pieces),
      digest: async () => {
        try {
          return await this.#hashes(worker, stream);
        } finally {
          over();
        }
      },
      forget: () => {
        if (over()) worker.postMessage({ what: 'forget', stream } satisfies Asked);
      },
    };
  }

  #send(worker: Worker, stream: number, pieces: readonly Uint8Array[]): Promise<void> | undefined {
    const left = { pieces, piece: 0, at: 0 };
    return this.#sendSome(worker, stream, left) ? undefined : this.#sendRest(worker, stream, left);
  }

  async #sendRest(worker: Worker, stream: number, left: Left): Promise<void> {
    do {
      const usedUp = this.#usedUp;
      const seen = Atomics.load(usedUp, 0);
      if (this.#isFull(seen)) await Atomics.waitAsync(usedUp, 0, seen).value;
    } while (!this.#sendSome(worker, stream, left));
  }

  /** As much as there are slots for; whether that was all. */
  #sendSome(worker: Worker, stream: number, left: Left): boolean {
    this.#require(worker);
    while (left.piece < left.pieces.length) {
      if (this.#isFull(Atomics.load(this.#usedUp, 0))) return false;
      const slot = this.#taken & (SLOTS - 1);
      const length = this.#fill(slot * SLOT_BYTES, left);
      if (length === 0) continue;
      worker.postMessage({ what: 'more', stream, slot, length } satisfies Asked);
      this.#taken = (this.#taken + 1) | 0;
    }
    return true;
  }

  #fill(start: number, left: Left): number {
    let length = 0;
    for (; left.piece < left.pieces.length; left.piece++, left.at = 0) {
      const part = left.pieces[left.piece]?.subarray(left.at, left.at + SLOT_BYTES - length);
      if (part === undefined) continue;
      this.#slots.set(part, start + length);
      length += part.length;
      left.at += part.length;
      if (length === SLOT_BYTES) break;
    }
    return length;
  }

  #isFull(usedUp: number): boolean {
    return ((this.#taken - usedUp) | 0) === SLOTS;
  }

  /** Another one knows nothing of this one’s streams. */
  #require(worker: Worker): void {
    if (worker !== this.#worker) throw new Error('the thread that computed these hashes has ended');
  }

  #hashes(worker: Worker, stream: number): Promise<Hashes> {
    this.#require(worker);
    return new Promise((resolve, reject) => {
      this.#forHashes.set(stream, { resolve, reject });
      worker.postMessage({ what: 'end', stream } satisfies Asked);
    });
  }

  #running(): Worker {
    if (this.#worker) return this.#worker;
    // Each has its own: one that was ended may still be at work.
    const memory = new SharedArrayBuffer(MEMORY_BYTES);
    this.#slots = new Uint8Array(memory);
    this.#usedUp = new Int32Array(memory, USED_UP_AT, 1);
    this.#taken = 0;
    const worker = new Worker(new URL('./hash-worker.ts', import.meta.url), {
      workerData: memory,
      // It makes next to no objects, and V8 would set aside much for them.
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, codeRangeSizeMb: 16 },
    });
    worker.on('message', (answered: Answered) => this.#answered(answered));
    worker.on('error', (error) => this.#failed(error));
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #answered({ stream, hashes }: Answered): void {
    this.#forHashes.get(stream)?.resolve(hashes);
    this.#forHashes.delete(stream);
  }

  /** Whoever waits fails; the next one gets another thread. */
  #failed(error: unknown): void {
    this.#worker = undefined;
    for (const { reject } of this.#forHashes.values()) reject(error);
    this.#forHashes.clear();
    Atomics.notify(this.#usedUp, 0);
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#failed(new Error('no hash is computed any more: the threads are closed'));
    await worker?.terminate();
  }
}

/** Of pieces that are sent: where the rest begins. */
interface Left {
  readonly pieces: readonly Uint8Array[];
  piece: number;
  at: number;
}

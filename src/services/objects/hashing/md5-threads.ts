/**
 * MD5 on threads of their own. An ETag is the MD5 of what was uploaded, clients compare it, and it costs more than everything else that is done with a byte; so it is computed
 * beside the rest. Bytes are copied into shared memory, a slot at a time; who asks waits while all slots are taken, so memory is bounded whatever comes.
 */
import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';

export const SLOT_BYTES = 262_144;
export const SLOTS = 16;
/** Below that it is not worth a message. */
export const THREAD_BYTES_MIN = 1_048_576;

/** What a thread is asked: to go on with a stream's bytes, to end it, or to forget it. */
export type Asked =
  | { readonly what: 'more'; readonly stream: number; readonly slot: number; readonly length: number }
  | { readonly what: 'end'; readonly stream: number }
  | { readonly what: 'forget'; readonly stream: number };
export type Answered =
  | { readonly what: 'free'; readonly slot: number }
  | { readonly what: 'digest'; readonly stream: number; readonly md5: Uint8Array };

/** Once at a time: `update` is called again when what it returned is done. */
export interface RunningMd5 {
  /** A promise where there is something to wait for. The bytes must stay as they are: some are held until more come. */
  update(bytes: Uint8Array): Promise<void> | undefined;
  /** 16 bytes. */
  digest(): Promise<Buffer> | Buffer;
  /** It is not wanted any more; after `digest` nothing happens. */
  forget(): void;
}

/** What is shorter, or of unknown length, is computed at once. */
export function inlineMd5(): RunningMd5 {
  const hash = createHash('md5');
  return {
    update(bytes) {
      hash.update(bytes);
      return undefined;
    },
    digest: () => hash.digest(),
    forget: () => undefined,
  };
}

export class Md5Threads {
  readonly #threads: Md5Thread[];
  #next = 0;

  /** They start when they are needed. */
  constructor(count: number) {
    this.#threads = Array.from({ length: count }, () => new Md5Thread());
  }

  /** `size` in bytes, where it is known. */
  begin(size: number | undefined): RunningMd5 {
    const thread = this.#threads[this.#next++ % this.#threads.length];
    return size === undefined || size < THREAD_BYTES_MIN || !thread ? inlineMd5() : thread.begin();
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

class Md5Thread {
  readonly #memory = Buffer.from(new SharedArrayBuffer(SLOTS * SLOT_BYTES));
  #worker: Worker | undefined;
  #free = allSlots();
  readonly #forSlot: Waiting<number>[] = [];
  readonly #forDigest = new Map<number, Waiting<Buffer>>();
  #streams = 0;
  #lastStream = 0;

  begin(): RunningMd5 {
    const stream = ++this.#lastStream;
    let pieces: Uint8Array[] = [];
    let held = 0;
    let isOver = false;
    const worker = this.#running();
    if (++this.#streams === 1) worker.ref();
    const over = () => {
      if (isOver) return false;
      isOver = true;
      if (--this.#streams === 0) worker.unref();
      return true;
    };
    const flush = async () => {
      const bytes = pieces;
      pieces = [];
      held = 0;
      await this.#send(worker, stream, bytes);
    };
    return {
      update: (bytes) => {
        pieces.push(bytes);
        held += bytes.length;
        return held < SLOT_BYTES ? undefined : flush();
      },
      digest: async () => {
        try {
          await flush();
          return await this.#digest(worker, stream);
        } finally {
          over();
        }
      },
      forget: () => {
        if (over()) worker.postMessage({ what: 'forget', stream } satisfies Asked);
      },
    };
  }

  async #send(worker: Worker, stream: number, pieces: readonly Uint8Array[]): Promise<void> {
    let slot: number | undefined;
    let length = 0;
    const give = () => {
      if (worker !== this.#worker) throw new Error('the thread that computed this MD5 has ended');
      if (slot !== undefined) worker.postMessage({ what: 'more', stream, slot, length } satisfies Asked);
      slot = undefined;
      length = 0;
    };
    give();
    for (const piece of pieces) {
      for (let from = 0; from < piece.length; ) {
        slot ??= await this.#slot();
        const part = piece.subarray(from, from + SLOT_BYTES - length);
        this.#memory.set(part, slot * SLOT_BYTES + length);
        length += part.length;
        from += part.length;
        if (length === SLOT_BYTES) give();
      }
    }
    give();
  }

  #slot(): Promise<number> | number {
    const slot = this.#free.pop();
    if (slot !== undefined) return slot;
    return new Promise((resolve, reject) => this.#forSlot.push({ resolve, reject }));
  }

  #digest(worker: Worker, stream: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#forDigest.set(stream, { resolve, reject });
      worker.postMessage({ what: 'end', stream } satisfies Asked);
    });
  }

  #running(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./md5-worker.ts', import.meta.url), {
      workerData: this.#memory.buffer,
      // It makes next to no objects, and V8 would set aside much for them.
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, codeRangeSizeMb: 16 },
    });
    worker.on('message', (answered: Answered) => this.#answered(answered));
    worker.on('error', (error) => this.#failed(error));
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #answered(answered: Answered): void {
    if (answered.what === 'digest') {
      this.#forDigest.get(answered.stream)?.resolve(Buffer.from(answered.md5));
      this.#forDigest.delete(answered.stream);
      return;
    }
    const waiting = this.#forSlot.shift();
    if (waiting) waiting.resolve(answered.slot);
    else this.#free.push(answered.slot);
  }

  /** Whoever waits fails; the next one gets another thread. */
  #failed(error: unknown): void {
    this.#worker = undefined;
    this.#free = allSlots();
    for (const { reject } of [...this.#forSlot.splice(0), ...this.#forDigest.values()]) reject(error);
    this.#forDigest.clear();
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#failed(new Error('MD5 is not computed any more: the threads are closed'));
    await worker?.terminate();
  }
}

function allSlots(): number[] {
  return Array.from({ length: SLOTS }, (_, slot) => slot);
}

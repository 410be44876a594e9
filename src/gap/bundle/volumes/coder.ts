/** Groups encoded and decoded on threads of their own. Threads start when there is work; a coder that was closed has none. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { THREADS_MAX } from './limits.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export type Task =
  | { readonly name: 'repair'; readonly source: Bytes; readonly repair: number }
  | {
      readonly name: 'decode';
      readonly own: number;
      readonly symbols: readonly number[];
      readonly blocks: Bytes;
    };

export interface Question {
  readonly id: number;
  readonly task: Task;
}

export interface Answer {
  readonly id: number;
  readonly blocks?: Bytes;
}

interface Waiting {
  readonly resolve: (blocks: Bytes | undefined) => void;
  readonly reject: (reason: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

export class Coder {
  /** How many groups it works on at a time. */
  readonly width: number;
  readonly #threads: Thread[] = [];
  #next = 0;
  #closed = false;

  constructor(width = Math.min(availableParallelism(), THREADS_MAX)) {
    this.width = width;
  }

  /** Repair blocks of a group. Takes `source` away. */
  async repair(source: Bytes, repair: number): Promise<Bytes> {
    const blocks = await this.#ask({ name: 'repair', source, repair }, source.buffer);
    if (blocks === undefined) throw new Error('no repair blocks were made');
    return blocks;
  }

  /** The `own` blocks of a group, or undefined when what is there does not suffice. Takes `blocks` away. */
  decode(own: number, symbols: readonly number[], blocks: Bytes): Promise<Bytes | undefined> {
    return this.#ask({ name: 'decode', own, symbols, blocks }, blocks.buffer);
  }

  /** Ends the threads; what they were doing fails. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.splice(0).map(({ worker }) => worker.terminate()));
  }

  #ask(task: Task, moved: ArrayBuffer): Promise<Bytes | undefined> {
    if (this.#closed) return Promise.reject(new Error('this coder was closed'));
    const { worker, waiting } = this.#pick();
    const id = this.#next++;
    const { promise, resolve, reject } = Promise.withResolvers<Bytes | undefined>();
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, task } satisfies Question, [moved]);
    return promise;
  }

  #pick(): Thread {
    const idle = this.#threads.find(({ waiting }) => waiting.size === 0);
    if (idle !== undefined) return idle;
    if (this.#threads.length < this.width) return this.#start();
    const [least] = this.#threads.toSorted((a, b) => a.waiting.size - b.waiting.size);
    return least ?? this.#start();
  }

  #start(): Thread {
    const worker = new Worker(new URL('./coder-worker.ts', import.meta.url));
    const thread: Thread = { worker, waiting: new Map() };
    worker.on('message', ({ id, blocks }: Answer) => {
      thread.waiting.get(id)?.resolve(blocks);
      thread.waiting.delete(id);
    });
    const end = (reason: unknown) => {
      const at = this.#threads.indexOf(thread);
      if (at >= 0) this.#threads.splice(at, 1);
      for (const { reject } of thread.waiting.values()) reject(reason);
      thread.waiting.clear();
    };
    worker.on('error', end);
    worker.on('exit', () => end(new Error('the thread that repairs blocks ended')));
    this.#threads.push(thread);
    return thread;
  }
}

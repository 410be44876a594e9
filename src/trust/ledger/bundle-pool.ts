/**
 * Runs bundle checks on worker threads, or in this thread when the log is too short for threads to pay. Keeps no
 * thread once closed.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type BundleResult, type BundleTask, checkBundle } from './bundle-check.ts';

export interface BundlePool {
  check(task: BundleTask): Promise<BundleResult>;
  close(): Promise<void>;
}

const THREADS_MAX = 8;
// Starting a thread takes about as long as checking this many leaves.
const THREAD_PAYS_FROM_LEAVES = 20_000;

const inline: BundlePool = {
  check: async (task) => checkBundle(task),
  close: async () => undefined,
};

interface Waiting {
  readonly resolve: (result: BundleResult) => void;
  readonly reject: (reason: unknown) => void;
}

/** A pool that suits a log of `leaves`. `threads` overrides how many; 0 is none. */
export function bundlePool(leaves: number, threads?: number): BundlePool {
  const wanted = threads ?? (leaves < THREAD_PAYS_FROM_LEAVES ? 0 : availableParallelism());
  if (wanted === 0) return inline;
  const waiting = new Map<number, Waiting>();
  const failAll = (reason: unknown) => {
    for (const { reject } of waiting.values()) reject(reason);
    waiting.clear();
  };
  const workers = Array.from({ length: Math.min(wanted, THREADS_MAX) }, () => {
    const worker = new Worker(new URL('./bundle-worker.ts', import.meta.url));
    worker.on('message', ({ id, result }: { id: number; result: BundleResult }) => {
      waiting.get(id)?.resolve(result);
      waiting.delete(id);
    });
    worker.on('error', failAll);
    return worker;
  });
  let next = 0;
  return {
    check(task) {
      const id = next++;
      const { promise, resolve, reject } = Promise.withResolvers<BundleResult>();
      waiting.set(id, { resolve, reject });
      workers[id % workers.length]?.postMessage({ id, task });
      return promise;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

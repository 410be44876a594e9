/** The worker thread's end of `bundle-pool.ts`: checks bundles until its parent ends it. Does no I/O. */
import { parentPort } from 'node:worker_threads';
import { type BundleTask, checkBundle } from './bundle-check.ts';

parentPort?.on('message', ({ id, task }: { id: number; task: BundleTask }) => {
  const result = checkBundle(task);
  // The hashes have a buffer of their own, so they can be handed over rather than copied.
  parentPort?.postMessage({ id, result }, [result.hashes.buffer as ArrayBuffer]);
});

/**
 * An inspector in a thread of its own, so that whoever asks the region for something does not wait while a large file is looked into, and a file that takes memory without end
 * takes the thread's. The content goes there piece by piece, as the thread asks for it.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Finding } from './finding.ts';
import { type Inspector, InspectorError, type InspectorSettings } from './inspector.ts';

const MEMORY = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 32 } as const;
/** Findings in one message. None is left out: many that only warn must not hide one that blocks. */
export const REPORTS_MAX = 1_000;

export type ToThread =
  | { readonly type: 'file'; readonly file: string }
  | { readonly type: 'chunk'; readonly chunk: Uint8Array }
  | { readonly type: 'end' };

export type FromThread =
  | { readonly type: 'more' }
  | { readonly type: 'findings'; readonly findings: readonly Finding[] }
  | { readonly type: 'done' };

export function threadInspector(settings: InspectorSettings): Inspector {
  const worker = new Worker(new URL('./inspect-thread.ts', import.meta.url), {
    workerData: settings,
    resourceLimits: MEMORY,
    // It has nothing to say, and what it is given to read must not be said.
    stdout: true,
    stderr: true,
  });
  worker.unref();
  const messages: FromThread[] = [];
  let ended: Error | undefined;
  let wake = () => {};
  worker.on('message', (message: FromThread) => {
    messages.push(message);
    wake();
  });
  const end = (error: Error) => {
    ended ??= error;
    wake();
  };
  worker.on('error', (error: Error) => end(new InspectorError(`the look into it failed: ${error.message}`)));
  worker.on('exit', () => end(new InspectorError('the look into it came to no end')));

  async function next(): Promise<FromThread> {
    for (;;) {
      const message = messages.shift();
      if (message !== undefined) return message;
      if (ended !== undefined) throw ended;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await promise;
    }
  }

  const send = (message: ToThread) => worker.postMessage(message);

  return {
    async inspect(file, source, report) {
      if (ended !== undefined) throw ended;
      const chunks = source[Symbol.asyncIterator]();
      let failure: { readonly error: unknown } | undefined;
      worker.ref();
      try {
        send({ type: 'file', file });
        for (;;) {
          const message = await next();
          if (message.type === 'done') break;
          if (message.type === 'findings') for (const finding of message.findings) report(finding);
          else {
            const chunk = await chunks.next().catch((error: unknown) => {
              failure = { error };
              return { done: true as const, value: undefined };
            });
            send(chunk.done === true ? { type: 'end' } : { type: 'chunk', chunk: chunk.value });
          }
        }
      } finally {
        worker.unref();
      }
      if (failure !== undefined) throw failure.error;
    },
    async close() {
      const exited = ended === undefined ? once(worker, 'exit') : undefined;
      await worker.terminate();
      await exited;
    },
  };
}

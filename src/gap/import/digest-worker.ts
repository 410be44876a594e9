/** The thread's end of `digest-thread.ts`: hashes what it is asked to until its parent ends it. */
import { createHash, hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answered, Asked } from './digest-thread.ts';

const memory = workerData as SharedArrayBuffer;
let whole = createHash('sha256');

function answerTo(asked: Asked): Answered {
  if (asked.what === 'end') {
    const digest = whole.digest('hex');
    whole = createHash('sha256');
    return digest;
  }
  const bytes = new Uint8Array(memory, asked.from, asked.length);
  if (asked.what === 'alone') return hash('sha256', bytes, 'hex');
  whole.update(bytes);
  return '';
}

parentPort?.on('message', (asked: Asked) => parentPort?.postMessage(answerTo(asked)));

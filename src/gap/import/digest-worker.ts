/** The thread's end of `digest-thread.ts`: hashes what it is asked to until its parent ends it. */
import { parentPort, workerData } from 'node:worker_threads';
import { RunningDigest } from '../bundle/blocks.ts';
import type { Answered, Asked } from './digest-thread.ts';

const memory = workerData as SharedArrayBuffer;
let running = new RunningDigest();

function answerTo(asked: Asked): Answered {
  if (asked.what === 'add') return running.add(new Uint8Array(memory, asked.from, asked.length));
  if (asked.what === 'undo') running.undo();
  else running = new RunningDigest();
  return '';
}

parentPort?.on('message', (asked: Asked) => parentPort?.postMessage(answerTo(asked)));

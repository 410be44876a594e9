/** The thread's end of `hash-threads.ts`: goes on with the hashes of each stream until its parent ends it. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Answered, type Asked, SLOT_BYTES, USED_UP_AT } from './hash-threads.ts';
import { type InlineHashes, inlineHashes } from './running-hashes.ts';

const memory = workerData as SharedArrayBuffer;
const usedUp = new Int32Array(memory, USED_UP_AT, 1);
const streams = new Map<number, InlineHashes>();

function answerTo(asked: Asked): Answered | undefined {
  const { stream } = asked;
  if (asked.what === 'begin') streams.set(stream, inlineHashes(asked.names));
  const hashes = streams.get(stream);
  if (asked.what === 'more') {
    hashes?.update([new Uint8Array(memory, asked.slot * SLOT_BYTES, asked.length)]);
    Atomics.add(usedUp, 0, 1);
    // Whoever waits longest.
    Atomics.notify(usedUp, 0, 1);
    return undefined;
  }
  if (asked.what === 'begin' || hashes === undefined) return undefined;
  streams.delete(stream);
  return asked.what === 'end' ? { stream, hashes: hashes.digest() } : undefined;
}

parentPort?.on('message', (asked: Asked) => {
  const answer = answerTo(asked);
  if (answer) parentPort?.postMessage(answer);
});

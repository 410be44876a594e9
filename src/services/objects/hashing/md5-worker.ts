/** The thread's end of `md5-threads.ts`: goes on with the MD5 of each stream until its parent ends it. */
import { createHash, type Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { type Answered, type Asked, SLOT_BYTES } from './md5-threads.ts';

const memory = workerData as SharedArrayBuffer;
const streams = new Map<number, Hash>();

function streamOf(stream: number): Hash {
  const known = streams.get(stream);
  if (known) return known;
  const hash = createHash('md5');
  streams.set(stream, hash);
  return hash;
}

function answerTo(asked: Asked): Answered | undefined {
  const { stream } = asked;
  if (asked.what === 'more') {
    streamOf(stream).update(new Uint8Array(memory, asked.slot * SLOT_BYTES, asked.length));
    return { what: 'free', slot: asked.slot };
  }
  const answer = asked.what === 'end' && { what: 'digest' as const, stream, md5: streamOf(stream).digest() };
  streams.delete(stream);
  return answer || undefined;
}

parentPort?.on('message', (asked: Asked) => {
  const answer = answerTo(asked);
  if (answer) parentPort?.postMessage(answer);
});

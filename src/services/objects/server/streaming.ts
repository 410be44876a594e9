/** The bytes of an answer: begun before its head is sent, and sent no faster than the client takes them. */
import type { ServerResponse } from 'node:http';
import { release } from '../memory.ts';
import type { Reply } from './reply.ts';

/** Waiting to be sent to one client. */
const UNSENT_BYTES_MAX = 262_144;

/** The first bytes are read before the head is sent, so that the client hears of it where they are damaged. */
export async function begun(reply: Reply): Promise<Reply> {
  if (!('bytes' in reply)) return reply;
  const source = reply.bytes[Symbol.asyncIterator]();
  const first = await source.next();
  let isFirst = true;
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      if (!isFirst) return source.next();
      isFirst = false;
      return first;
    },
    return: async () => (await source.return?.()) ?? { done: true, value: undefined },
  };
  return { ...reply, bytes: { [Symbol.asyncIterator]: () => iterator } };
}

/** Of an answer that is not sent: what it has open. */
export async function letGo(reply: Reply): Promise<void> {
  if ('bytes' in reply) await reply.bytes[Symbol.asyncIterator]().return?.();
}

/** After the head. Throws when the bytes do, or when the client goes away. */
export async function sendBytes(response: ServerResponse, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  // One is held back, so that the last goes out together with the end; of a small object that is all there is.
  let held: Uint8Array | undefined;
  for await (const next of bytes) {
    if (held !== undefined) {
      const sent = held;
      // By then TLS has encrypted it.
      response.write(sent, (error) => error ?? release(sent));
      if (response.writableLength >= UNSENT_BYTES_MAX) await drained(response);
    }
    held = next;
  }
  response.end(held);
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    if (response.destroyed) {
      reject(new Error('the client went away'));
      return;
    }
    const onDrain = () => {
      response.off('close', onClose);
      resolve();
    };
    const onClose = () => {
      response.off('drain', onDrain);
      reject(new Error('the client went away'));
    };
    response.once('drain', onDrain);
    response.once('close', onClose);
  });
}

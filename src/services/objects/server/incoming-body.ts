/** The bytes of a request. Most come as they like; where few were announced they are gathered at once, which takes a fraction of what a stream of them does. */
import type { IncomingMessage } from 'node:http';
import { SEGMENT_BYTES } from '../encryption/segments.ts';
import { incomingPieces } from './incoming-pieces.ts';

/** Announced bytes, coding included, that are gathered: what one segment holds, with signatures of its chunks and a trailer. */
const GATHERED_BYTES_MAX = SEGMENT_BYTES + 8_192;

export interface RequestBody extends AsyncIterable<Uint8Array> {
  /** All of it, instead of the iteration; absent where it may be much. Rejects when the client goes away before it has sent all. */
  readonly whole?: () => Promise<Uint8Array>;
}

export function incomingBody(incoming: IncomingMessage): RequestBody {
  const iterable: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => incomingPieces(incoming),
  };
  // What was announced is what comes at most: `node:http` ends a body there.
  const announced = Number(incoming.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  return announced <= GATHERED_BYTES_MAX ? { ...iterable, whole: () => gathered(incoming) } : iterable;
}

function gathered(incoming: IncomingMessage): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  return new Promise((resolve, reject) => {
    incoming.on('data', (piece: Uint8Array) => pieces.push(piece));
    incoming.once('end', () => resolve(pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)));
    incoming.once('error', reject);
    incoming.once('close', () => incoming.readableEnded || reject(new Error('the client went away')));
  });
}

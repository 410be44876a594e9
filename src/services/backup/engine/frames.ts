/**
 * What the region process and a process at a repository say to one another over one connection: frames of a type, a length and as many bytes. What the supervisor says into it is no frame,
 * and told apart by its first byte.
 */
import type { Writable } from 'node:stream';

export type FrameType = 'json' | 'data' | 'end';

export interface Frame {
  readonly type: FrameType;
  readonly bytes: Buffer;
}

const CODES: Readonly<Record<FrameType, number>> = { json: 0x6a, data: 0x64, end: 0x65 };
const TYPES = new Map(Object.entries(CODES).map(([type, code]) => [code, type as FrameType]));
const HEAD_BYTES = 5;
export const FRAME_BYTES_MAX = 256 * 1024;
/** Of what the supervisor says. */
const WORDS_BYTES_MAX = 4_096;

/** The other end is not what it should be, or ended. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** Data comes in pieces as it arrives, other frames whole. Throws FrameError, at the end too: it says how the other one ended. */
export async function* readFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const words: Buffer[] = [];
  let held: Buffer = Buffer.alloc(0);
  /** Of a frame of data, what is still to come. */
  let left = 0;
  for await (const piece of source) {
    const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    if (words.length > 0) words.push(chunk);
    else held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (words.reduce((total, { length }) => total + length, 0) > WORDS_BYTES_MAX) break;
    while (held.length > 0) {
      if (left > 0) {
        const bytes = held.subarray(0, left);
        left -= bytes.length;
        held = held.subarray(bytes.length);
        yield { type: 'data', bytes };
        continue;
      }
      const type = TYPES.get(held[0] ?? 0);
      if (type === undefined) {
        words.push(held);
        held = Buffer.alloc(0);
        break;
      }
      if (held.length < HEAD_BYTES) break;
      const length = held.readUInt32BE(1);
      if (length > FRAME_BYTES_MAX)
        throw new FrameError(`a frame of ${length} bytes; at most ${FRAME_BYTES_MAX}`);
      if (type === 'data') {
        left = length;
        held = held.subarray(HEAD_BYTES);
        continue;
      }
      if (held.length < HEAD_BYTES + length) break;
      yield { type, bytes: held.subarray(HEAD_BYTES, HEAD_BYTES + length) };
      held = held.subarray(HEAD_BYTES + length);
    }
  }
  throw new FrameError(endOf(Buffer.concat(words).toString('utf8')));
}

/** What the supervisor says of the end: how it ended, or why it never began. */
function endOf(text: string): string {
  const said = /"(?:how|message)":"([^"]{0,200})"/.exec(text)?.[1];
  return said === undefined
    ? 'the process at the repository ended'
    : `the process at the repository: ${said}`;
}

/** Resolves when there is room again. */
export async function writeFrame(
  to: Writable,
  type: FrameType,
  bytes: Uint8Array = new Uint8Array(0),
): Promise<void> {
  for (let at = 0; at === 0 || at < bytes.length; at += FRAME_BYTES_MAX) {
    const part = bytes.subarray(at, at + FRAME_BYTES_MAX);
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    head[0] = CODES[type];
    head.writeUInt32BE(part.length, 1);
    to.cork();
    to.write(head);
    const hasRoom = part.length === 0 || to.write(part);
    to.uncork();
    if (!hasRoom) await drained(to);
  }
}

function drained(to: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null) => {
      to.off('drain', onDrain);
      to.off('error', done);
      to.off('close', onClose);
      if (error) reject(error);
      else resolve();
    };
    const onDrain = () => done();
    const onClose = () => done(new FrameError('the connection closed'));
    if (to.destroyed) {
      reject(new FrameError('the connection closed'));
      return;
    }
    to.once('drain', onDrain);
    to.once('error', done);
    to.once('close', onClose);
  });
}

export const writeJson = (to: Writable, value: object): Promise<void> =>
  writeFrame(to, 'json', Buffer.from(JSON.stringify(value)));

export const jsonOf = (frame: Frame): unknown => JSON.parse(frame.bytes.toString('utf8'));

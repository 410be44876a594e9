/**
 * The bytes of a piece, in segments of 64 KiB that are encrypted one by one, so that any range can be read without the rest. Nonces count (the data key serves this piece alone) and say which
 * segment is the last: a segment that is missing, doubled, moved or cut off does not open. The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, 2015).
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { release } from '../memory.ts';
import { SealedError } from './bucket-key.ts';

export const SEGMENT_BYTES = 65_536;
const TAG_BYTES = 16;
const SEALED_SEGMENT_BYTES = SEGMENT_BYTES + TAG_BYTES;
const NONCE_BYTES = 12;
/** Best read in portions of so many bytes: whole segments, which need not be put together. */
export const PORTION_BYTES = 4 * SEALED_SEGMENT_BYTES;

/** An empty piece has one, empty. */
const segmentsOf = (size: number): number => Math.max(1, Math.ceil(size / SEGMENT_BYTES));

/** How many bytes a piece takes once it is encrypted. */
export const sealedSize = (size: number): number => size + segmentsOf(size) * TAG_BYTES;

function nonceOf(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  // 2^53 segments are more than anything can have.
  nonce.writeUIntBE(index, 5, 6);
  nonce[NONCE_BYTES - 1] = isLast ? 1 : 0;
  return nonce;
}

/** Holds a segment in memory. Chunks may be of any size, and come out of any size; each is as it was until the next is asked for, on either side. */
export async function* encrypt(
  dataKey: Uint8Array,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  // What is not full yet, or is the last: a full segment is given out only when more follows, as the last one is marked.
  const waiting = Buffer.allocUnsafeSlow(SEGMENT_BYTES);
  let held = 0;
  let index = 0;
  for await (const chunk of bytes) {
    let at = 0;
    while (held + chunk.length - at > SEGMENT_BYTES) {
      const part = chunk.subarray(at, at + SEGMENT_BYTES - held);
      if (held > 0) waiting.set(part, held);
      const segment = held > 0 ? waiting : part;
      yield* passing(sealSegment(dataKey, nonceOf(index++, false), [segment]));
      held = 0;
      at += part.length;
    }
    waiting.set(chunk.subarray(at), held);
    held += chunk.length - at;
  }
  yield* passing(sealSegment(dataKey, nonceOf(index, true), [waiting.subarray(0, held)]));
}

/** Of a piece of at most one segment, at once. */
export const encryptSmall = (dataKey: Uint8Array, bytes: readonly Uint8Array[]): Buffer =>
  Buffer.concat(sealSegment(dataKey, nonceOf(0, true), bytes));

/** In parts: whoever stores them puts them together anyway. */
function sealSegment(
  dataKey: Uint8Array,
  nonce: Uint8Array,
  parts: readonly Uint8Array[],
): readonly Uint8Array[] {
  const cipher = createCipheriv('aes-256-gcm', dataKey, nonce, { authTagLength: TAG_BYTES });
  const sealed = parts.map((part) => cipher.update(part));
  cipher.final();
  return [...sealed, cipher.getAuthTag()];
}

/** Each until the next is asked for. */
function* passing(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const part of parts) {
    yield part;
    release(part);
  }
}

/** A range of a piece of `size` bytes: the first byte, and the first that is no longer wanted. */
export interface PlainRange {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** Which bytes of the encrypted piece hold a range of the plain one. */
export function sealedRange({ size, from, to }: PlainRange): { readonly from: number; readonly to: number } {
  const first = Math.floor(from / SEGMENT_BYTES);
  const end = Math.max(first + 1, Math.ceil(to / SEGMENT_BYTES));
  return { from: first * SEALED_SEGMENT_BYTES, to: Math.min(end * SEALED_SEGMENT_BYTES, sealedSize(size)) };
}

/** `sealed`: exactly the bytes of `sealedRange`, each portion as it was until the next is asked for. Gives out nothing that was not checked; what it gives out is the taker’s. Throws SealedError. */
export async function* decrypt(
  dataKey: Uint8Array,
  sealed: AsyncIterable<Uint8Array>,
  range: PlainRange,
): AsyncGenerator<Uint8Array> {
  const first = Math.floor(range.from / SEGMENT_BYTES);
  const last = segmentsOf(range.size) - 1;
  let index = first;
  const expected = sealedRange(range);
  const count = Math.ceil((expected.to - expected.from) / SEALED_SEGMENT_BYTES);
  let left = expected.to - expected.from;
  for await (const segment of inSegments(sealed, left)) {
    left -= segment.length;
    const plain = openSegment(dataKey, nonceOf(index, index === last), segment);
    const start = index === first ? range.from - first * SEGMENT_BYTES : 0;
    const end = index === first + count - 1 ? range.to - index * SEGMENT_BYTES : plain.length;
    if (end > start) yield plain.subarray(start, end);
    index += 1;
  }
  if (left !== 0) throw new SealedError(`${left} bytes of it are missing`);
}

/** Of a piece of at most one segment: `sealed` is all of it. Throws SealedError. */
export function decryptSmall(dataKey: Uint8Array, sealed: Uint8Array, size: number): Uint8Array {
  if (sealed.length !== sealedSize(size))
    throw new SealedError('there are more bytes, or fewer, than it has');
  return openSegment(dataKey, nonceOf(0, true), sealed);
}

function openSegment(dataKey: Uint8Array, nonce: Uint8Array, segment: Uint8Array): Buffer {
  if (segment.length < TAG_BYTES) throw new SealedError('a segment is cut off');
  const decipher = createDecipheriv('aes-256-gcm', dataKey, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(segment.subarray(-TAG_BYTES));
  const plain = decipher.update(segment.subarray(0, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    plain.fill(0);
    throw new SealedError('a segment was changed, moved, or is of another key');
  }
  return plain;
}

/** Cut into sealed segments; throws when there is more than `limit`. */
async function* inSegments(bytes: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let held = 0;
  let total = 0;
  for await (const chunk of bytes) {
    total += chunk.length;
    if (total > limit) throw new SealedError('more bytes than it has');
    let rest = chunk;
    while (held + rest.length >= SEALED_SEGMENT_BYTES) {
      const part = rest.subarray(0, SEALED_SEGMENT_BYTES - held);
      yield waiting.length === 0 ? part : Buffer.concat([...waiting, part]);
      waiting = [];
      held = 0;
      rest = rest.subarray(part.length);
    }
    if (rest.length === 0) continue;
    waiting.push(Buffer.from(rest));
    held += rest.length;
  }
  if (held > 0) yield Buffer.concat(waiting);
}

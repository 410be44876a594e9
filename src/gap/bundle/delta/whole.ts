/**
 * A bundle of deltas read as if all of it had travelled whole: content is made again block by block, from its frames and from the old content. Give it only what was signed
 * for. Whoever reads checks the blocks against the signed list, as of any bundle.
 */
import { hash } from 'node:crypto';
import { blobPath } from '../descriptor.ts';
import { messageOf } from '../json.ts';
import { BLOCK_BYTES } from '../limits.ts';
import { BundleError } from '../problem.ts';
import type { BundleSource } from '../source.ts';
import type { BaseBlob, Bases } from './bases.ts';
import { decodeBlock, isPlainWindow } from './codec.ts';
import type { Delta, Deltas, Frame } from './document.ts';

const NO_BYTES = Buffer.alloc(0);

/** What is known of a piece of content from the signed lists. */
export interface Known {
  readonly size: number;
}

/** `contents`: by digest. */
export function wholeSource(
  source: BundleSource,
  deltas: Deltas,
  contents: ReadonlyMap<string, Known>,
  bases: Bases,
): BundleSource {
  const named = new Map(
    [...deltas.byDigest.keys(), ...deltas.left].map((digest) => [blobPath(digest), digest]),
  );
  return {
    ...source,
    madeFrom(name) {
      const base = deltas.byDigest.get(named.get(name) ?? '')?.base;
      return base && `${base.name} (${base.digest})`;
    },
    async *pieces(name, part, start = 0, roomFor) {
      const digest = named.get(name);
      if (digest === undefined) yield* source.pieces(name, part, start, roomFor);
      else {
        const { size } = contents.get(digest) ?? { size: 0 };
        const delta = deltas.byDigest.get(digest);
        if (delta === undefined) yield* leftBlocks(bases, { digest, size }, part, start);
        else yield* decodedBlocks(source, delta, bases, { part, size, start });
      }
    },
  };
}

const notHere = (part: string, what: string) => new BundleError('Missing', part, `${what} is not here`);

async function* leftBlocks(
  bases: Bases,
  { digest, size }: { readonly digest: string; readonly size: number },
  part: string,
  start: number,
): AsyncGenerator<Buffer> {
  const blob = await bases.open(digest, size);
  if (blob === undefined) throw notHere(part, 'what was left out of the bundle');
  try {
    for (let at = start; at < size; at += BLOCK_BYTES) {
      yield await blob.read(at, Math.min(BLOCK_BYTES, size - at));
    }
  } finally {
    await blob.close();
  }
}

interface Wanted extends Known {
  readonly part: string;
  /** A multiple of BLOCK_BYTES. */
  readonly start: number;
}

/** Throws BundleError that names the block, for a frame that is not the one that was signed for, or that gives no block. */
export async function* decodedBlocks(
  source: BundleSource,
  delta: Delta,
  bases: Bases,
  { part, size, start }: Wanted,
): AsyncGenerator<Buffer> {
  const base = delta.base && (await bases.open(delta.base.digest, delta.base.size));
  if (delta.base !== undefined && base === undefined)
    throw notHere(part, `its base ${delta.base.name} (${delta.base.digest})`);
  const first = start / BLOCK_BYTES;
  const skipped = delta.frames.slice(0, first).reduce((sum, { length }) => sum + length, 0);
  try {
    let number = first;
    for await (const frame of framesOf(source, delta, part, first, skipped)) {
      const length = Math.min(BLOCK_BYTES, size - number * BLOCK_BYTES);
      const block = await decoded(frame, base, length, `${part}, block ${number}`);
      yield block;
      number += 1;
    }
  } finally {
    await base?.close();
  }
}

interface ReadFrame {
  readonly frame: Frame;
  readonly bytes: Uint8Array;
}

async function decoded(
  { frame, bytes }: ReadFrame,
  base: BaseBlob | undefined,
  length: number,
  part: string,
): Promise<Buffer> {
  const window = base === undefined ? NO_BYTES : await base.read(frame.from, frame.window);
  if (!isPlainWindow(window)) {
    throw new BundleError('Malformed', part, 'its window of old content begins as a dictionary does');
  }
  let block: Buffer;
  try {
    block = await decodeBlock(bytes, window, length);
  } catch (error) {
    throw new BundleError('Malformed', part, `its delta cannot be unpacked: ${messageOf(error)}`);
  }
  if (block.length === length) return block;
  throw new BundleError('Malformed', part, `its delta gives ${block.length} bytes, not ${length}`);
}

/** Each held against its digest. At most a piece of the medium and a frame are in memory. */
export async function* framesOf(
  source: BundleSource,
  { data, frames }: Delta,
  part: string,
  first = 0,
  from = 0,
): AsyncGenerator<ReadFrame> {
  const pieces = source.pieces(blobPath(data), part, from);
  let rest: Uint8Array = NO_BYTES;
  try {
    for (const [at, frame] of frames.slice(first).entries()) {
      const bytes = Buffer.allocUnsafe(frame.length);
      for (let done = 0; done < frame.length; ) {
        if (rest.length === 0) {
          const next = await pieces.next();
          if (next.done === true) throw new BundleError('Missing', part, 'its delta ends too early');
          rest = next.value;
        }
        const take = rest.subarray(0, frame.length - done);
        bytes.set(take, done);
        rest = rest.subarray(take.length);
        done += take.length;
      }
      if (hash('sha256', bytes, 'hex') !== frame.sha256) {
        const why = `is not what was signed for (frames are numbered 0 to ${frames.length - 1})`;
        throw new BundleError('WrongDigest', `${part}: delta, frame ${first + at}`, why);
      }
      yield { frame, bytes };
    }
  } finally {
    await pieces.return(undefined);
  }
}

/** Makes the delta of one blob, block by block, in memory that does not grow with it. */
import { createHash, hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type Blob, blobBytes } from '../blob.ts';
import { BLOCK_BYTES } from '../limits.ts';
import type { BaseBlob } from './bases.ts';
import { encodeBlock, isPlainWindow, windowFor } from './codec.ts';
import type { Frame } from './document.ts';

/** Blocks at work at once: each takes about 60 MiB. */
const AT_ONCE = 2;

/** What a delta costs beside its frames: an entry in the tar file and one in the document. */
const COST_BYTES = 1_024;

export interface EncodedDelta {
  readonly frames: readonly Frame[];
  readonly data: Blob;
}

export interface OldContent extends BaseBlob {
  readonly size: number;
}

/** Writes the frames to `path`, which must not be there. Undefined when they would not be smaller than the blob itself; a file may be left then, for the caller to remove. */
export async function encodeDelta(
  blob: Blob,
  base: OldContent | undefined,
  path: string,
): Promise<EncodedDelta | undefined> {
  if (blob.size <= COST_BYTES) return undefined;
  const file = await open(path, 'wx');
  try {
    const frames: Frame[] = [];
    const whole = createHash('sha256');
    let size = 0;
    for await (const { bytes, ...place } of encodedBlocks(blob, base)) {
      size += bytes.length;
      if (size + COST_BYTES >= blob.size) return undefined;
      whole.update(bytes);
      await file.appendFile(bytes);
      frames.push({ ...place, length: bytes.length, sha256: hash('sha256', bytes, 'hex') });
    }
    return {
      frames,
      data: { digest: `sha256:${whole.digest('hex')}`, size, blocks: [], content: path },
    };
  } finally {
    await file.close();
  }
}

interface EncodedBlock {
  readonly bytes: Buffer;
  readonly from: number;
  readonly window: number;
}

/** In order, some ahead of what is asked for. */
async function* encodedBlocks(blob: Blob, base: OldContent | undefined): AsyncGenerator<EncodedBlock> {
  const atWork: Promise<EncodedBlock>[] = [];
  const encode = async (block: Buffer, at: number): Promise<EncodedBlock> => {
    const { from, window } = await windowOf(base, at, blob.size);
    const bytes = await encodeBlock(block, window);
    return { bytes, from, window: window.length };
  };
  try {
    let at = 0;
    for await (const block of blobBytes(blob)) {
      if (atWork.length === AT_ONCE) yield (await atWork.shift()) as EncodedBlock;
      // It is overwritten when the next one is read.
      atWork.push(encode(Buffer.from(block), at));
      at += BLOCK_BYTES;
    }
    while (atWork.length > 0) yield (await atWork.shift()) as EncodedBlock;
  } finally {
    // Whoever stops early leaves none behind that reads from a closed file.
    await Promise.allSettled(atWork);
  }
}

async function windowOf(base: OldContent | undefined, at: number, size: number) {
  if (base === undefined) return { from: 0, window: Buffer.alloc(0) };
  const { from, window } = windowFor(at, size, base.size);
  const bytes = await base.read(from, window);
  // One byte further on, it begins otherwise.
  return isPlainWindow(bytes) ? { from, window: bytes } : { from: from + 1, window: bytes.subarray(1) };
}

/** Blobs on their way into a bundle: bytes in memory, or a file that is read twice, once for its digests and once to be copied. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { needsBlocks, RunningDigest } from './blocks.ts';
import { sha256 } from './descriptor.ts';
import { BLOB_BYTES_MAX, BLOCK_BYTES } from './limits.ts';
import { BundleError } from './problem.ts';

export interface Blob {
  readonly digest: string;
  readonly size: number;
  /** Of all bytes up to the end of each of its blocks, when it has more than one. */
  readonly blocks: readonly string[];
  readonly content: Buffer | string;
}

export const blobOfBytes = (bytes: Buffer): Blob => ({
  digest: sha256(bytes),
  size: bytes.length,
  // What we write ourselves is small; large content comes as files.
  blocks: [],
  content: bytes,
});

/** Reads a file once and tells its digests. */
export async function blobOfFile(path: string): Promise<Blob> {
  const running = new RunningDigest();
  const blocks: string[] = [];
  let size = 0;
  for await (const block of fileBlocks(path)) {
    size += block.length;
    if (size > BLOB_BYTES_MAX)
      throw new BundleError('TooLarge', path, `has more than ${BLOB_BYTES_MAX} bytes`);
    blocks.push(running.add(block));
  }
  return {
    digest: `sha256:${running.digest()}`,
    size,
    blocks: needsBlocks(size) ? blocks : [],
    content: path,
  };
}

/** The bytes again, for copying; throws when a file is no longer what its digests were made of. */
export async function* blobBytes(blob: Blob): AsyncGenerator<Buffer> {
  if (typeof blob.content !== 'string') {
    yield blob.content;
    return;
  }
  const whole = createHash('sha256');
  for await (const block of fileBlocks(blob.content)) {
    whole.update(block);
    yield block;
  }
  if (`sha256:${whole.digest('hex')}` !== blob.digest) {
    throw new BundleError(
      'WrongDigest',
      blob.content,
      'changed while the bundle was being built; build it again',
    );
  }
}

/** A file in blocks; each is overwritten when the next one is asked for. */
export async function* fileBlocks(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    // A release has some thousand small files.
    const { size } = await file.stat();
    const room = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, size + 1));
    for (;;) {
      const length = await fillRoom(file, room);
      if (length > 0) yield room.subarray(0, length);
      if (length < BLOCK_BYTES) return;
    }
  } finally {
    await file.close();
  }
}

async function fillRoom(file: FileHandle, room: Buffer): Promise<number> {
  let done = 0;
  while (done < room.length) {
    const { bytesRead } = await file.read(room, done, room.length - done, null);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

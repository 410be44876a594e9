/** Unpacks what is compressed as it arrives. What comes was made by somebody who may want it to fail. */
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { ArchiveError } from './archive-error.ts';
import { ZSTD_WINDOW_LOG_MAX } from './limits.ts';

export type Compression = 'gzip' | 'zstd';
/** `bzip2`: what nothing here unpacks. */
export type Form = Compression | 'xz' | 'bzip2' | 'plain';

/** bzip2 with its first block, or its end: three letters alone can be a tar file's first name. */
const BEGINNINGS: readonly (readonly [Form, RegExp])[] = [
  ['gzip', /^1f8b/],
  ['zstd', /^28b52ffd/],
  ['xz', /^fd377a585a00/],
  ['bzip2', /^425a683[1-9](?:314159265359|177245385090)/],
];
export const FORM_BYTES = 10;

/** By its first bytes, as whoever unpacks it goes by them, whatever it is called. */
export const formOf = (head: Buffer): Form =>
  BEGINNINGS.find(([, bytes]) => bytes.test(head.toString('hex', 0, FORM_BYTES)))?.[0] ?? 'plain';

export interface Unpacked {
  /** False: there is something behind the end, which programs pass over. */
  readonly isAll: boolean;
}

/** Unpacked at a time: many small ones cost more than they hold. */
const CHUNK_BYTES = 256 * 1024;

const open = (compression: Compression) =>
  compression === 'gzip'
    ? createGunzip({ chunkSize: CHUNK_BYTES })
    : createZstdDecompress({
        chunkSize: CHUNK_BYTES,
        params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX },
      });

/**
 * Gives `work` what is in it, with how much was read for it so far. Throws ArchiveError for what does not unpack, and what the source throws. What `work` does not read is
 * not unpacked. Chunks of the source may be overwritten when the next one is asked for.
 */
export async function decompress(
  compression: Compression,
  source: AsyncIterable<Buffer>,
  work: (chunks: AsyncIterable<Buffer>, read: () => number) => Promise<void>,
): Promise<Unpacked> {
  const stream = open(compression);
  // Also after nobody reads it any more.
  stream.on('error', () => {});
  const fed = { bytes: 0, failed: undefined as unknown };
  const feeding = (async () => {
    try {
      for await (const chunk of source) {
        if (stream.destroyed || stream.writableEnded) continue;
        fed.bytes += chunk.length;
        await written(stream, chunk);
      }
      if (!stream.destroyed) stream.end();
    } catch (error) {
      fed.failed = error;
      stream.destroy();
    }
  })();
  try {
    await work(stream as AsyncIterable<Buffer>, () => fed.bytes);
  } catch (error) {
    if (fed.failed !== undefined) throw fed.failed;
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError('it does not unpack');
  } finally {
    stream.destroy();
    await feeding;
  }
  if (fed.failed !== undefined) throw fed.failed;
  return { isAll: stream.bytesWritten >= fed.bytes };
}

/** Resolves once the chunk was used, or nobody will. */
function written(stream: ReturnType<typeof open>, chunk: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('close', done);
      resolve();
    };
    stream.on('close', done);
    stream.write(chunk, done);
    if (stream.destroyed) done();
  });
}

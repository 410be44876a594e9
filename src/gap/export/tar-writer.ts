/** Files as a tar file (POSIX.1-2001), so that any tar unpacks a package: mode 0644, owner 0, time 0. Streams. */

import { TAR_END, tarHeader, tarPadding } from '#kernel/tar-header.ts';

export interface TarFile {
  readonly path: string;
  /** Bytes; the content must have as many. */
  readonly size: number;
  readonly content: AsyncIterable<Uint8Array>;
}

export async function* tarOf(files: Iterable<TarFile>): AsyncGenerator<Uint8Array> {
  for (const file of files) {
    yield tarHeader({ name: file.path, size: file.size });
    let size = 0;
    for await (const chunk of file.content) {
      size += chunk.length;
      yield chunk;
    }
    if (size !== file.size) throw new RangeError(`${file.path} has ${size} bytes, not ${file.size}`);
    yield tarPadding(size);
  }
  yield TAR_END;
}

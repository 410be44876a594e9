/** Reads small blobs of published content, each checked against its digest once more. */
import { readFile } from 'node:fs/promises';
import { type Descriptor, sha256 } from '../bundle/descriptor.ts';
import { BundleError } from '../bundle/problem.ts';
import type { ContentStore } from './content-store.ts';

/** Throws BundleError when it is not there any more, or is another. */
export async function readContent(
  store: Pick<ContentStore, 'blobPath'>,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  bytes_max: number,
  part: string,
): Promise<Buffer> {
  if (size > bytes_max)
    throw new BundleError('TooLarge', part, `has ${size} bytes; the most is ${bytes_max}`);
  const bytes = await readFile(store.blobPath(digest)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new BundleError('Missing', part, `${digest} is not in the region’s content`);
  });
  if (sha256(bytes) !== digest) throw new BundleError('WrongDigest', part, `is not ${digest} on the disk`);
  return bytes;
}

/** Where the file of an image lies: in what was published, by its digest, or in the folder that operators put images of their own into. */
import { access } from 'node:fs/promises';
import type { ContentStore } from '#gap/import/content-store.ts';
import type { ImageFiles } from '#services/compute/context.ts';
import { filesIn } from '#services/compute/image-files.ts';

export function publishedOrIn(folder: string, content: Pick<ContentStore, 'blobPath'>): ImageFiles {
  const own = filesIn(folder);
  return async (source) => {
    const path = content.blobPath(`sha256:${source.sha256}`);
    return access(path).then(
      () => path,
      () => own(source),
    );
  };
}

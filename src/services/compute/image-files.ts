/** Files of images in a folder, by the names that images give them. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageFiles } from './context.ts';

export function filesIn(folder: string): ImageFiles {
  return async ({ file }) => {
    const path = join(folder, file);
    return access(path).then(
      () => path,
      () => undefined,
    );
  };
}

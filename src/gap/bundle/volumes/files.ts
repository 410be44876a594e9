/** The files that a set may lie in: what is named, and what lies in folders that are named. Nothing but plain files, no links, in order of their names. */
import { constants, type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../json.ts';
import { BundleError } from '../problem.ts';
import { VOLUME_FILES_MAX } from './limits.ts';

export async function volumeFiles(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const found = await lstat(path).catch((error: unknown) => {
      throw new BundleError('Missing', path, messageOf(error));
    });
    if (found.isFile()) files.push(path);
    else if (found.isDirectory()) files.push(...(await filesIn(path)));
    else throw new BundleError('Unexpected', path, 'is neither a folder nor a plain file');
    if (files.length > VOLUME_FILES_MAX)
      throw new BundleError('TooLarge', path, `there are more than ${VOLUME_FILES_MAX} files`);
  }
  return files;
}

async function filesIn(folder: string): Promise<string[]> {
  const items = await readdir(folder, { withFileTypes: true });
  return items
    .filter((item) => item.isFile())
    .map(({ name }) => join(folder, name))
    .sort();
}

/** Follows no link, and waits for no pipe. */
export const openPlain = (path: string): Promise<FileHandle> =>
  open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);

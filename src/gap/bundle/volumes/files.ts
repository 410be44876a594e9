/** The files that a set may lie in: what is named, and what lies in folders that are named. Nothing but plain files, no links, in order of their names. */
import { createHash } from 'node:crypto';
import { constants, type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../json.ts';
import { MIB } from '../limits.ts';
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

export async function writeAll(file: FileHandle, bytes: Uint8Array, start: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, start + done)).bytesWritten;
}

/** SHA-256 of the first `size` bytes, in hexadecimal. Throws BundleError, which names `path`, when there are fewer. */
export async function digestOf(file: FileHandle, path: string, size: number): Promise<string> {
  const whole = createHash('sha256');
  const room = Buffer.allocUnsafe(MIB);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(room, 0, Math.min(room.length, size - at), at);
    if (bytesRead === 0) throw new BundleError('Missing', path, `ends at byte ${at} of ${size}`);
    whole.update(room.subarray(0, bytesRead));
    at += bytesRead;
  }
  return whole.digest('hex');
}

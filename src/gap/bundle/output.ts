/** Writes a bundle: as a folder, or as one tar file of it. Whole or not at all: it appears under its name when it is complete and on the disk. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { TAR_END, tarHeader, tarPadding } from '#kernel/tar-header.ts';
import { syncFolder } from '#trust/files.ts';
import { type Blob, blobBytes } from './blob.ts';
import { blobPath } from './descriptor.ts';

/** A file of the layout, in the order in which it is to stand in a tar file. */
export interface OutputFile {
  readonly name: string;
  readonly blob: Blob;
}

export const blobFile = (blob: Blob): OutputFile => ({ name: blobPath(blob.digest), blob });

export type Progress = (done_bytes: number, total_bytes: number) => void;

export async function writeBundle(
  path: string,
  form: 'folder' | 'tar',
  files: readonly OutputFile[],
  progress: Progress = () => {},
): Promise<void> {
  const target = resolve(path);
  const draft = `${target}.${randomBytes(4).toString('hex')}.new`;
  const total = files.reduce((sum, { blob }) => sum + blob.size, 0);
  let done = 0;
  const copied = (count: number) => {
    done += count;
    progress(done, total);
  };
  try {
    if (form === 'tar') await writeTar(draft, files, copied);
    else await writeFolder(draft, files, copied);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  await syncFolder(dirname(target));
}

async function writeTar(path: string, files: readonly OutputFile[], copied: (count: number) => void) {
  const file = await open(path, 'wx');
  try {
    for (const { name, blob } of files) {
      await file.appendFile(tarHeader({ name, size: blob.size }));
      await copy(file, blob, copied);
      await file.appendFile(tarPadding(blob.size));
    }
    await file.appendFile(TAR_END);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeFolder(path: string, files: readonly OutputFile[], copied: (count: number) => void) {
  await mkdir(join(path, 'blobs/sha256'), { recursive: true });
  for (const { name, blob } of files) {
    const file = await open(join(path, name), 'wx');
    try {
      await copy(file, blob, copied);
      await file.sync();
    } finally {
      await file.close();
    }
  }
  for (const folder of ['blobs/sha256', 'blobs', '.']) await syncFolder(join(path, folder));
}

async function copy(file: FileHandle, blob: Blob, copied: (count: number) => void): Promise<void> {
  for await (const bytes of blobBytes(blob)) {
    await file.appendFile(bytes);
    copied(bytes.length);
  }
}

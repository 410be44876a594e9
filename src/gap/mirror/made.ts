/** Indexes of ours, kept by their SHA-256. */
import { hash, randomBytes } from 'node:crypto';
import { open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileOf, type MirrorFolders, type ServedFile } from './tree.ts';

export async function exists(folders: MirrorFolders, file: ServedFile): Promise<boolean> {
  try {
    return (await stat(fileOf(folders, file))).size === file.size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Writes it unless it is there; on the disk once this resolves. Gives its SHA-256. */
export async function writeMade(folders: MirrorFolders, bytes: Buffer): Promise<string> {
  const sha256 = hash('sha256', bytes);
  const path = join(folders.made, sha256);
  const there = await stat(path).catch(() => undefined);
  if (there?.size === bytes.length) return sha256;
  const draft = `${path}.${randomBytes(4).toString('hex')}.new`;
  const file = await open(draft, 'wx', 0o640);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  return sha256;
}

/**
 * Where the master key of a region lies: in the clear in `master.key`, or sealed in `master.sealed`, never both. region.yaml says which of
 * them is meant (`keys.seal`), so that nobody can unseal a region by putting a file there.
 */
import { chownSync, existsSync, statSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readIfThere, syncFolder, writeDurably } from '../../files.ts';
import { loadMasterKey, loadOrCreateMasterKey, MasterKeyError } from '../master-key.ts';
import type { SymmetricKey } from '../wrapping.ts';
import { parseSealed, type SealedMaster, sealedText } from './sealed-master.ts';

export const SEALS = ['file', 'passphrase', 'shares'] as const;
export type SealSetting = (typeof SEALS)[number];

const SECRET_MODE = 0o600;
const CEREMONY = 'casemate keys ceremony init';

export const masterPath = (folder: string) => join(folder, 'master.key');
export const sealedPath = (folder: string) => join(folder, 'master.sealed');

/** The key, or what it is sealed with. Throws MasterKeyError or UnsealError, with what to do. */
export async function findMaster(
  folder: string,
  setting: SealSetting,
): Promise<{ readonly masterKey: SymmetricKey } | { readonly sealed: SealedMaster }> {
  const path = sealedPath(folder);
  const text = await readIfThere(path);
  if (setting === 'file') {
    if (text === undefined) return { masterKey: await loadOrCreateMasterKey(masterPath(folder)) };
    throw new MasterKeyError(
      `the master key is sealed (${path}), but region.yaml does not say so; set keys.seal to ${parseSealed(text, path).seal}`,
    );
  }
  if (existsSync(masterPath(folder))) {
    throw new MasterKeyError(
      `region.yaml says keys.seal: ${setting}, but ${masterPath(folder)} lies there in the clear; run: ${CEREMONY}`,
    );
  }
  if (text === undefined) {
    throw new MasterKeyError(
      `region.yaml says keys.seal: ${setting}, but there is no ${path}; run: ${CEREMONY}`,
    );
  }
  const sealed = parseSealed(text, path);
  if (sealed.seal === setting) return { sealed };
  throw new MasterKeyError(`${path} is sealed by ${sealed.seal}, but region.yaml says keys.seal: ${setting}`);
}

/** The key in the clear, when it lies there. */
export async function clearMaster(folder: string): Promise<SymmetricKey | undefined> {
  return existsSync(masterPath(folder)) ? loadMasterKey(masterPath(folder)) : undefined;
}

export async function readSealed(folder: string): Promise<SealedMaster | undefined> {
  const text = await readIfThere(sealedPath(folder));
  return text === undefined ? undefined : parseSealed(text, sealedPath(folder));
}

/** Writes the sealed key, for the folder's owner, and only then removes the one in the clear. Gives the text that was written. */
export async function keepSealed(folder: string, sealed: SealedMaster): Promise<string> {
  const path = sealedPath(folder);
  const text = sealedText(sealed);
  await writeDurably(path, text, SECRET_MODE);
  const { uid, gid } = statSync(folder);
  if (process.geteuid?.() === 0) chownSync(path, uid, gid);
  await eraseClear(masterPath(folder));
  return text;
}

/**
 * Overwrites and removes the key in the clear. What a copy-on-write file system, an SSD or a backup still holds of it this cannot reach:
 * a region that must be sure seals its key before it is first started, so that it never was on disk.
 */
async function eraseClear(path: string): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const { size } = await file.stat();
    await file.write(Buffer.alloc(size), 0, size, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await rm(path);
  await syncFolder(dirname(path));
}

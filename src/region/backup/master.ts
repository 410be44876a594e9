/** The master key of a backup: as it lies in it, or opened by those who can. A backup is worth something only to who has both it and them. */
import { existsSync } from 'node:fs';
import { chown, readFile } from 'node:fs/promises';
import { writeDurably } from '#trust/files.ts';
import { loadMasterKey } from '#trust/keys/master-key.ts';
import { findMaster, masterPath, type SealSetting, sealedPath } from '#trust/keys/seal/master-store.ts';
import { Unsealing, type UnsealState } from '#trust/keys/seal/unsealing.ts';
import type { SymmetricKey } from '#trust/keys/wrapping.ts';
import { type Account, isRoot } from '../embedded/accounts.ts';

/** Asks somebody for a passphrase or a share; undefined: nobody is there. */
export type AskSecret = (state: UnsealState) => Promise<string | undefined>;

/** Puts the master key of a backup that has none where it was. Throws when there is one, or when the file is none. */
export async function placeMaster(keys: string, file: string, { uid, gid }: Account): Promise<void> {
  const path = masterPath(keys);
  if (existsSync(path) || existsSync(sealedPath(keys))) {
    throw new Error('--master-key: this backup has its master key in it; leave the option out');
  }
  await writeDurably(path, await readFile(file, 'utf8'), 0o600);
  if (isRoot()) await chown(path, uid, gid);
  await loadMasterKey(path);
}

/** Undefined when it is sealed and nobody opens it, or is not in the backup. Throws when it is not there, or what was given is wrong. */
export async function openMaster(
  keys: string,
  seal: SealSetting,
  ask: AskSecret | undefined,
): Promise<SymmetricKey | undefined> {
  // Else one would be made, and open nothing.
  if (seal === 'file' && !existsSync(masterPath(keys))) return undefined;
  const found = await findMaster(keys, seal);
  if ('masterKey' in found) return found.masterKey;
  const unsealing = new Unsealing(found.sealed);
  while (!unsealing.state.open) {
    const secret = await ask?.(unsealing.state);
    if (secret === undefined) return undefined;
    await unsealing.offer(secret);
  }
  return unsealing.masterKey;
}

/** The master key of a backup: as it lies in it, or opened by those who can. A backup is worth something only to who has both it and them. */
import { existsSync } from 'node:fs';
import { findMaster, masterPath, type SealSetting } from '#trust/keys/seal/master-store.ts';
import { Unsealing, type UnsealState } from '#trust/keys/seal/unsealing.ts';
import type { SymmetricKey } from '#trust/keys/wrapping.ts';

/** Asks somebody for a passphrase or a share; undefined: nobody is there. */
export type AskSecret = (state: UnsealState) => Promise<string | undefined>;

/** Undefined when it is sealed and nobody opens it. Throws when it is not there, or what was given is wrong. */
export async function openMaster(
  keys: string,
  seal: SealSetting,
  ask: AskSecret | undefined,
): Promise<SymmetricKey | undefined> {
  // Else one would be made, and open nothing.
  if (seal === 'file' && !existsSync(masterPath(keys))) {
    throw new Error('there is no master key in the backup, although region.yaml says keys.seal: file');
  }
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

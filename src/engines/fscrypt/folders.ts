/** Where encrypted pools lie, all below one folder of the host's root: each vault in a folder of its own, by its id. */
import { join } from 'node:path';

export interface VaultPaths {
  readonly folder: string;
  /** Whose it is. */
  readonly owner: string;
  /** The file of the file system that encrypts (ext4), sparse. */
  readonly storeFile: string;
  /** Where that is mounted while the vault is open. */
  readonly store: string;
  /** In it, what is under the key: names and content. */
  readonly secret: string;
  readonly poolFile: string;
  /** Where the pool (btrfs) is mounted while the vault is open. */
  readonly pool: string;
}

export function vaultPaths(root: string, id: string): VaultPaths {
  const folder = join(root, id);
  const store = join(folder, 'store');
  const secret = join(store, 'secret');
  return {
    folder,
    owner: join(folder, 'owner.json'),
    storeFile: join(folder, 'store.img'),
    store,
    secret,
    poolFile: join(secret, 'pool.img'),
    pool: join(folder, 'pool'),
  };
}

/** Held by whoever changes any of it. */
export const lockFile = (root: string): string => join(root, 'lock');

/** Takes all vaults off the host, whoever still has them: for a region that is removed. With a store's mount go its keys; its file stays where it is. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { releaseBelow } from '#kernel/mounts.ts';

/** Safe to repeat; nothing happens where there are none. */
export function releaseVaults(root: string): void {
  if (existsSync(root)) releaseBelow(resolve(root));
}

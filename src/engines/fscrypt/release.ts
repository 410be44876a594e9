/** Takes a store off the host, whoever still has it: for a region that is removed. With its mount go its keys; its file stays where it is. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { loopsBelow, mountsBelow, readMounts } from '#kernel/mounts.ts';

/** Safe to repeat; nothing happens where there is none. */
export function releaseStore(folder: string): void {
  const root = resolve(folder);
  if (!existsSync(root)) return;
  // A pool's file lies in the store: its loop device first.
  for (const point of mountsBelow(readMounts(), root)) execFileSync('umount', ['--lazy', point]);
  for (const loop of loopsBelow(root)) execFileSync('losetup', ['--detach', loop]);
}

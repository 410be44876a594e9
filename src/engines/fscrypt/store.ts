/**
 * The file system that encrypts: ext4 with the feature `encrypt`, in a sparse file, so that nothing has to be known of what the host's own disks are formatted
 * with. One for each vault, a little larger than the pool in it may become, which so never runs out of room before its own end.
 */
import { existsSync, mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { readMounts } from '#kernel/mounts.ts';
import { run, settle } from './commands.ts';
import type { VaultPaths } from './folders.ts';

/** For its journal, its tables, and the addresses of the pool's blocks: 12 bytes for each extent, of which the worst is one a block. */
const OWN_BYTES = 128 * 1024 ** 2;
const FOR_ADDRESSES = 1.02;
/** One file in this much: there are two. */
const BYTES_PER_FILE = 4 * 1024 ** 2;
const JOURNAL_MIB = 16;
const MEBIBYTE = 1024 ** 2;

export const isMountedAt = (path: string): boolean => readMounts().some(({ point }) => point === path);

/** Its file's name is what says that it is whole. */
export function makeStore({ storeFile }: VaultPaths, pool_bytes: number): void {
  if (existsSync(storeFile)) return;
  const made = `${storeFile}.new`;
  writeFileSync(made, '', { mode: 0o600 });
  truncateSync(made, MEBIBYTE * Math.ceil((OWN_BYTES + FOR_ADDRESSES * pool_bytes) / MEBIBYTE));
  const shape = ['-m', '0', '-i', String(BYTES_PER_FILE), '-J', `size=${JOURNAL_MIB}`];
  run('mkfs.ext4', ['-q', '-F', '-O', 'encrypt', ...shape, '-E', 'lazy_itable_init=1,nodiscard', made]);
  settle(made);
  renameSync(made, storeFile);
}

export function mountStore({ storeFile, store }: VaultPaths): void {
  if (isMountedAt(store)) return;
  mkdirSync(store, { recursive: true, mode: 0o700 });
  run('mount', ['-t', 'ext4', '-o', 'loop,noatime,nodev,nosuid,noexec,discard', storeFile, store]);
}

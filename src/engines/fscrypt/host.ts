/** Whether this host's kernel can encrypt folders (fscrypt), and has the programs that tell it to. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** There when ext4 of this kernel has it: ext4(5), CONFIG_FS_ENCRYPTION. */
const KERNEL_FEATURE = '/sys/fs/ext4/features/encryption';

/** `xfs_io`, of xfsprogs, speaks the kernel's fscrypt calls to any file system: xfs_io(8). */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  xfsprogs: ['/usr/sbin/xfs_io', '/sbin/xfs_io'],
  e2fsprogs: ['/usr/sbin/mkfs.ext4', '/sbin/mkfs.ext4'],
  'btrfs-progs': ['/usr/bin/mkfs.btrfs', '/usr/sbin/mkfs.btrfs', '/sbin/mkfs.btrfs', '/bin/mkfs.btrfs'],
};

/** The kernel says what ext4 can only once it has it, and a host whose disks are formatted otherwise loads it when it is mounted first. Root alone can. */
export function loadFileSystem(): void {
  // A kernel that has it built in, or not at all, has no such module: what it can is looked at afterwards in any case.
  if (!existsSync(KERNEL_FEATURE)) spawnSync('modprobe', ['--quiet', 'ext4'], { stdio: 'ignore' });
}

/** Why not, in words for a person; undefined: it can. */
export function whyNotHere(): string | undefined {
  if (!existsSync(KERNEL_FEATURE)) return 'the kernel of this host has no encryption of files (fscrypt)';
  const missing = Object.entries(PROGRAMS).flatMap(([name, paths]) =>
    paths.some((path) => existsSync(path)) ? [] : [name],
  );
  return missing.length === 0 ? undefined : `${missing.join(', ')} is not installed`;
}

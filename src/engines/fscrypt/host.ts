/** Whether this host's kernel can encrypt folders (fscrypt), and has the programs that tell it to. */
import { existsSync } from 'node:fs';

/** There when ext4 of this kernel has it: ext4(5), CONFIG_FS_ENCRYPTION. */
const KERNEL_FEATURE = '/sys/fs/ext4/features/encryption';

/** `xfs_io`, of xfsprogs, speaks the kernel's fscrypt calls to any file system: xfs_io(8). */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  xfsprogs: ['/usr/sbin/xfs_io', '/sbin/xfs_io'],
  e2fsprogs: ['/usr/sbin/mkfs.ext4', '/sbin/mkfs.ext4'],
  'btrfs-progs': ['/usr/bin/mkfs.btrfs', '/usr/sbin/mkfs.btrfs', '/sbin/mkfs.btrfs', '/bin/mkfs.btrfs'],
};

/** Why not, in words for a person; undefined: it can. */
export function whyNotHere(): string | undefined {
  if (!existsSync(KERNEL_FEATURE)) return 'the kernel of this host has no encryption of files (fscrypt)';
  const missing = Object.entries(PROGRAMS).flatMap(([name, paths]) =>
    paths.some((path) => existsSync(path)) ? [] : [name],
  );
  return missing.length === 0 ? undefined : `${missing.join(', ')} is not installed`;
}

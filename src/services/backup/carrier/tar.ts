/**
 * What carriers are told to do with tar. The same files give the same bytes: sorted, without compression or times of access and change, ids as numbers. Of a
 * file with holes GNU tar writes its own process id into a name that nobody reads: in a carrier's first command that is always the same.
 */

const EXTENDED = ['--acls', '--xattrs', '--xattrs-include=*', '--sparse'];

/** Writes all below /mnt/`as`, with `but` (patterns below it) left out. What is mounted on it is not followed. */
export const packCommand = (as: string, but: readonly string[] = []): readonly string[] => [
  '/usr/bin/tar',
  '--create',
  '--format=posix',
  '--sort=name',
  '--numeric-owner',
  '--one-file-system',
  ...EXTENDED,
  '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
  ...(but.length === 0
    ? []
    : ['--anchored', '--no-wildcards-match-slash', ...but.map((one) => `--exclude=${as}/${one}`)]),
  '-C',
  '/mnt',
  '--',
  as,
];

/** Unpacks what lies below `as` into /mnt/`as`, and nothing else. */
export const unpackCommand = (as: string, overwrite = false): readonly string[] => [
  '/usr/bin/tar',
  '--extract',
  '--numeric-owner',
  '--same-owner',
  '--same-permissions',
  ...EXTENDED,
  ...(overwrite ? ['--overwrite'] : []),
  '-C',
  '/mnt',
  '--',
  as,
];

/** Removes all below /mnt/`as`. */
export const emptyCommand = (as: string): readonly string[] => [
  '/usr/bin/find',
  `/mnt/${as}`,
  '-mindepth',
  '1',
  '-delete',
];

/** What was written below /mnt/`as` is on the disk. */
export const syncCommand = (as: string): readonly string[] => [
  '/usr/bin/sync',
  '--file-system',
  `/mnt/${as}`,
];

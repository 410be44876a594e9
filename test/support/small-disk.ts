/** A disk of its own, as small as one likes, whose raw bytes can be read: a file with ext4 in it, mounted. Takes root. For tests only. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileHolds } from '#kernel/test-file-holds.ts';

export interface SmallDisk {
  /** The file that is the disk. */
  readonly image: string;
  readonly folder: string;
  /** Whether these bytes are anywhere on it, in files or in what is left of them. What is in memory is written out before. */
  holds(...needles: readonly Buffer[]): boolean;
  /** Takes room until so much of it is taken, 0 to 1. Nothing is written for that. */
  fill(share: number): void;
  /** Gives that back. */
  free(): void;
  /** What is open there stays so. */
  unmount(): void;
}

export function smallDisk(image: string, folder: string, bytes: number): SmallDisk {
  writeFileSync(image, '', { mode: 0o600 });
  truncateSync(image, bytes);
  execFileSync('mkfs.ext4', ['-q', '-m', '0', '-E', 'nodiscard', image]);
  mkdirSync(folder, { recursive: true });
  const { uid, gid, mode } = statSync(folder);
  execFileSync('mount', ['-o', 'loop,nodiscard', image, folder]);
  chownSync(folder, uid, gid);
  chmodSync(folder, mode & 0o7777);
  const filler = join(folder, 'filler');
  return {
    image,
    folder,
    holds(...needles) {
      execFileSync('sync', ['-f', folder]);
      return fileHolds(image, needles);
    },
    fill(share) {
      const { blocks, bavail, bsize } = statfsSync(folder);
      const taken = (blocks - bavail) * bsize;
      execFileSync('fallocate', ['--length', `${Math.ceil(share * blocks * bsize - taken)}`, filler]);
    },
    free: () => rmSync(filler, { force: true }),
    unmount: () => void execFileSync('umount', ['-l', folder]),
  };
}

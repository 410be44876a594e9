/** A small disk under a folder of a region that is down, which a test can fill and empty again. Needs root. For tests only. */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface SmallDisk {
  /** Leaves no room at all. */
  fill(): void;
  /** Gives all of that back. */
  free(): void;
  /** Puts the folder back where it was; its content stays. The region must be down. */
  remove(): void;
}

const CHUNK_BYTES = 64 * 1024;
const FILE = 'filler';

/** Moves the folder's content to a disk of its own, of `size` as mount(8) reads it. */
export function smallDisk(folder: string, size: string): SmallDisk {
  const aside = `${folder}.aside`;
  const copy = (from: string, to: string) => execFileSync('cp', ['--archive', `${from}/.`, to]);
  execFileSync('cp', ['--archive', folder, aside]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0711`, 'small-disk', folder]);
  copy(aside, folder);
  rmSync(aside, { recursive: true });
  const filler = join(folder, FILE);
  return {
    fill() {
      const file = openSync(filler, 'a');
      try {
        for (let bytes = CHUNK_BYTES; bytes >= 1; ) {
          if (!wrote(file, bytes)) bytes = Math.floor(bytes / 2);
        }
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
    remove() {
      if (!existsSync(folder)) return;
      execFileSync('cp', ['--archive', folder, aside]);
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true });
      renameSync(aside, folder);
    },
  };
}

function wrote(file: number, bytes: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(bytes)) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    return false;
  }
}

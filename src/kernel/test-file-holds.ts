/** Looking for bytes in a file, however large, as a thief of a disk would. For tests only. */
import { closeSync, openSync, readSync } from 'node:fs';

const WINDOW_BYTES = 16 * 2 ** 20;

/** Whether any of these bytes are anywhere in it. */
export function fileHolds(path: string, needles: readonly Buffer[]): boolean {
  const overlap = Math.max(...needles.map(({ length }) => length)) - 1;
  const window = Buffer.alloc(WINDOW_BYTES + overlap);
  const file = openSync(path, 'r');
  try {
    for (let offset = 0; ; offset += WINDOW_BYTES) {
      const there = readSync(file, window, 0, window.length, offset);
      const read = window.subarray(0, there);
      if (needles.some((needle) => read.includes(needle))) return true;
      if (there < window.length) return false;
    }
  } finally {
    closeSync(file);
  }
}

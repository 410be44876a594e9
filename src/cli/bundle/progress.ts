/** Progress for a person who waits: on a terminal only, on standard error, in place. */

import { MIB } from '#gap/bundle/limits.ts';
import type { Progress } from '#gap/bundle/output.ts';

const PERMILLE = 1_000;

export interface ProgressLine {
  readonly report: Progress;
  /** Takes the line away. */
  done(): void;
}

export function progressLine(what: string, stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  let shown = -1;
  return {
    report(done_bytes, total_bytes) {
      const permille = total_bytes === 0 ? PERMILLE : Math.floor((done_bytes / total_bytes) * PERMILLE);
      if (!stream.isTTY || permille === shown) return;
      shown = permille;
      stream.write(`\r${what}: ${(permille / 10).toFixed(1)} % of ${mebibytes(total_bytes)}\u001b[K`);
    },
    done() {
      if (stream.isTTY && shown >= 0) stream.write('\r\u001b[K');
    },
  };
}

export const mebibytes = (bytes: number): string =>
  bytes < MIB ? `${bytes} bytes` : `${(bytes / MIB).toFixed(1)} MiB`;

/**
 * Copies a file that one of our processes made as its own user for whoever owns the region. That user could put anything in its place, so
 * nothing but a small plain file is read.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';

const BYTES_MAX = 65_536;
// A link leads elsewhere; a pipe without a writer would keep us waiting.
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface OwnerCopy {
  readonly from: string;
  readonly to: string;
}

/** Replaces `to`, whole or not at all, when there is a `from`. Throws when that is no small plain file. */
export function copyForOwner({ from, to }: OwnerCopy): void {
  if (!existsSync(from)) return;
  const file = openSync(from, FLAGS);
  try {
    const found = fstatSync(file);
    if (!found.isFile() || found.size > BYTES_MAX) {
      throw new Error(`${from} is no plain file of at most ${BYTES_MAX} bytes`);
    }
    writeFileSync(`${to}.new`, readFileSync(file), { mode: 0o600 });
    renameSync(`${to}.new`, to);
  } finally {
    closeSync(file);
  }
}

/** What every part of the backend asks of the disk. */
import { type FileHandle, open } from 'node:fs/promises';
import { DamagedBlobError, FullDiskError } from '../backend.ts';

const FULL: readonly string[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];
// What a disk says that can no longer read a sector.
const UNREADABLE = 'EIO';

/** The error of the contract where it is one. */
export function diskError(error: unknown): unknown {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (FULL.includes(code)) return new FullDiskError(message);
  if (code === UNREADABLE) return new DamagedBlobError(message);
  return error;
}

export const isAbsent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** What was made, renamed or removed in it is so after a power cut too. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Fills the buffer from there; returns how much there was. */
export async function readAt(handle: FileHandle, buffer: Uint8Array, position: number): Promise<number> {
  let read = 0;
  while (read < buffer.length) {
    const { bytesRead } = await handle.read(buffer, read, buffer.length - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return read;
}

export async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/** One after the other, from there on. */
export async function writeAllAt(
  handle: FileHandle,
  pieces: readonly Uint8Array[],
  position: number,
): Promise<void> {
  const [first, ...more] = pieces;
  if (first === undefined) return;
  if (more.length === 0) return writeAt(handle, first, position);
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  const { bytesWritten } = await handle.writev([...pieces], position);
  if (bytesWritten === size) return;
  let at = 0;
  for (const piece of pieces) {
    const rest = piece.subarray(Math.max(0, bytesWritten - at));
    if (rest.length > 0) await writeAt(handle, rest, position + at + piece.length - rest.length);
    at += piece.length;
  }
}

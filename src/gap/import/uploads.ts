/** Bundles on their way through the API: one file each, which only grows. Whatever came is kept, so that the next request goes on at the very next byte. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { syncFolder } from '#trust/files.ts';
import { MIB } from '../bundle/limits.ts';
import { type Place, sizeOf } from './area.ts';
import { NoSpaceError, RESERVE_BYTES } from './receive.ts';

/** Of one request: it has to come within the time that requests have. */
export const CHUNK_BYTES_MAX = 16 * MIB;
export const UPLOAD_BYTES_MAX = 4 * 1024 * 1024 * MIB;
const SUFFIX = '.part';

/** Bytes that come where they do not belong. */
export class OffsetError extends Error {
  override readonly name = 'OffsetError';
  /** Where it goes on. */
  readonly bytes: number;

  constructor(bytes: number, message: string) {
    super(message);
    this.bytes = bytes;
  }
}

export interface Arrived {
  readonly bytes: number;
  /** Nothing comes after it. */
  readonly complete: boolean;
}

export class Uploads {
  readonly #folder: string;
  /** Uids of those that a request is adding to now. */
  readonly #busy = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Where a complete one lies. */
  path(uid: string): string {
    return join(this.#folder, uid);
  }

  async arrived(uid: string): Promise<Arrived> {
    const whole = await sizeOf(this.path(uid));
    if (whole !== undefined) return { bytes: whole, complete: true };
    return { bytes: (await sizeOf(this.path(uid) + SUFFIX)) ?? 0, complete: false };
  }

  /**
   * Adds what comes at `offset`, which must be where it ends so far. What came is on the disk before this resolves, and kept when the body breaks off.
   * Throws OffsetError, NoSpaceError, RangeError for more than is taken, or what the body throws.
   */
  async add(uid: string, offset: number, body: AsyncIterable<Uint8Array>, isLast: boolean): Promise<Arrived> {
    if (this.#busy.has(uid)) throw new OffsetError(0, 'another request is adding to it');
    this.#busy.add(uid);
    try {
      return await this.#add(uid, offset, body, isLast);
    } finally {
      this.#busy.delete(uid);
    }
  }

  async #add(
    uid: string,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    isLast: boolean,
  ): Promise<Arrived> {
    const before = await this.arrived(uid);
    if (before.complete) throw new OffsetError(before.bytes, 'all of it has come');
    if (before.bytes !== offset)
      throw new OffsetError(before.bytes, `${before.bytes} bytes have come: go on there`);
    await this.#requireSpace();
    const draft = this.path(uid) + SUFFIX;
    const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o640);
    let at = offset;
    try {
      for await (const chunk of body) {
        if (at + chunk.length > offset + CHUNK_BYTES_MAX)
          throw new RangeError(`one request brings at most ${CHUNK_BYTES_MAX / MIB} MiB`);
        if (at + chunk.length > UPLOAD_BYTES_MAX)
          throw new RangeError(`a bundle has at most ${UPLOAD_BYTES_MAX / MIB} MiB`);
        for (let done = 0; done < chunk.length; ) {
          done += (await file.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
        }
        at += chunk.length;
      }
    } finally {
      await file.datasync();
      await file.close();
    }
    if (isLast) {
      await rename(draft, this.path(uid));
      await syncFolder(this.#folder);
    }
    return { bytes: at, complete: isLast };
  }

  /** Gives the room of bytes back that lie elsewhere by now: the file keeps its length, and reads as zeros there. Where the file system cannot, nothing happens. */
  async giveBack(uid: string, { from, to }: Place): Promise<void> {
    const args = ['--punch-hole', '--offset', `${from}`, '--length', `${to - from}`, this.path(uid)];
    await promisify(execFile)('fallocate', args).catch(() => {});
  }

  async discard(uid: string): Promise<void> {
    for (const path of [this.path(uid), this.path(uid) + SUFFIX]) await rm(path, { force: true });
  }

  /** Uids of all that there is. */
  async list(): Promise<readonly string[]> {
    await mkdir(this.#folder, { recursive: true });
    return (await readdir(this.#folder)).map((name) => name.replace(SUFFIX, ''));
  }

  async #requireSpace(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#folder);
    if (bavail * bsize >= RESERVE_BYTES + CHUNK_BYTES_MAX) return;
    throw new NoSpaceError('the disk of the region’s data is full');
  }
}

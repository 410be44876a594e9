/**
 * A file that is being written block by block, each on the disk before the next. Blocks go past the page cache where the file system lets them: that costs a third of the
 * CPU, leaves the cache to those who need it, and nothing is left for the end to wait for. What is no whole block goes the usual way. Node's permissions forbid a receiver
 * fdatasync(2), so files are opened for it (open(2), O_DSYNC).
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { draftOf } from './area.ts';

/** What every disk takes past the page cache: a multiple of its largest sectors. */
const DIRECT_BYTES = 4_096;
const { O_DIRECT, O_DSYNC, O_NOFOLLOW, O_RDWR, O_TRUNC, O_WRONLY } = constants;

/** The file system, or what it lies on, does not write past the page cache. */
const isNotDirect = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException | undefined)?.code === 'EINVAL';

export class Draft {
  readonly #file: FileHandle;
  #direct: FileHandle | undefined;

  private constructor(file: FileHandle, direct: FileHandle | undefined) {
    this.#file = file;
    this.#direct = direct;
  }

  /** Of a file of that name in a quarantine folder, which is there. `keep`: what an earlier attempt left stays, and large blocks are to come; else it begins anew. */
  static async open(folder: string, name: string, keep: boolean): Promise<Draft> {
    const path = draftOf(folder, name);
    const file = await open(path, O_RDWR | O_DSYNC | O_NOFOLLOW | (keep ? 0 : O_TRUNC));
    try {
      return new Draft(file, keep ? await openDirect(path) : undefined);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Whether there were as many bytes as that, at that place. */
  async fill(bytes: Buffer, position: number): Promise<boolean> {
    const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, position);
    return bytesRead === bytes.length;
  }

  /** It survives a power cut once this resolves. */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    const direct = bytes.length % DIRECT_BYTES === 0 && position % DIRECT_BYTES === 0 && this.#direct;
    if (!direct) return writeAll(this.#file, bytes, position);
    try {
      await writeAll(direct, bytes, position);
    } catch (error) {
      if (!isNotDirect(error)) throw error;
      this.#direct = undefined;
      await direct.close();
      await writeAll(this.#file, bytes, position);
    }
  }

  async close(): Promise<void> {
    try {
      await this.#direct?.close();
    } finally {
      await this.#file.close();
    }
  }
}

async function openDirect(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, O_WRONLY | O_DIRECT | O_DSYNC | O_NOFOLLOW);
  } catch (error) {
    if (isNotDirect(error)) return undefined;
    throw error;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, start: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, start + done)).bytesWritten;
  }
}

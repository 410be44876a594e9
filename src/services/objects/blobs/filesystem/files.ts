/**
 * Blobs that have a file each: the bytes, then a checksum for each block, then a foot that says how many. They are written under another name, and are there once they have theirs.
 *
 *   bytes ‖ checksum[8] a block ‖ magic[4] ‖ size[8] ‖ stored_ms[8] ‖ crc32 of the table and the foot[4]
 *
 * Those of before have another magic, and a crc32[4] a block.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type ByteRange, DamagedBlobError, MissingBlobError, type StoredBlob } from '../backend.ts';
import {
  BLOCK_BYTES,
  type BlockCheck,
  blocksOf,
  CRC_CHECK,
  GMAC_CHECK,
  isIntact,
  RunningChecksums,
} from './blocks.ts';
import { diskError, isAbsent, readAt, syncFolder, writeAt } from './disk.ts';
import { FileWriter } from './file-writer.ts';
import { fileId } from './ids.ts';
import { WriteBuffers } from './write-buffers.ts';

const MAGIC = 0x43_4d_42_32; // CMB2
const MAGIC_BEFORE = 0x43_4d_42_31; // CMB1
const FOOT_BYTES = 24;
const NAME_BYTES = 16;
const FOLDER_DIGITS = 2;

interface Foot {
  readonly size: number;
  readonly stored_ms: number;
  readonly check: BlockCheck;
  readonly table: Buffer;
}

export class BlobFiles {
  readonly #files: string;
  readonly #incoming: string;
  readonly #buffers = new WriteBuffers();
  /** Folders that are known to be there for good. */
  readonly #folders = new Set<string>();

  constructor(folder: string) {
    this.#files = join(folder, 'files');
    this.#incoming = join(folder, 'incoming');
  }

  /** What an earlier process left half done is removed. */
  async open(): Promise<void> {
    await rm(this.#incoming, { recursive: true, force: true });
    await mkdir(this.#incoming, { recursive: true });
    await mkdir(this.#files, { recursive: true });
    await syncFolder(dirname(this.#files));
  }

  async put(bytes: AsyncIterable<Uint8Array>, now_ms: number, signal?: AbortSignal): Promise<StoredBlob> {
    const name = randomBytes(NAME_BYTES).toString('hex');
    const draft = join(this.#incoming, name);
    try {
      const handle = await open(draft, 'wx', 0o600);
      try {
        const size = await write(handle, this.#buffers, bytes, now_ms, signal);
        await this.#publish(draft, name);
        return { id: fileId(name), size };
      } finally {
        await handle.close();
      }
    } catch (error) {
      await rm(draft, { force: true });
      throw diskError(error);
    }
  }

  async #publish(draft: string, name: string): Promise<void> {
    const folder = dirname(this.#path(name));
    if (!this.#folders.has(folder)) {
      await mkdir(folder, { recursive: true });
      await syncFolder(this.#files);
      this.#folders.add(folder);
    }
    await rename(draft, this.#path(name));
    await syncFolder(folder);
  }

  /** `portion_bytes`: unchecked, see GetOptions. */
  async *get(name: string, range: ByteRange | undefined, portion_bytes?: number): AsyncGenerator<Uint8Array> {
    const handle = await open(this.#path(name), 'r').catch((error: unknown) => {
      throw isAbsent(error) ? new MissingBlobError(`there is no blob ${name}`) : diskError(error);
    });
    try {
      const foot = await readFoot(handle);
      const wanted = range ?? { from: 0, to: foot.size };
      const { from, to } = wanted;
      if (from < 0 || to > foot.size || from > to)
        throw new RangeError(`bytes ${from} to ${to} of a blob of ${foot.size}`);
      if (from === to) return;
      if (portion_bytes === undefined) yield* readBlocks(handle, foot, wanted);
      else yield* readPortions(handle, wanted, portion_bytes);
    } catch (error) {
      throw diskError(error);
    } finally {
      await handle.close();
    }
  }

  async isThere(name: string): Promise<boolean> {
    try {
      await stat(this.#path(name));
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  async delete(names: readonly string[]): Promise<void> {
    for (const name of names) await rm(this.#path(name), { force: true });
  }

  /** In the order of their names. A blob whose foot cannot be read has no time: 0. */
  async *list(): AsyncGenerator<
    StoredBlob & { readonly name: string; readonly stored_ms: number; readonly fault?: string }
  > {
    for (const folder of (await readdir(this.#files)).toSorted()) {
      for (const name of (await readdir(join(this.#files, folder))).toSorted()) {
        const handle = await open(this.#path(name), 'r').catch(() => undefined);
        // Deleted meanwhile.
        if (handle === undefined) continue;
        try {
          const { size, stored_ms } = await readFoot(handle);
          yield { id: fileId(name), name, size, stored_ms };
        } catch (error) {
          yield { id: fileId(name), name, size: 0, stored_ms: 0, fault: (error as Error).message };
        } finally {
          await handle.close();
        }
      }
    }
  }

  #path(name: string): string {
    return join(this.#files, name.slice(0, FOLDER_DIGITS), name);
  }
}

/** Writes all and its foot, to the disk. Returns how many bytes the blob has. */
async function write(
  handle: FileHandle,
  buffers: WriteBuffers,
  bytes: AsyncIterable<Uint8Array>,
  stored_ms: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const checksums = new RunningChecksums();
  const writer = new FileWriter(handle, buffers);
  let size = 0;
  try {
    for await (const chunk of bytes) {
      signal?.throwIfAborted();
      checksums.add(chunk);
      size += chunk.length;
      const busy = writer.add(chunk);
      if (busy) await busy;
    }
    await writer.end();
  } finally {
    await writer.close();
  }
  await writeAt(handle, footOf(size, stored_ms, checksums.table()), size);
  await handle.sync();
  signal?.throwIfAborted();
  return size;
}

function footOf(size: number, stored_ms: number, table: Buffer): Buffer {
  const foot = Buffer.alloc(FOOT_BYTES);
  foot.writeUInt32BE(MAGIC, 0);
  foot.writeBigUInt64BE(BigInt(size), 4);
  foot.writeBigUInt64BE(BigInt(stored_ms), 12);
  foot.writeUInt32BE(crc32(foot.subarray(0, 20), crc32(table)), 20);
  return Buffer.concat([table, foot]);
}

async function readFoot(handle: FileHandle): Promise<Foot> {
  const { size: length } = await handle.stat();
  const damaged = () => new DamagedBlobError('its foot, which says how long it is, is damaged');
  if (length < FOOT_BYTES) throw damaged();
  const foot = Buffer.alloc(FOOT_BYTES);
  await readAt(handle, foot, length - FOOT_BYTES);
  const size = Number(foot.readBigUInt64BE(4));
  const magic = foot.readUInt32BE(0);
  const check = magic === MAGIC_BEFORE ? CRC_CHECK : GMAC_CHECK;
  const tableLength = blocksOf(size) * check.bytes;
  if ((magic !== MAGIC && magic !== MAGIC_BEFORE) || size + tableLength + FOOT_BYTES !== length)
    throw damaged();
  const table = Buffer.alloc(tableLength);
  await readAt(handle, table, size);
  if (foot.readUInt32BE(20) !== crc32(foot.subarray(0, 20), crc32(table))) throw damaged();
  return { size, stored_ms: Number(foot.readBigUInt64BE(12)), check, table };
}

/** As they lie there, in two buffers by turns: the next one is read while this one is used. */
async function* readPortions(
  handle: FileHandle,
  { from, to }: ByteRange,
  portion_bytes: number,
): AsyncGenerator<Uint8Array> {
  const length = Math.min(portion_bytes, to - from);
  const read = async (at: number, buffer: Buffer) => {
    const portion = buffer.subarray(0, to - at);
    if ((await readAt(handle, portion, at)) < portion.length)
      throw new DamagedBlobError(`bytes after ${at} are missing`);
    return portion;
  };
  let [used, spare] = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(length)];
  let next = read(from, spare);
  for (let at = from; at < to; at += length) {
    const portion = await next;
    [used, spare] = [spare, used];
    if (at + length < to) {
      next = read(at + length, spare);
      next.catch(() => {});
    }
    yield portion;
  }
}

/** Block by block; the next one is read while this one is used. */
async function* readBlocks(
  handle: FileHandle,
  { size, check, table }: Foot,
  { from, to }: ByteRange,
): AsyncGenerator<Uint8Array> {
  const last = blocksOf(to) - 1;
  const read = async (index: number) => {
    const length = Math.min(BLOCK_BYTES, size - index * BLOCK_BYTES);
    const block = Buffer.allocUnsafe(length);
    const there = await readAt(handle, block, index * BLOCK_BYTES);
    if (there !== length || !isIntact(check, table, index, block)) {
      throw new DamagedBlobError(`block ${index} is not what was stored`);
    }
    return block;
  };
  let next = read(Math.floor(from / BLOCK_BYTES));
  for (let index = Math.floor(from / BLOCK_BYTES); index <= last; index++) {
    const block = await next;
    if (index < last) {
      next = read(index + 1);
      next.catch(() => {});
    }
    const start = index * BLOCK_BYTES;
    yield block.subarray(Math.max(0, from - start), Math.min(block.length, to - start));
  }
}

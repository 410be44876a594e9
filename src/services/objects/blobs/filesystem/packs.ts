/**
 * Small blobs, many in a file. What is deleted is marked in its head; once half of a pack is, it is written anew without what was deleted, each record at the place that it had: the file has holes
 * there, which take no room, and no blob changes its name.
 */
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ByteRange,
  DamagedBlobError,
  FullDiskError,
  MissingBlobError,
  type StoredBlob,
} from '../backend.ts';
import { diskError, isAbsent, readAt, syncFolder, writeAt } from './disk.ts';
import { type PackPlace, packedId } from './ids.ts';
import { OpenFiles } from './open-files.ts';
import { DELETED, deadHead, HEAD_BYTES, headOf, isIntact, readHead, SMALL_BYTES_MAX } from './pack-record.ts';
import { PackWriter } from './pack-writer.ts';

const PACK_FILE = /^([0-9a-f]{16})\.pack$/;
/** Of a pack, before it is written anew. */
const DEAD_SHARE_MAX = 0.5;

const LIVE_MAGIC = headOf(new Uint8Array(), 0).subarray(0, 4);
const WINDOW_BYTES = 1_048_576;
const LOST = 'here a record or several are damaged so that it is not known which';

interface PackedBlob extends StoredBlob {
  readonly stored_ms: number;
  readonly fault?: string;
}

export class Packs {
  readonly #folder: string;
  readonly #files = new OpenFiles();
  readonly #writer: PackWriter;
  /** Bytes that were deleted of each pack, as far as this process knows. */
  readonly #dead = new Map<string, number>();
  /** To be written anew once there is room for that. */
  readonly #postponed = new Set<string>();
  /** What is done to a pack is done one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(folder: string) {
    this.#folder = join(folder, 'packs');
    this.#writer = new PackWriter(this.#folder, (pack) => void this.#tidy(pack).catch(() => {}));
  }

  /** What an earlier process left half done is removed. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    for (const name of await readdir(this.#folder)) {
      if (!PACK_FILE.test(name)) await rm(join(this.#folder, name), { force: true });
    }
  }

  put(bytes: Uint8Array, now_ms: number): Promise<StoredBlob> {
    return this.#writer.put(bytes, now_ms);
  }

  async get({ pack, offset, size }: PackPlace, { from, to }: ByteRange): Promise<Uint8Array> {
    if (from < 0 || to > size || from > to)
      throw new RangeError(`bytes ${from} to ${to} of a blob of ${size}`);
    const record = Buffer.allocUnsafe(HEAD_BYTES + size);
    const there = await this.#use(pack, (handle) => readAt(handle, record, offset));
    const head = there === undefined ? undefined : readHead(record.subarray(0, there));
    // Nothing is there, or a hole.
    if (head === undefined && record.subarray(0, there ?? 0).every((byte) => byte === 0))
      throw missing(pack, offset);
    if (head?.isDead === true) throw missing(pack, offset);
    if (head?.size !== size || there !== record.length || !isIntact(record)) {
      throw new DamagedBlobError(`what is in pack ${pack} at ${offset} is not what was stored`);
    }
    return record.subarray(HEAD_BYTES + from, HEAD_BYTES + to);
  }

  async isThere({ pack, offset }: PackPlace): Promise<boolean> {
    const found = await this.#use(pack, async (handle) => {
      const head = Buffer.alloc(HEAD_BYTES);
      const there = await readAt(handle, head, offset);
      // What is neither a head nor a hole is damage, which reading it tells.
      return readHead(head)?.isDead !== true && !head.subarray(0, there).every((byte) => byte === 0);
    });
    return found === true;
  }

  /** A mark that a power cut undoes is made again by the sweep, which finds that nothing refers to the blob. */
  async delete(places: readonly PackPlace[]): Promise<void> {
    const byPack = Map.groupBy(places, ({ pack }) => pack);
    for (const [pack, those] of byPack) {
      await this.#inTurn(pack, async () => {
        for (const { offset, size } of those) {
          const marked = await this.#use(pack, async (handle) => {
            const head = Buffer.alloc(HEAD_BYTES);
            await readAt(handle, head, offset);
            const is = readHead(head);
            // Done already, or nothing of the kind.
            if (is === undefined || is.isDead || is.size !== size) return false;
            await writeAt(handle, DELETED, offset);
            return true;
          });
          if (marked === true) this.#dead.set(pack, (this.#dead.get(pack) ?? 0) + HEAD_BYTES + size);
        }
      });
      this.#postponed.add(pack);
    }
    for (const pack of [...this.#postponed]) await this.#tidy(pack);
  }

  /** In the order of their ids. */
  async *list(): AsyncGenerator<PackedBlob> {
    for (const pack of await this.#packs()) {
      const handle = await open(this.#path(pack), 'r').catch(() => undefined);
      if (handle === undefined) continue;
      try {
        for await (const { offset, length, is, stored_ms } of stretches(handle)) {
          const size = length - HEAD_BYTES;
          if (is === 'live') yield { id: packedId(pack, offset, size), size, stored_ms };
          // Which blobs those were is not known any more.
          if (is === 'lost')
            yield { id: packedId(pack, offset, Math.max(0, size)), size: 0, stored_ms: 0, fault: LOST };
        }
      } finally {
        await handle.close();
      }
    }
  }

  /** Counts what is deleted, which is forgotten when a process ends, and gives room back where it is much. */
  async tidyAll(): Promise<void> {
    for (const pack of await this.#packs()) {
      if (pack === this.#writer.current) continue;
      const dead = await this.#use(pack, async (handle) => {
        let count = 0;
        for await (const { is, length } of stretches(handle)) if (is === 'dead') count += length;
        return count;
      });
      if (dead !== undefined && dead > 0) this.#dead.set(pack, dead);
      await this.#tidy(pack);
    }
  }

  async close(): Promise<void> {
    await this.#writer.close();
    await Promise.allSettled(this.#turns.values());
    await this.#files.close();
  }

  async #packs(): Promise<string[]> {
    return (await readdir(this.#folder)).flatMap((name) => PACK_FILE.exec(name)?.[1] ?? []).toSorted();
  }

  async #tidy(pack: string): Promise<void> {
    const dead = this.#dead.get(pack) ?? 0;
    this.#postponed.delete(pack);
    if (dead === 0 || pack === this.#writer.current) return;
    await this.#inTurn(pack, async () => {
      // On the disk, not in length: what was given back counts no more.
      const { blocks } = await stat(this.#path(pack)).catch(() => ({ blocks: 0 }));
      if (dead < blocks * 512 * DEAD_SHARE_MAX) return;
      try {
        await rewrite(this.#folder, pack);
      } catch (error) {
        // It takes some room to give more of it back. Others may have less to keep.
        if (!(diskError(error) instanceof FullDiskError)) throw error;
        this.#postponed.add(pack);
        return;
      }
      this.#dead.delete(pack);
      await this.#files.drop(this.#path(pack));
    });
  }

  /** Undefined: there is no such pack. */
  async #use<T>(pack: string, work: (handle: FileHandle) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#files.use(this.#path(pack), work);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw diskError(error);
    }
  }

  async #inTurn(pack: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(pack) ?? Promise.resolve()).then(work, work);
    this.#turns.set(pack, turn);
    try {
      await turn;
    } finally {
      if (this.#turns.get(pack) === turn) this.#turns.delete(pack);
    }
  }

  #path(pack: string): string {
    return join(this.#folder, `${pack}.pack`);
  }
}

const missing = (pack: string, offset: number) =>
  new MissingBlobError(`there is no blob in pack ${pack} at ${offset}`);

/** What lies in a pack from `offset` on: a record, or bytes that are none. */
interface Stretch {
  readonly offset: number;
  /** Head included. */
  readonly length: number;
  /** `lost`: damaged heads, and records are known to follow. `tail`: a write that was cut off, or damaged heads up to the end. */
  readonly is: 'live' | 'dead' | 'lost' | 'tail';
  readonly stored_ms: number;
}

/** All of a pack from beginning to end. */
async function* stretches(handle: FileHandle): AsyncGenerator<Stretch> {
  const { size: end } = await handle.stat();
  const head = Buffer.alloc(HEAD_BYTES);
  for (let offset = 0; offset < end; ) {
    const there = await readAt(handle, head, offset);
    const is = readHead(head.subarray(0, there));
    const length = HEAD_BYTES + (is?.size ?? 0);
    if (is !== undefined && offset + length <= end) {
      yield { offset, length, is: is.isDead ? 'dead' : 'live', stored_ms: is.stored_ms };
      offset += length;
    } else {
      const next = await nextRecord(handle, offset + 1, end);
      yield {
        offset,
        length: (next ?? end) - offset,
        is: next === undefined ? 'tail' : 'lost',
        stored_ms: 0,
      };
      offset = next ?? end;
    }
  }
}

/** Where, from there on, the next record begins that is whole. */
async function nextRecord(handle: FileHandle, from: number, end: number): Promise<number | undefined> {
  const window = Buffer.allocUnsafe(WINDOW_BYTES);
  // The last bytes of a window may be a record's first.
  for (let start = from; start < end; start += WINDOW_BYTES - LIVE_MAGIC.length + 1) {
    const there = window.subarray(0, await readAt(handle, window, start));
    for (let at = there.indexOf(LIVE_MAGIC); at >= 0; at = there.indexOf(LIVE_MAGIC, at + 1)) {
      if (await isRecordAt(handle, start + at, end)) return start + at;
    }
  }
  return undefined;
}

async function isRecordAt(handle: FileHandle, offset: number, end: number): Promise<boolean> {
  const head = Buffer.alloc(HEAD_BYTES);
  await readAt(handle, head, offset);
  const size = readHead(head)?.size ?? Number.POSITIVE_INFINITY;
  if (size > SMALL_BYTES_MAX || offset + HEAD_BYTES + size > end) return false;
  const record = Buffer.allocUnsafe(HEAD_BYTES + size);
  await readAt(handle, record, offset);
  return isIntact(record);
}

/** Writes a pack anew without what is deleted; removes it when nothing else is in it. At each moment the one or the other is there, whole. */
async function rewrite(folder: string, pack: string): Promise<void> {
  const path = join(folder, `${pack}.pack`);
  const draft = join(folder, `${pack}.new`);
  const from = await open(path, 'r');
  try {
    if (await isAllDead(from)) {
      // On a full disk there is not even room for an empty file.
      await rm(path);
      await syncFolder(folder);
      return;
    }
    const to = await open(draft, 'wx', 0o600);
    try {
      /** Where the deleted records that were seen last begin. */
      let hole: number | undefined;
      let end = 0;
      for await (const { offset, length, is } of stretches(from)) {
        end = offset + length;
        if (is === 'dead') {
          hole ??= offset;
          continue;
        }
        if (hole !== undefined) await writeAt(to, deadHead(offset - hole), hole);
        hole = undefined;
        // What is damaged stays as it is: somebody may still save it.
        await copy(from, to, offset, length);
      }
      if (hole !== undefined) await writeAt(to, deadHead(end - hole), hole);
      await to.truncate(end);
      await to.sync();
    } finally {
      await to.close();
    }
    await rename(draft, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await from.close();
  }
}

async function isAllDead(pack: FileHandle): Promise<boolean> {
  for await (const { is } of stretches(pack)) if (is === 'live' || is === 'lost') return false;
  return true;
}

async function copy(from: FileHandle, to: FileHandle, offset: number, length: number): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(length, WINDOW_BYTES));
  for (let done = 0; done < length; ) {
    const part = buffer.subarray(0, Math.min(buffer.length, length - done));
    const there = await readAt(from, part, offset + done);
    if (there === 0) return;
    await writeAt(to, part.subarray(0, there), offset + done);
    done += there;
  }
}

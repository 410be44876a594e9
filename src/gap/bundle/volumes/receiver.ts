/**
 * Takes in frames of one set, in any order, as often as they come, and makes the file of them: each block is written to its place at once, so that nothing grows in memory but a bit
 * for each. What is missing at the end is made from repair blocks. The first good frame says which set it is; other sets' frames are counted and left.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { syncFolder } from '#trust/files.ts';
import { MIB } from '../limits.ts';
import type { Progress } from '../output.ts';
import { BundleError } from '../problem.ts';
import { Coder } from './coder.ts';
import { digestOf, writeAll } from './files.ts';
import { type Frame, setOf, type VolumeSet } from './frame.ts';
import { VOLUME_BLOCK_BYTES } from './limits.ts';
import { Presence, shortage, shortId } from './presence.ts';
import { type BlockStore, repairGroup } from './repair.ts';

const RUN_BYTES = MIB;
/** Different sets that are told apart. */
const OTHERS_MAX = 8;

export interface Joined {
  readonly set: VolumeSet;
  /** Blocks that were made from repair blocks. */
  readonly repaired: number;
  /** Blocks that came more than once. */
  readonly duplicates: number;
}

export class Receiver {
  readonly #target: string;
  readonly #draft: string;
  #files: Files | undefined;
  #run = new Run();
  #duplicates = 0;
  readonly #others = new Map<string, number>();

  /** `target`: where the file appears when it is whole; nothing is written before the first good frame. */
  constructor(target: string) {
    this.#target = resolve(target);
    this.#draft = `${this.#target}.${randomBytes(4).toString('hex')}.new`;
  }

  /** The set, once a frame came. */
  get presence(): Presence | undefined {
    return this.#files?.presence;
  }

  /** Throws BundleError when the disk has not the room that the set needs. */
  async accept({ set, position, block }: Frame): Promise<void> {
    this.#files ??= await openFiles(this.#draft, set);
    const { presence } = this.#files;
    if (!presence.set.key.equals(set.key)) return this.#countOther(set);
    if (!presence.add(position)) {
      this.#duplicates += 1;
      return;
    }
    if (!this.#run.takes(position, presence.set)) await this.#flush(this.#files);
    this.#run.append(position, block);
  }

  /** Repairs what is missing and gives the file its name. Throws BundleError that says what is missing and how much more is needed. */
  async finish(progress: Progress = () => {}): Promise<Joined> {
    if (this.#files === undefined)
      throw new BundleError('Missing', this.#target, 'no block came that is whole: these are no volumes');
    const files = this.#files;
    const { presence, data } = files;
    const { set } = presence;
    await this.#flush(files);
    const damaged = presence.damagedGroups();
    const lacking = presence.lacking(damaged);
    if (lacking.blocks > 0) throw this.#withOthers(shortage(presence, lacking));
    const repaired = await this.#repair(files, damaged, progress);
    await data.truncate(set.geometry.parameters.size);
    const digest = await digestOf(data, this.#target, set.geometry.parameters.size);
    if (setOf(digest, set.geometry.parameters).id !== set.id) {
      const why = `its blocks were put together to sha256:${digest}, which is not the file that this set was made of`;
      throw new BundleError('WrongDigest', `set ${shortId(set)}`, why);
    }
    await data.sync();
    await rename(`${this.#draft}.data`, this.#target);
    await syncFolder(dirname(this.#target));
    return { set, repaired, duplicates: this.#duplicates };
  }

  /** Lets go of its files; what did not become the target is gone. */
  async close(): Promise<void> {
    const files = this.#files;
    if (files === undefined) return;
    this.#files = undefined;
    await files.data.close();
    await files.repair.close();
    await rm(`${this.#draft}.data`, { force: true });
  }

  async #flush({ presence, data, repair }: Files): Promise<void> {
    const { first, bytes } = this.#run;
    if (bytes.length === 0) return;
    const { blocks } = presence.set.geometry;
    if (first < blocks) await writeAll(data, bytes, first * VOLUME_BLOCK_BYTES);
    else await writeAll(repair, bytes, (first - blocks) * VOLUME_BLOCK_BYTES);
    this.#run.clear();
  }

  async #repair(files: Files, damaged: readonly number[], progress: Progress): Promise<number> {
    if (damaged.length === 0) return 0;
    const coder = new Coder();
    const { presence, data } = files;
    let [done, count] = [0, 0];
    const rest = damaged.values();
    const work = async () => {
      for (const group of rest) {
        for (const { position, block } of await repairGroup(group, presence, storeOf(files), coder)) {
          await writeAll(data, block, position * VOLUME_BLOCK_BYTES);
          count += 1;
        }
        done += 1;
        progress(done, damaged.length);
      }
    };
    try {
      // One more than there are threads: it reads while they work.
      await Promise.all(Array.from({ length: coder.width + 1 }, work));
      return count;
    } finally {
      await coder.close();
    }
  }

  #countOther(set: VolumeSet): void {
    const id = shortId(set);
    if (this.#others.has(id) || this.#others.size < OTHERS_MAX)
      this.#others.set(id, (this.#others.get(id) ?? 0) + 1);
  }

  #withOthers(error: BundleError): BundleError {
    if (this.#others.size === 0) return error;
    const others = [...this.#others].map(([id, count]) => `${count} of set ${id}`).join(', ');
    const why = `${error.message.slice(error.part.length + 2)}. There are blocks of other sets, too, which were not used: ${others}`;
    return new BundleError(error.reason, error.part, why);
  }
}

interface Files {
  readonly presence: Presence;
  readonly data: FileHandle;
  readonly repair: FileHandle;
}

async function openFiles(draft: string, set: VolumeSet): Promise<Files> {
  await requireSpace(dirname(draft), set);
  const data = await open(`${draft}.data`, 'wx+', 0o644);
  const repairPath = `${draft}.repair`;
  const repair = await open(repairPath, 'wx+', 0o600);
  // It has no name to be left behind under.
  await rm(repairPath);
  return { presence: new Presence(set), data, repair };
}

async function requireSpace(folder: string, set: VolumeSet): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const lacks = set.geometry.positions * VOLUME_BLOCK_BYTES - bavail * bsize;
  if (lacks <= 0) return;
  const size = Math.ceil(set.geometry.parameters.size / MIB);
  throw new BundleError(
    'TooLarge',
    `set ${shortId(set)}`,
    `says that its file has ${size} MiB; ${folder} has ${Math.ceil(lacks / MIB)} MiB less than that and its repair blocks take`,
  );
}

function storeOf({ presence, data, repair }: Files): BlockStore {
  const { blocks } = presence.set.geometry;
  return {
    async read(position, into) {
      const isData = position < blocks;
      const start = (isData ? position : position - blocks) * VOLUME_BLOCK_BYTES;
      const { bytesRead } = await (isData ? data : repair).read(into, 0, into.length, start);
      return bytesRead === into.length;
    },
  };
}

/** Blocks that follow each other, so that they are written together. */
class Run {
  readonly #room = Buffer.allocUnsafe(RUN_BYTES);
  #length = 0;
  #first = 0;

  get first(): number {
    return this.#first;
  }

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#length);
  }

  takes(position: number, { geometry }: VolumeSet): boolean {
    if (this.#length === 0) return true;
    const next = this.#first + this.#length / VOLUME_BLOCK_BYTES;
    return position === next && position !== geometry.blocks && this.#length < this.#room.length;
  }

  append(position: number, block: Uint8Array): void {
    if (this.#length === 0) this.#first = position;
    this.#room.set(block, this.#length);
    this.#length += block.length;
  }

  clear(): void {
    this.#length = 0;
  }
}

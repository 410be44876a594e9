/**
 * Copies blobs into their drafts, each held against its digests on its way. Of a large one a block is read, another hashed by a thread, and one that was right is written, all at the same time and without copying it in memory. It is on the disk before the next one is written, and only then it counts:
 * so a kill or a power cut costs one block at most.
 */
import { sha256 } from '../bundle/descriptor.ts';
import { BLOCK_BYTES } from '../bundle/limits.ts';
import { BundleError } from '../bundle/problem.ts';
import type { BundleSource } from '../bundle/source.ts';
import { wrongBlock } from '../bundle/wrong-block.ts';
import { DigestThread } from './digest-thread.ts';
import { Draft } from './draft.ts';
import { Slots } from './slots.ts';

const BLOBS = 'blobs/sha256/';

/** A file of a bundle, from the signed lists. */
export interface File {
  readonly name: string;
  readonly size: number;
  /** What it is called when something is wrong with it. */
  readonly part: string;
  /** Digests of all bytes up to the end of each of its blocks, when it has more than one. */
  readonly blocks: readonly string[];
}

/** Called with how many bytes more are on the disk, and up to where of the file they are. */
export type Arrived = (count: number, upTo: number) => Promise<void>;

/** One file after the other. */
export class Copier {
  readonly #source: BundleSource;
  readonly #folder: string;
  readonly #slots = new Slots();
  readonly #digests = new DigestThread(this.#slots);

  /** `folder`: of the quarantine; the drafts are there. */
  constructor(source: BundleSource, folder: string) {
    this.#source = source;
    this.#folder = folder;
  }

  async close(): Promise<void> {
    await this.#digests.close();
  }

  /** A small file, by its bytes. */
  write(name: string, bytes: Uint8Array): Promise<void> {
    return this.#withDraft(name, false, (draft) => draft.write(bytes, 0));
  }

  /** A blob of one block at most, or one that `check` read as a whole: it is written once it is known to be right. Several may be copied at the same time. */
  async copySmall({ name, size, part }: File): Promise<void> {
    const bytes = Buffer.allocUnsafe(size);
    let at = 0;
    for await (const piece of this.#source.pieces(name, part)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    if (sha256(bytes.subarray(0, at)) !== digestOf(name)) {
      if (this.#source.madeFrom?.(name) !== undefined)
        throw wrongBlock(this.#source, { name, size, part }, 0);
      throw new BundleError('WrongDigest', part, WRONG);
    }
    await this.write(name, bytes);
  }

  /** One that has blocks: as far as an earlier attempt has written it, it is kept. */
  copyBlocks(file: File, arrived: Arrived): Promise<void> {
    return this.#withDraft(file.name, true, async (draft) => {
      await this.#digests.begin();
      const kept = await this.#keepGood(draft, file);
      await arrived(kept, kept);
      const end = await this.#copyFrom(kept, draft, file, arrived);
      // The last block's digest is that of all.
      if (end !== file.size || `sha256:${file.blocks.at(-1)}` !== digestOf(file.name)) {
        throw new BundleError('WrongDigest', file.part, WRONG);
      }
    });
  }

  /** Gives where it ended. */
  async #copyFrom(start: number, draft: Draft, file: File, arrived: Arrived): Promise<number> {
    let at = start;
    let failed: { readonly error: unknown } | undefined;
    let stored = Promise.resolve();
    const throwIfFailed = () => {
      if (failed !== undefined) throw failed.error;
    };
    // Whoever reads waits for a free slot, and for nothing else.
    const roomFor = (length: number) => this.#slots.take(length);
    const store = async (bytes: Buffer, position: number, digest: Promise<string>) => {
      if ((await digest) !== file.blocks[position / BLOCK_BYTES]) {
        throw wrongBlock(this.#source, file, position / BLOCK_BYTES);
      }
      await draft.write(bytes, position);
      await arrived(bytes.length, position + bytes.length);
    };
    try {
      for await (const piece of this.#source.pieces(file.name, file.part, at, roomFor)) {
        throwIfFailed();
        const bytes = await this.#slots.holding(piece);
        const [position, before] = [at, stored];
        const digest = this.#digests.add(bytes);
        stored = before.then(() => store(bytes, position, digest));
        stored.catch((error: unknown) => {
          failed ??= { error };
        });
        void Promise.allSettled([digest, stored]).then(() => this.#slots.release(bytes));
        at += bytes.length;
      }
    } catch (error) {
      // What is wrong with a block before it comes first, each time.
      await stored;
      throw error;
    } finally {
      // Nothing may touch the file once it is closed.
      await stored.catch(() => {});
    }
    await stored;
    return at;
  }

  /** Where the first block begins that is missing or wrong in what an earlier attempt left; what comes before goes into the running digest. */
  async #keepGood(draft: Draft, { size, blocks }: File): Promise<number> {
    const read = async (number: number): Promise<Buffer | undefined> => {
      const at = number * BLOCK_BYTES;
      if (number >= blocks.length) return undefined;
      const bytes = await this.#slots.take(Math.min(BLOCK_BYTES, size - at));
      if (await draft.fill(bytes, at)) return bytes;
      this.#slots.release(bytes);
      return undefined;
    };
    let next = read(0);
    for (let number = 0; ; number++) {
      const bytes = await next;
      if (bytes === undefined) return Math.min(size, number * BLOCK_BYTES);
      // Is read while this one is hashed.
      next = read(number + 1);
      next.catch(() => {});
      const digest = await this.#digests.add(bytes);
      this.#slots.release(bytes);
      if (digest !== blocks[number]) {
        await this.#digests.undo();
        const more = await next;
        if (more !== undefined) this.#slots.release(more);
        return number * BLOCK_BYTES;
      }
    }
  }

  async #withDraft(name: string, keep: boolean, work: (draft: Draft) => Promise<void>): Promise<void> {
    const draft = await Draft.open(this.#folder, name, keep);
    try {
      await work(draft);
    } finally {
      await draft.close();
    }
  }
}

const WRONG = 'its bytes are not those that were signed for';

const digestOf = (name: string): string => `sha256:${name.slice(BLOBS.length)}`;

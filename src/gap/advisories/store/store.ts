/**
 * Looks packages up in an advisory file. Holds the index and a few blocks in memory, whatever the file's size. The file's digest is judged by
 * whoever opens it (`folder.ts`); what is read here is checked block by block as well.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { fieldsOf, isFields } from '../fields.ts';
import type { PackageFacts, PackageKey } from '../model.ts';
import {
  BLOCK_BYTES_MAX,
  damaged,
  factsOf,
  INDEX_BYTES_MAX,
  MAGIC,
  type StoredIndex,
  TRAILER_BYTES,
  unpack,
} from './format.ts';

/** Unpacked blocks that are remembered: packages looked up in order need one at a time. */
const BLOCKS_REMEMBERED_MAX = 16;
/** Characters of all of them: a block is 64 KiB, but for one package's line that is longer, and whoever made the file may have made it of such. */
const REMEMBERED_MAX = 32 * 1024 * 1024;

/** What is known of packages. */
export interface AdvisoryLookup {
  facts(key: PackageKey): Promise<PackageFacts | undefined>;
}

interface Block {
  readonly lines: ReadonlyMap<string, string>;
  readonly characters: number;
}

export class AdvisoryStore implements AdvisoryLookup {
  readonly index: StoredIndex;
  readonly #file: FileHandle;
  /** Lines by key, by the block's number; the longest unused first. */
  readonly #blocks = new Map<number, Block>();
  #remembered = 0;

  private constructor(file: FileHandle, index: StoredIndex) {
    this.#file = file;
    this.index = index;
  }

  /** Throws an AdvisoryError when it is no advisory file, or a damaged one. The caller closes it. */
  static async open(path: string): Promise<AdvisoryStore> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size < MAGIC.length + TRAILER_BYTES) throw damaged('the file is too short');
      const trailer = await read(file, size - TRAILER_BYTES, TRAILER_BYTES);
      const head = await read(file, 0, MAGIC.length);
      if (!head.equals(MAGIC) || !trailer.subarray(16).equals(MAGIC))
        throw damaged('it does not begin and end as it should');
      const [offset, length] = [Number(trailer.readBigUInt64BE(0)), Number(trailer.readBigUInt64BE(8))];
      if (length > INDEX_BYTES_MAX || offset + length !== size - TRAILER_BYTES)
        throw damaged('its index is not where it says');
      return new AdvisoryStore(
        file,
        parseIndex(unpack(await read(file, offset, length), INDEX_BYTES_MAX, 'its index'), offset),
      );
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async facts(key: PackageKey): Promise<PackageFacts | undefined> {
    const number = this.#blockOf(key);
    if (number < 0) return undefined;
    const line = (await this.#block(number)).get(key);
    return line === undefined ? undefined : factsOf(line);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The last block that begins at or before the key; -1: none does. */
  #blockOf(key: string): number {
    const { blocks } = this.index;
    let [from, to] = [0, blocks.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((blocks[middle]?.[0] ?? '') <= key) from = middle + 1;
      else to = middle;
    }
    return from - 1;
  }

  async #block(number: number): Promise<Block['lines']> {
    const known = this.#blocks.get(number);
    if (known) {
      this.#blocks.delete(number);
      this.#blocks.set(number, known);
      return known.lines;
    }
    const [first = '', offset = 0, length = 0] = this.index.blocks[number] ?? [];
    const text = unpack(await read(this.#file, offset, length), BLOCK_BYTES_MAX, `the block of ${first}`);
    const lines = new Map<string, string>();
    for (const line of text.split('\n')) if (line !== '') lines.set(line.slice(0, line.indexOf('\t')), line);
    this.#blocks.set(number, { lines, characters: text.length });
    this.#remembered += text.length;
    for (const [oldest, { characters }] of this.#blocks) {
      if (this.#blocks.size <= BLOCKS_REMEMBERED_MAX && this.#remembered <= REMEMBERED_MAX) break;
      this.#blocks.delete(oldest);
      this.#remembered -= characters;
    }
    return lines;
  }
}

async function read(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  if (bytesRead !== length) throw damaged('it ends too early');
  return buffer;
}

function parseIndex(text: string, end: number): StoredIndex {
  const place = { source: 'advisory data', entry: 'its index' };
  const index = fieldsOf(place, 'the index', JSON.parse(text));
  const { blocks, sources, asOf } = index;
  if (
    !Array.isArray(blocks) ||
    !Array.isArray(sources) ||
    !sources.every(isFields) ||
    typeof asOf !== 'string'
  ) {
    throw damaged('its index is not one');
  }
  for (const block of blocks) {
    const [key, offset, length] = Array.isArray(block) ? block : [];
    const isPlace = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset + length <= end;
    if (typeof key !== 'string' || !isPlace || length > BLOCK_BYTES_MAX)
      throw damaged('its index is not one');
  }
  return index as unknown as StoredIndex;
}

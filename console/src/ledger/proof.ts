/** Proofs, made here from a log's tiles and not asked for: that a leaf is in the log, and that the log still begins with what it was. */
import type { Bytes } from './bytes.ts';
import { completeRoot, foldRight } from './merkle.ts';
import { ProofError } from './problem.ts';
import { entriesIn, hashesIn, TILE_HEIGHT, TILE_WIDTH, type Tile, tileOf, tilePath } from './tiles.ts';

/** Where a log is read from, by the paths of C2SP tlog-tiles. Nothing that it gives is believed. */
export interface LogSource {
  /** Undefined: there is no such thing. */
  read(path: string): Promise<Bytes | undefined>;
}

async function readTile(source: LogSource, tile: Tile): Promise<Bytes> {
  // A log may drop a partial tile once there is the full one.
  const bytes =
    (await source.read(tilePath(tile))) ??
    (tile.width < TILE_WIDTH ? await source.read(tilePath({ ...tile, width: TILE_WIDTH })) : undefined);
  if (bytes === undefined) throw new ProofError('missing', `the log does not give ${tilePath(tile)}`);
  return bytes;
}

/** The 256 leaves (fewer at the end) of a bundle of a log of `size` leaves, unverified. */
export async function readBundle(source: LogSource, size: number, bundle: number): Promise<readonly Bytes[]> {
  const tile = tileOf(size, 'entries', bundle);
  return tile.width === 0 ? [] : entriesIn(await readTile(source, tile), tile);
}

/** Reads hashes of a log of `size` leaves; each tile once. */
export class TreeReader {
  readonly #source: LogSource;
  readonly #size: number;
  readonly #tiles = new Map<string, Promise<readonly Bytes[]>>();

  constructor(source: LogSource, size: number) {
    this.#source = source;
    this.#size = size;
  }

  /** The root of leaves [start, end), whose start is aligned to the largest power of two that fits in. */
  async root(start: number, end: number): Promise<Bytes> {
    const parts: Promise<Bytes>[] = [];
    for (let at = start; at < end; ) {
      let height = 0;
      while (2 ** (height + 1) <= end - at) height += 1;
      parts.push(this.#subtree(height, at / 2 ** height));
      at += 2 ** height;
    }
    return foldRight(await Promise.all(parts));
  }

  /** The root of one complete subtree of 2^height leaves. */
  async #subtree(height: number, index: number): Promise<Bytes> {
    const level = Math.floor(height / TILE_HEIGHT);
    const count = 2 ** (height % TILE_HEIGHT);
    const first = index * count;
    const tile = tileOf(this.#size, level, Math.floor(first / TILE_WIDTH));
    const path = tilePath(tile);
    let hashes = this.#tiles.get(path);
    if (hashes === undefined) {
      hashes = readTile(this.#source, tile).then((bytes) => hashesIn(bytes, tile));
      this.#tiles.set(path, hashes);
    }
    const from = first % TILE_WIDTH;
    return completeRoot((await hashes).slice(from, from + count));
  }
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The largest power of two below `size`, which is at least 2. */
function splitPoint(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** Hashes from the leaf's sibling to the root's child, in a log that had `size` leaves. */
export function inclusionProof(reader: TreeReader, index: number, size: number): Promise<readonly Bytes[]> {
  const ranges: Range[] = [];
  for (let start = 0, end = size; end - start > 1; ) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      ranges.unshift({ start: middle, end });
      end = middle;
    } else {
      ranges.unshift({ start, end: middle });
      start = middle;
    }
  }
  return Promise.all(ranges.map(({ start, end }) => reader.root(start, end)));
}

/** That the log of `newSize` leaves begins with the one of `oldSize`, which is at least 1. */
export function consistencyProof(
  reader: TreeReader,
  oldSize: number,
  newSize: number,
): Promise<readonly Bytes[]> {
  const ranges: Range[] = [];
  let start = 0;
  let end = newSize;
  // While the old tree is this very subtree from the left, whoever checks knows its root.
  let isKnown = true;
  while (oldSize !== end) {
    const middle = start + splitPoint(end - start);
    if (oldSize <= middle) {
      ranges.unshift({ start: middle, end });
      end = middle;
    } else {
      ranges.unshift({ start, end: middle });
      start = middle;
      isKnown = false;
    }
  }
  if (!isKnown) ranges.unshift({ start, end });
  return Promise.all(ranges.map((range) => reader.root(range.start, range.end)));
}

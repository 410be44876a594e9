/** Reads leaves of a log to show them. What it gives is unverified: `verify.ts` and receipts say what is true. */
import { isRecorded, type Leaf, parseLeaf } from '#kernel/log/leaf.ts';
import { LogError } from '#kernel/log/log-error.ts';
import { TILE_WIDTH } from '#kernel/log/merkle.ts';
import { type WholeLeaf, wholeLeaf } from '#kernel/log/personal.ts';
import { decodeEntryBundle, tileWidth } from '#kernel/log/tile.ts';
import { openPersonal, readPersonal } from './personal.ts';
import { readTile, type TileSource } from './source.ts';

/** As `readLeaves`, each with what stands beside it of persons, as far as it was not erased. Throws a LogError on a record that is another's. */
export async function* readWholeLeaves(
  source: TileSource,
  size: number,
  from: number,
  to: number,
): AsyncGenerator<WholeLeaf> {
  let bundle = -1;
  let records: ReadonlyMap<number, unknown> = new Map();
  for await (const leaf of readLeaves(source, size, from, to)) {
    if (!isRecorded(leaf)) {
      yield leaf;
      continue;
    }
    if (Math.floor(leaf.index / TILE_WIDTH) !== bundle) {
      bundle = Math.floor(leaf.index / TILE_WIDTH);
      records = (await readPersonal(source, bundle)) ?? new Map();
    }
    yield wholeLeaf(leaf, openPersonal(leaf, records));
  }
}

/** Leaves [from, to) of a log of `size` leaves, in order, a bundle at a time. */
export async function* readLeaves(
  source: TileSource,
  size: number,
  from: number,
  to: number,
): AsyncGenerator<Leaf> {
  const end = Math.min(to, size);
  for (let index = Math.max(0, from); index < end; ) {
    const bundle = Math.floor(index / TILE_WIDTH);
    const width = tileWidth(size, 'entries', bundle);
    const read = await readTile(source, { level: 'entries', index: bundle, width });
    if (read === undefined) throw new LogError('OUT_OF_RANGE', `the log cannot give leaves from ${index}`);
    const entries = decodeEntryBundle(read.bytes, read.exact ? width : TILE_WIDTH);
    const start = bundle * TILE_WIDTH;
    for (const entry of entries.slice(index - start, end - start)) yield parseLeaf(entry);
    index = start + TILE_WIDTH;
  }
}

/**
 * Finds out which leaf of a bundle is the one that is wrong, by holding the hashes of its entries against the hashes in
 * the tile of leaf hashes. Pure.
 */
import { HASH_BYTES } from '#kernel/log/merkle.ts';
import type { Problem } from './problem.ts';

const hashAt = (hashes: Uint8Array, position: number) =>
  Buffer.from(hashes.buffer, hashes.byteOffset + position * HASH_BYTES, HASH_BYTES);

/**
 * Problems of a bundle of `width` leaves from index `start`, given the hashes of the entries that are there and those of
 * the tile. None when they agree.
 */
export function alignBundle(start: number, width: number, entries: Uint8Array, tile: Uint8Array): Problem[] {
  const problems: Problem[] = [];
  const positions = new Map<string, number>();
  for (let position = 0; position < width; position++) {
    positions.set(hashAt(tile, position).toString('latin1'), position);
  }
  const entryCount = entries.length / HASH_BYTES;
  let missing = width - entryCount;
  let entry = 0;
  for (let position = 0; position < width; position++) {
    const leaf = start + position;
    const found = entry < entryCount ? hashAt(entries, entry) : undefined;
    if (found?.equals(hashAt(tile, position))) {
      entry += 1;
      continue;
    }
    const place = found && positions.get(found.toString('latin1'));
    if (found === undefined || (missing > 0 && place !== undefined && place > position)) {
      problems.push({ code: 'LEAF_MISSING', leaf, message: `leaf ${leaf} is missing from its bundle` });
      missing -= 1;
      continue;
    }
    const where =
      place === undefined ? 'an entry that was never logged there' : `the entry of leaf ${start + place}`;
    problems.push({
      code: 'LEAF_CHANGED',
      leaf,
      message: `leaf ${leaf} was changed: in its place is ${where}, with another hash than the tree's`,
    });
    entry += 1;
  }
  return problems;
}

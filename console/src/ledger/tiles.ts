/** Tiles of a log (C2SP tlog-tiles): what they are called, and what is in them. Pure. */
import type { Bytes } from './bytes.ts';
import { HASH_BYTES } from './merkle.ts';
import { ProofError } from './problem.ts';

export const TILE_WIDTH = 256;
export const TILE_HEIGHT = 8;

export interface Tile {
  /** 0: hashes of leaves; L: roots of subtrees of 256^L leaves; `entries`: the leaves themselves. */
  readonly level: number | 'entries';
  readonly index: number;
  /** How many of them: 256 when full. */
  readonly width: number;
}

/** `tile/0/x001/x234/067`, or `….p/12` when partial. */
export function tilePath({ level, index, width }: Tile): string {
  const groups = [String(index % 1_000).padStart(3, '0')];
  for (let rest = Math.floor(index / 1_000); rest > 0; rest = Math.floor(rest / 1_000))
    groups.unshift(`x${String(rest % 1_000).padStart(3, '0')}`);
  return `tile/${level}/${groups.join('/')}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** The tile of this index in a log of `size` leaves; its width is 0 beyond the end. */
export function tileOf(size: number, level: number | 'entries', index: number): Tile {
  const all = level === 'entries' ? size : Math.floor(size / TILE_WIDTH ** level);
  return { level, index, width: Math.max(0, Math.min(TILE_WIDTH, all - index * TILE_WIDTH)) };
}

/** The hashes of a tile; a full one may stand for a partial one. Throws ProofError. */
export function hashesIn(bytes: Bytes, tile: Tile): readonly Bytes[] {
  const wanted = tile.width * HASH_BYTES;
  if (bytes.length !== wanted && bytes.length !== TILE_WIDTH * HASH_BYTES)
    throw new ProofError('tile', `${tilePath(tile)}: ${bytes.length} bytes, where there should be ${wanted}`);
  return Array.from({ length: tile.width }, (_, at) => bytes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES));
}

/** The leaves in a bundle, each after its length as a big-endian 16-bit number. Throws ProofError. */
export function entriesIn(bytes: Bytes, tile: Tile): readonly Bytes[] {
  const entries: Bytes[] = [];
  let at = 0;
  while (at < bytes.length && entries.length < TILE_WIDTH) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const end = at + 2 + length;
    if (at + 2 > bytes.length || end > bytes.length)
      throw new ProofError('tile', `${tilePath(tile)}: leaf ${entries.length} is cut off`);
    entries.push(bytes.slice(at + 2, end));
    at = end;
  }
  if (at !== bytes.length || (entries.length !== tile.width && entries.length !== TILE_WIDTH))
    throw new ProofError('tile', `${tilePath(tile)}: ${entries.length} leaves instead of ${tile.width}`);
  return entries.slice(0, tile.width);
}

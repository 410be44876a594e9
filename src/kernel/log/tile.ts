/**
 * Tiles (C2SP tlog-tiles): how a tree's hashes and entries are cut into files of 256, what those files are called, and
 * how entries are packed. Pure; never reads storage.
 */
import { LogError } from './log-error.ts';
import { assertTreeSize, HASH_BYTES, TILE_WIDTH } from './merkle.ts';

/** Largest leaf: its length is written as an unsigned 16-bit number. */
export const ENTRY_BYTES_MAX = 65_535;

const LEVEL_MAX = 63;

export interface Tile {
  /** 0: leaf hashes; L: roots of subtrees of 256^L leaves; `entries`: the leaves themselves. */
  readonly level: number | 'entries';
  readonly index: number;
  /** Hashes (or entries) in it: 256 when full. */
  readonly width: number;
}

/** `tile/0/x001/x234/067` or, partial, `tile/0/x001/x234/067.p/12`. */
export function tilePath(tile: Tile): string {
  const groups: string[] = [];
  let rest = tile.index;
  do {
    const group = String(rest % 1000).padStart(3, '0');
    groups.unshift(groups.length === 0 ? group : `x${group}`);
    rest = Math.floor(rest / 1000);
  } while (rest > 0);
  const suffix = tile.width === TILE_WIDTH ? '' : `.p/${tile.width}`;
  return `tile/${tile.level}/${groups.join('/')}${suffix}`;
}

const TILE_PATH =
  /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** Reads a path as `tilePath` writes it, without a leading slash. Undefined when it names no tile. */
export function parseTilePath(path: string): Tile | undefined {
  const match = TILE_PATH.exec(path);
  const [, levelText, indexText, widthText] = match ?? [];
  if (levelText === undefined || indexText === undefined) return undefined;
  // The shortest form only, so that every tile has exactly one name.
  if (indexText.startsWith('x000/')) return undefined;
  const level = levelText === 'entries' ? 'entries' : Number(levelText);
  if (level !== 'entries' && level > LEVEL_MAX) return undefined;
  const index = Number(indexText.replaceAll(/[x/]/g, ''));
  if (!Number.isSafeInteger(index)) return undefined;
  const width = widthText === undefined ? TILE_WIDTH : Number(widthText);
  if (widthText !== undefined && width >= TILE_WIDTH) return undefined;
  return { level, index, width };
}

/** How many hashes a tree of `size` leaves has at a tile level (only of complete subtrees). */
export function hashesAtLevel(size: number, level: number | 'entries'): number {
  assertTreeSize(size);
  return level === 'entries' ? size : Math.floor(size / TILE_WIDTH ** level);
}

/** The width of a tile in a tree of `size` leaves: 256 full, 1–255 partial, 0 when the tree does not reach it. */
export function tileWidth(size: number, level: number | 'entries', index: number): number {
  const beyond = hashesAtLevel(size, level) - index * TILE_WIDTH;
  return Math.max(0, Math.min(TILE_WIDTH, beyond));
}

/** Every tile of one level of a tree of `size` leaves, left to right. */
export function* tilesAtLevel(size: number, level: number | 'entries'): Generator<Tile> {
  for (let index = 0; ; index++) {
    const width = tileWidth(size, level, index);
    if (width === 0) return;
    yield { level, index, width };
  }
}

/** Throws unless `bytes` is exactly the hashes of `tile`. */
export function assertHashTile(tile: Tile, bytes: Uint8Array): void {
  if (bytes.length !== tile.width * HASH_BYTES) {
    throw new LogError(
      'MALFORMED_TILE',
      `${tilePath(tile)}: ${bytes.length} bytes, where ${tile.width} hashes take ${tile.width * HASH_BYTES}`,
    );
  }
}

/** Packs entries: each one's length as a big-endian uint16, then the entry. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Buffer {
  if (entries.length > TILE_WIDTH) {
    throw new LogError('OUT_OF_RANGE', `entries: ${entries.length}, where a bundle takes ${TILE_WIDTH}`);
  }
  const bundle = Buffer.alloc(entries.reduce((bytes, entry) => bytes + 2 + entry.length, 0));
  let at = 0;
  for (const entry of entries) {
    if (entry.length > ENTRY_BYTES_MAX) {
      throw new LogError('OUT_OF_RANGE', `an entry of ${entry.length} bytes; the most is ${ENTRY_BYTES_MAX}`);
    }
    at = bundle.writeUInt16BE(entry.length, at);
    bundle.set(entry, at);
    at += entry.length;
  }
  return bundle;
}

/** Unpacks a bundle of exactly `width` entries; they are views into `bundle`. */
export function decodeEntryBundle(bundle: Uint8Array, width: number): Buffer[] {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const entries: Buffer[] = [];
  let at = 0;
  while (at < bytes.length && entries.length < width) {
    const start = at + 2;
    const end = start <= bytes.length ? start + bytes.readUInt16BE(at) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) {
      throw new LogError('MALFORMED_TILE', `entry ${entries.length} of the bundle is cut off at byte ${at}`);
    }
    entries.push(bytes.subarray(start, end));
    at = end;
  }
  if (entries.length !== width || at !== bytes.length) {
    throw new LogError(
      'MALFORMED_TILE',
      `the bundle holds ${entries.length} entries and ${bytes.length - at} bytes more; expected ${width} entries`,
    );
  }
  return entries;
}

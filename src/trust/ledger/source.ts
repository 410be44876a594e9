/**
 * Where somebody outside reads a log from: the paths of C2SP tlog-tiles, over HTTP or from a folder. Nothing that
 * comes from a source is believed; `verify.ts` and `receipt.ts` check it against the log's public key.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LogError } from '#kernel/log/log-error.ts';
import { HASH_BYTES, TILE_WIDTH } from '#kernel/log/merkle.ts';
import { type HashReader, tileHashReader } from '#kernel/log/proof.ts';
import { ENTRY_BYTES_MAX, type Tile, tilePath } from '#kernel/log/tile.ts';

/** The most that one answer of a source may take: a full bundle of the longest entries. */
export const ANSWER_BYTES_MAX = TILE_WIDTH * (ENTRY_BYTES_MAX + 2);

export interface TileSource {
  /**
   * Reads `checkpoint`, `checkpoints`, `cosigned`, `key` or a path that `tilePath` writes. Undefined when there is no such thing.
   * Throws when it cannot be read. Refuses answers longer than ANSWER_BYTES_MAX.
   */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** Reads a log that was copied into a folder, each resource at its path. */
export function directorySource(folder: string): TileSource {
  return {
    async read(path) {
      try {
        return await readFile(join(folder, path));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    },
  };
}

/**
 * Reads a tile of `width` hashes or entries. A log may drop a partial tile once the full one exists, so the full one is
 * tried next; then `partial` is false and only its first `width` items count.
 */
export async function readTile(
  source: TileSource,
  tile: Tile,
): Promise<{ readonly bytes: Uint8Array; readonly exact: boolean } | undefined> {
  const bytes = await source.read(tilePath(tile));
  if (bytes !== undefined) return { bytes, exact: true };
  if (tile.width === TILE_WIDTH) return undefined;
  const full = await source.read(tilePath({ ...tile, width: TILE_WIDTH }));
  return full && { bytes: full, exact: false };
}

/** Reads something that has to be there as text. */
export async function readText(source: TileSource, path: string): Promise<string> {
  const bytes = await source.read(path);
  if (bytes === undefined) throw new LogError('OUT_OF_RANGE', `the log has no ${path}`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** The hashes of a log that has `size` leaves, and so of every smaller tree it had, unverified. */
export function hashesOf(source: TileSource, size: number): HashReader {
  return tileHashReader(size, async (tile) => {
    const found = await readTile(source, tile);
    if (found === undefined)
      throw new LogError('OUT_OF_RANGE', `the log does not have a tile that its size promises`);
    return found.exact ? found.bytes : found.bytes.subarray(0, tile.width * HASH_BYTES);
  });
}

/**
 * A copy of a log as files that need no Casemate to be read: every resource of C2SP tlog-tiles at its path, the checkpoints, the cosignatures, the
 * keys, and a page that says what each file is and how to check it with common tools (SecNumCloud 12.6.d: traces are exported in a
 * documented format).
 */
import { formatCheckpointList, readUnverifiedCheckpoint } from '#kernel/log/checkpoint.ts';
import { TILE_WIDTH } from '#kernel/log/merkle.ts';
import { hashesAtLevel, type Tile, tilePath, tilesAtLevel } from '#kernel/log/tile.ts';
import { cosignedCheckpoints, storedCheckpoints } from './checkpoints.ts';
import { personalPath } from './personal.ts';
import { readText, readTile, type TileSource } from './source.ts';

/** Tiles read at once. */
const READ_AHEAD = 8;

export type WriteFile = (path: string, content: string | Uint8Array) => Promise<void>;

/** Copies a log. Gives the size of what was copied: the log's when it began. Verifies nothing; the copy can be verified. */
export async function exportLog(source: TileSource, write: WriteFile): Promise<number> {
  // Before the checkpoint, so that each is of a part of what is copied.
  const stored = await storedCheckpoints(source);
  const cosigned = await cosignedCheckpoints(source);
  const checkpoint = await readText(source, 'checkpoint');
  const { size } = readUnverifiedCheckpoint(checkpoint);
  await write('key', await readText(source, 'key'));
  await write('checkpoint', checkpoint);
  await write('checkpoints', formatCheckpointList(stored));
  await write('cosigned', formatCheckpointList(cosigned));
  if (size > 0) await copyRecords(source, size, write);
  const pending = new Set<Promise<void>>();
  for (const tile of allTiles(size)) {
    const copying = copyTile(source, tile, write).finally(() => pending.delete(copying));
    pending.add(copying);
    if (pending.size >= READ_AHEAD) await Promise.race(pending);
  }
  await Promise.all(pending);
  return size;
}

/** What stands beside the leaves of persons, where the log serves it. */
async function copyRecords(source: TileSource, size: number, write: WriteFile): Promise<void> {
  for (let bundle = 0; bundle * TILE_WIDTH < size; bundle++) {
    const records = await source.read(personalPath(bundle));
    if (records === undefined) return;
    await write(personalPath(bundle), records);
  }
}

function* allTiles(size: number): Generator<Tile> {
  yield* tilesAtLevel(size, 'entries');
  for (let level = 0; level === 0 || hashesAtLevel(size, level) > 0; level++)
    yield* tilesAtLevel(size, level);
}

async function copyTile(source: TileSource, tile: Tile, write: WriteFile): Promise<void> {
  const read = await readTile(source, tile);
  const path = tilePath(tile);
  if (read === undefined) throw new Error(`the log does not have ${path}`);
  // A full tile where a partial one was asked for is as good to every reader.
  await write(read.exact ? path : tilePath({ ...tile, width: TILE_WIDTH }), read.bytes);
}

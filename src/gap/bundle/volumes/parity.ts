/** Makes the repair blocks of a file, a few groups from one reading. */
import type { FileHandle } from 'node:fs/promises';
import { MIB } from '../limits.ts';
import { BundleError } from '../problem.ts';
import type { Coder } from './coder.ts';
import type { Geometry } from './geometry.ts';
import { GROUPS_AT_ONCE, VOLUME_BLOCK_BYTES } from './limits.ts';

const READ_BYTES = MIB;

/** Repair blocks that stand side by side. */
export interface RepairRun {
  /** Position of the first one. */
  readonly position: number;
  readonly blocks: readonly Uint8Array[];
}

/** All repair blocks, in runs. One reading goes on while the groups of the one before are encoded. */
export async function* repairRuns(
  file: FileHandle,
  path: string,
  geometry: Geometry,
  coder: Coder,
): AsyncGenerator<RepairRun> {
  const { groups } = geometry;
  if (geometry.parameters.repair === 0) return;
  let next: Promise<Batch> | undefined = encodeBatch(file, path, geometry, 0, coder);
  try {
    for (let first = 0; next !== undefined; first += GROUPS_AT_ONCE) {
      const { encoding }: Batch = await next;
      const following = first + GROUPS_AT_ONCE;
      next = following < groups ? encodeBatch(file, path, geometry, following, coder) : undefined;
      yield* runsOf(geometry, first, await encoding);
    }
  } finally {
    // Whoever stops early closes the file: not before it was read to the end of this piece.
    await next?.catch(() => {});
  }
}

interface Batch {
  readonly encoding: Promise<readonly Uint8Array[]>;
}

async function encodeBatch(
  file: FileHandle,
  path: string,
  geometry: Geometry,
  first: number,
  coder: Coder,
): Promise<Batch> {
  const sources = await readGroups(file, path, geometry, first);
  const encoding = Promise.all(sources.map((source) => coder.repair(source, geometry.parameters.repair)));
  // Whoever stops early does not wait for it.
  encoding.catch(() => {});
  return { encoding };
}

/** Blocks of one number of all these groups lie side by side in the file: they are read together. */
async function readGroups(file: FileHandle, path: string, geometry: Geometry, first: number) {
  const { groups, blocks } = geometry;
  const count = Math.min(GROUPS_AT_ONCE, groups - first);
  const sources = Array.from(
    { length: count },
    (_, index) => new Uint8Array(geometry.sourceBlocks(first + index) * VOLUME_BLOCK_BYTES),
  );
  // When these are all groups, rows follow each other.
  const rows = count === groups ? Math.max(1, Math.floor(READ_BYTES / (groups * VOLUME_BLOCK_BYTES))) : 1;
  const room = Buffer.allocUnsafe(rows * count * VOLUME_BLOCK_BYTES);
  for (let start = first; start < blocks; start += rows * groups) {
    const many = Math.min(rows * count, blocks - start);
    await readBlocks(file, path, geometry, start, room.subarray(0, many * VOLUME_BLOCK_BYTES));
    for (let index = 0; index < many; index++) {
      const { group, symbol } = geometry.placeOf(start + index);
      const block = room.subarray(index * VOLUME_BLOCK_BYTES, (index + 1) * VOLUME_BLOCK_BYTES);
      sources[group - first]?.set(block, symbol * VOLUME_BLOCK_BYTES);
    }
  }
  return sources;
}

/** The file's blocks from `first` on, as many as there is room for; the last one of all is filled up with zeros. */
export async function readBlocks(
  file: FileHandle,
  path: string,
  { parameters: { size } }: Geometry,
  first: number,
  into: Buffer,
): Promise<void> {
  const start = first * VOLUME_BLOCK_BYTES;
  const wanted = Math.min(into.length, size - start);
  for (let done = 0; done < wanted; ) {
    const { bytesRead } = await file.read(into, done, wanted - done, start + done);
    if (bytesRead === 0) throw new BundleError('Missing', path, 'became shorter while it was being split');
    done += bytesRead;
  }
  into.fill(0, wanted);
}

function* runsOf(geometry: Geometry, first: number, repaired: readonly Uint8Array[]): Generator<RepairRun> {
  const { blocks, groups, parameters } = geometry;
  for (let number = 0; number < parameters.repair; number++) {
    yield {
      position: blocks + number * groups + first,
      blocks: repaired.map((all) =>
        all.subarray(number * VOLUME_BLOCK_BYTES, (number + 1) * VOLUME_BLOCK_BYTES),
      ),
    };
  }
}

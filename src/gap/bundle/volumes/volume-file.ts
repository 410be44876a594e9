/**
 * The file that a set was made of, read from its volumes at any place, as if it lay there whole: each block is checked as it is read, and made from the others when it is
 * damaged or lost. For looking into a bundle, and verifying it, without room for a second copy.
 */
import type { FileHandle } from 'node:fs/promises';
import { BundleError } from '../problem.ts';
import type { Coder } from './coder.ts';
import { openPlain } from './files.ts';
import { sourceBlocks } from './fountain.ts';
import { FRAME_BYTES, readFrame, type VolumeSet } from './frame.ts';
import { OPEN_VOLUMES_MAX, REPAIRED_BYTES_MAX, VOLUME_BLOCK_BYTES } from './limits.ts';
import { Presence, shortage, shortId } from './presence.ts';
import { type Probe, volumesOfOneSet } from './probe.ts';
import { repairGroup } from './repair.ts';
import { isUnreadable } from './salvage.ts';

const FRAMES_AT_ONCE = 128;
const REPAIRED_MAX = REPAIRED_BYTES_MAX / VOLUME_BLOCK_BYTES;

/** In this very thread: whoever reads waits for it anyway, and the process that reads bundles for a region has no room for more threads. */
const INLINE: Pick<Coder, 'decode'> = {
  decode: async (own, symbols, blocks) => sourceBlocks(own, symbols, blocks),
};

/** Where frames of positions from `first` up to below `end` should be. */
interface Extent {
  readonly path: string;
  readonly first: number;
  readonly end: number;
  /** Where the frame of `first` begins. */
  readonly start: number;
}

export class VolumeFile {
  readonly #set: VolumeSet;
  readonly #presence: Presence;
  readonly #extents: readonly Extent[];
  readonly #open = new Map<string, FileHandle>();
  readonly #repaired = new Map<number, Uint8Array>();
  readonly #room = Buffer.allocUnsafe(FRAMES_AT_ONCE * FRAME_BYTES);

  private constructor(set: VolumeSet, extents: readonly Extent[]) {
    this.#set = set;
    this.#extents = extents;
    this.#presence = new Presence(set);
    for (const { first, end } of extents) this.#presence.addAll(first, end);
  }

  /** Undefined when there is no volume. Throws BundleError when there are too few, or those of two sets. */
  static async open(path: string): Promise<VolumeFile | undefined> {
    const probes = await volumesOfOneSet([path]);
    const [first] = probes;
    if (first === undefined) return undefined;
    const file = new VolumeFile(first.set, probes.map(extentOf));
    const lacking = file.#presence.lacking();
    if (lacking.blocks > 0) throw shortage(file.#presence, lacking);
    return file;
  }

  get size(): number {
    return this.#set.geometry.parameters.size;
  }

  /** As `FileHandle.read`, but always as much as there is. One at a time. Throws BundleError when a block cannot be repaired. */
  async read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }> {
    const wanted = Math.max(0, Math.min(length, this.size - position));
    for (let done = 0; done < wanted; ) {
      const at = position + done;
      const first = Math.floor(at / VOLUME_BLOCK_BYTES);
      const last = Math.floor((position + wanted - 1) / VOLUME_BLOCK_BYTES);
      const blocks = await this.#blocks(first, Math.min(last - first + 1, FRAMES_AT_ONCE));
      let skip = at % VOLUME_BLOCK_BYTES;
      for (const block of blocks) {
        const bytes = block.subarray(skip, skip + Math.min(block.length - skip, wanted - done));
        buffer.set(bytes, offset + done);
        done += bytes.length;
        skip = 0;
      }
    }
    return { bytesRead: wanted };
  }

  async close(): Promise<void> {
    for (const file of this.#open.values()) await file.close();
    this.#open.clear();
  }

  /** Blocks from `first` on: at least one, at most `count`. They last until the next call. */
  async #blocks(first: number, count: number): Promise<readonly Uint8Array[]> {
    const frames = await this.#framesAt(first, count, this.#room);
    const good: Uint8Array[] = [];
    for (const block of frames) {
      if (block === undefined) break;
      good.push(block);
    }
    return good.length > 0 ? good : [await this.#damaged(first)];
  }

  /** What one file has of these positions, as far as it reaches; undefined for each that is damaged. */
  async #framesAt(
    first: number,
    count: number,
    room: Buffer,
    skipped: ReadonlySet<Extent> = new Set(),
  ): Promise<(Uint8Array | undefined)[]> {
    const extent = this.#extents.find((one) => !skipped.has(one) && one.first <= first && first < one.end);
    if (extent === undefined) return [];
    const bytes = room.subarray(0, Math.min(count, extent.end - first) * FRAME_BYTES);
    const there = await this.#readFrom(extent, first, bytes);
    return Array.from({ length: Math.floor(there / FRAME_BYTES) }, (_, index) => {
      const frame = readFrame(bytes.subarray(index * FRAME_BYTES), this.#set);
      return frame?.set === this.#set && frame.position === first + index ? frame.block : undefined;
    });
  }

  async #readFrom(extent: Extent, first: number, bytes: Buffer): Promise<number> {
    const file = await this.#fileOf(extent.path);
    try {
      const start = extent.start + (first - extent.first) * FRAME_BYTES;
      return (await file.read(bytes, 0, bytes.length, start)).bytesRead;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      // One by one, so that what is beside a bad sector counts.
      if (bytes.length > FRAME_BYTES) return this.#readFrom(extent, first, bytes.subarray(0, FRAME_BYTES));
      return 0;
    }
  }

  async #fileOf(path: string): Promise<FileHandle> {
    const there = this.#open.get(path);
    if (there !== undefined) return there;
    for (const [other, file] of this.#open) {
      if (this.#open.size < OPEN_VOLUMES_MAX) break;
      this.#open.delete(other);
      await file.close();
    }
    const opened = await openPlain(path);
    this.#open.set(path, opened);
    return opened;
  }

  /** From another copy of its volume, or from what was repaired, or by repairing its group. */
  async #damaged(position: number): Promise<Uint8Array> {
    const known = this.#repaired.get(position);
    if (known !== undefined) return known;
    const room = Buffer.allocUnsafe(FRAME_BYTES);
    const copy = await this.#copyOf(position, room);
    if (copy !== undefined) return copy;
    this.#presence.remove(position);
    const { group } = this.#set.geometry.placeOf(position);
    const store = {
      read: async (one: number, into: Uint8Array) => {
        const block = await this.#copyOf(one, room);
        if (block === undefined) this.#presence.remove(one);
        else into.set(block);
        return block !== undefined;
      },
    };
    for (const { position: one, block } of await repairGroup(group, this.#presence, store, INLINE))
      this.#repaired.set(one, block.slice());
    if (this.#repaired.size > REPAIRED_MAX) {
      const why = `more than ${REPAIRED_MAX} of its blocks are damaged or missing: put it together first, with casemate bundle join`;
      throw new BundleError('TooLarge', `set ${shortId(this.#set)}`, why);
    }
    const repaired = this.#repaired.get(position);
    if (repaired === undefined) throw new Error(`block ${position} was not repaired`);
    return repaired;
  }

  async #copyOf(position: number, room: Buffer): Promise<Uint8Array | undefined> {
    const skipped = new Set<Extent>();
    for (const extent of this.#extents) {
      const [block] = await this.#framesAt(position, 1, room, skipped);
      if (block !== undefined) return block;
      if (extent.first <= position && position < extent.end) skipped.add(extent);
    }
    return undefined;
  }
}

function extentOf({ path, set: { geometry }, position, start, size }: Probe): Extent {
  // What stands before the first good frame is damaged, or is none.
  const reach = Math.ceil((size - start) / FRAME_BYTES);
  return { path, first: position, end: Math.min(position + reach, geometry.positions), start };
}

/**
 * Splits a file: into volumes in a folder, or into a stream for a diode. The file is read three times: for its digest, for its blocks, for the repair blocks. The same file and the
 * same parameters give the same bytes.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { syncFolder } from '#trust/files.ts';
import { MIB } from '../limits.ts';
import type { Progress } from '../output.ts';
import { BundleError } from '../problem.ts';
import { Coder } from './coder.ts';
import { digestOf, openPlain, writeAll } from './files.ts';
import { FRAME_BYTES, setOf, type VolumeSet, writeFrame } from './frame.ts';
import { parametersFor } from './geometry.ts';
import { VOLUME_BLOCK_BYTES, VOLUMES_MAX } from './limits.ts';
import { readBlocks, repairRuns } from './parity.ts';

const BLOCKS_AT_ONCE = MIB / VOLUME_BLOCK_BYTES;

export interface SplitOptions {
  /** 0 to 100: how much of what belongs together may be lost. */
  readonly parity_percent: number;
  /** The most that a volume may have; without it there is one. */
  readonly volume_bytes?: number;
  readonly progress?: Progress;
}

/** Where frames go. They come in the order of their positions but for the repair blocks, which come in runs. */
interface FrameSink {
  /** `position`: of the first. `frames`: views, until it returns. */
  write(position: number, frames: Buffer): Promise<void>;
  /** Nothing more comes. */
  end(): Promise<void>;
  /** Lets go of files, whether or not it came to an end. */
  close(): Promise<void>;
}

/** Writes a folder of volumes, which appears under its name when it is whole. Throws BundleError, RangeError. */
export async function splitIntoFolder(
  path: string,
  folder: string,
  options: SplitOptions,
): Promise<VolumeSet> {
  const target = resolve(folder);
  const draft = `${target}.${randomBytes(4).toString('hex')}.new`;
  await mkdir(draft);
  try {
    const set = await split(path, options, (made) => volumeFolder(draft, basename(path), made));
    await syncFolder(draft);
    await rename(draft, target);
    await syncFolder(dirname(target));
    return set;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** Writes one stream of all frames, by `write`, which may hold it up; what it is given lasts until it returns. */
export const splitIntoStream = (
  path: string,
  write: (frames: Buffer) => Promise<void>,
  options: Omit<SplitOptions, 'volume_bytes'>,
): Promise<VolumeSet> => split(path, options, (set) => frameStream(set, write));

async function split(
  path: string,
  options: SplitOptions,
  sinkFor: (set: VolumeSet) => Promise<FrameSink>,
): Promise<VolumeSet> {
  const file = await openPlain(path);
  const coder = new Coder();
  let sink: FrameSink | undefined;
  try {
    const { size } = await file.stat();
    const perVolume =
      options.volume_bytes === undefined ? undefined : Math.floor(options.volume_bytes / FRAME_BYTES);
    const parameters = parametersFor(size, options.parity_percent, perVolume);
    const set = setOf(await digestOf(file, path, size), parameters);
    const { positions } = set.geometry;
    sink = await sinkFor(set);
    const frames = new Framer(set, sink, (count) => options.progress?.(count, positions));
    const room = Buffer.allocUnsafe(BLOCKS_AT_ONCE * VOLUME_BLOCK_BYTES);
    for (let first = 0; first < set.geometry.blocks; first += BLOCKS_AT_ONCE) {
      const count = Math.min(BLOCKS_AT_ONCE, set.geometry.blocks - first);
      const bytes = room.subarray(0, count * VOLUME_BLOCK_BYTES);
      await readBlocks(file, path, set.geometry, first, bytes);
      await frames.write(first, count, (index) =>
        bytes.subarray(index * VOLUME_BLOCK_BYTES, (index + 1) * VOLUME_BLOCK_BYTES),
      );
    }
    for await (const { position, blocks } of repairRuns(file, path, set.geometry, coder))
      await frames.write(position, blocks.length, (index) => blocks[index] ?? Buffer.alloc(0));
    await sink.end();
    return set;
  } finally {
    await sink?.close();
    await coder.close();
    await file.close();
  }
}

/** Puts blocks into frames, and tells how many there were. */
class Framer {
  readonly #set: VolumeSet;
  readonly #sink: FrameSink;
  readonly #progress: (positions: number) => void;
  readonly #room = Buffer.allocUnsafe(BLOCKS_AT_ONCE * FRAME_BYTES);
  #done = 0;

  constructor(set: VolumeSet, sink: FrameSink, progress: (positions: number) => void) {
    this.#set = set;
    this.#sink = sink;
    this.#progress = progress;
  }

  async write(position: number, count: number, blockAt: (index: number) => Uint8Array): Promise<void> {
    for (let index = 0; index < count; index++)
      writeFrame(this.#room.subarray(index * FRAME_BYTES), this.#set, position + index, blockAt(index));
    await this.#sink.write(position, this.#room.subarray(0, count * FRAME_BYTES));
    this.#done += count;
    this.#progress(this.#done);
  }
}

const DIGITS = String(VOLUMES_MAX).length;

/** `town-12.bundle.003-of-012`: for people; what a volume is stands in its frames. */
function volumeName(base: string, volume: number, volumes: number): string {
  const padded = (number: number) => String(number).padStart(DIGITS, '0');
  return `${base}.${padded(volume)}-of-${padded(volumes)}`;
}

async function volumeFolder(folder: string, base: string, { geometry }: VolumeSet): Promise<FrameSink> {
  const files = new Map<number, FileHandle>();
  const fileOf = async (volume: number): Promise<FileHandle> => {
    const there = files.get(volume);
    if (there !== undefined) return there;
    const made = await open(join(folder, volumeName(base, volume, geometry.parameters.volumes)), 'wx', 0o644);
    files.set(volume, made);
    return made;
  };
  return {
    async write(position, frames) {
      for (let at = 0, first = position; at < frames.length; ) {
        const volume = geometry.volumeOf(first);
        const count = Math.min((frames.length - at) / FRAME_BYTES, geometry.endOf(volume) - first);
        const bytes = frames.subarray(at, at + count * FRAME_BYTES);
        await writeAll(await fileOf(volume), bytes, (first - geometry.firstOf(volume)) * FRAME_BYTES);
        at += bytes.length;
        first += count;
      }
    },
    async end() {
      for (const file of files.values()) await file.sync();
    },
    async close() {
      for (const file of files.values()) await file.close();
    },
  };
}

/** In the order of positions, so that a burst takes little of each group: repair blocks wait in a file that has no name until all are there. */
async function frameStream(
  { geometry }: VolumeSet,
  write: (frames: Buffer) => Promise<void>,
): Promise<FrameSink> {
  const path = join(tmpdir(), `casemate-split-${randomBytes(8).toString('hex')}`);
  const later = await open(path, 'wx+', 0o600);
  await rm(path);
  return {
    async write(position, frames) {
      if (position < geometry.blocks) await write(frames);
      else await writeAll(later, frames, (position - geometry.blocks) * FRAME_BYTES);
    },
    async end() {
      const room = Buffer.allocUnsafe(BLOCKS_AT_ONCE * FRAME_BYTES);
      const end = (geometry.positions - geometry.blocks) * FRAME_BYTES;
      for (let at = 0; at < end; ) {
        const { bytesRead } = await later.read(room, 0, Math.min(room.length, end - at), at);
        if (bytesRead === 0) throw new BundleError('Missing', path, 'became shorter');
        await write(room.subarray(0, bytesRead));
        at += bytesRead;
      }
    },
    close: () => later.close(),
  };
}

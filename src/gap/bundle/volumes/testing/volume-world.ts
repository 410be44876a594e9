/** What tests of volumes share: files of seeded bytes, their frames in memory, and what a medium or a diode does to them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { FRAME_BYTES, type VolumeSet } from '../frame.ts';
import { type JoinOptions, joinStream } from '../join.ts';
import type { Joined } from '../receiver.ts';
import { splitIntoStream } from '../split.ts';

export interface Sent {
  readonly bytes: Buffer;
  readonly set: VolumeSet;
  /** In the order of their positions. */
  readonly frames: readonly Buffer[];
}

export interface VolumeWorld {
  readonly folder: string;
  path(name: string): string;
  /** A file of that many seeded bytes. */
  file(name: string, size: number, seed?: number): Promise<string>;
  /** All frames of such a file. */
  sent(size: number, parity_percent: number, seed?: number): Promise<Sent>;
  /** What comes out of these bytes. */
  receive(chunks: readonly Buffer[], options?: JoinOptions): Promise<Joined & { readonly bytes: Buffer }>;
}

export async function startVolumeWorld(t: TestContext): Promise<VolumeWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'volumes-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  let count = 0;
  const file = async (name: string, size: number, seed = 1) => {
    await writeFile(path(name), seededBytes(size, seed));
    return path(name);
  };
  return {
    folder,
    path,
    file,
    async sent(size, parity_percent, seed = 1) {
      const from = await file(`sent-${size}-${seed}`, size, seed);
      const pieces: Buffer[] = [];
      const set = await splitIntoStream(from, async (frames) => void pieces.push(Buffer.from(frames)), {
        parity_percent,
      });
      const all = Buffer.concat(pieces);
      const frames = Array.from({ length: all.length / FRAME_BYTES }, (_, index) =>
        all.subarray(index * FRAME_BYTES, (index + 1) * FRAME_BYTES),
      );
      return { bytes: await readFile(from), set, frames };
    },
    async receive(chunks, options) {
      count += 1;
      const to = path(`received-${count}`);
      const joined = await joinStream(eachOf(chunks), to, options);
      return { ...joined, bytes: await readFile(to) };
    },
  };
}

async function* eachOf(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

/** Numbers from 0 up to below `end`, the same each time. */
export function seeded(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
}

export function seededBytes(size: number, seed: number): Buffer {
  const next = seeded(seed);
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let at = 0; at < words.length; at++) words[at] = next(2 ** 32);
  return Buffer.from(words.buffer, 0, size);
}

/** In an order of their own. */
export function shuffled<T>(all: readonly T[], next: (end: number) => number): T[] {
  const result = [...all];
  for (let at = result.length - 1; at > 0; at--) {
    const other = next(at + 1);
    const [a, b] = [result[at], result[other]];
    if (a !== undefined && b !== undefined) [result[at], result[other]] = [b, a];
  }
  return result;
}

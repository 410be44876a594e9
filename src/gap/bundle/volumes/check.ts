/** Looks through volumes, each by itself and all together, and changes nothing. */
import { openPlain, volumeFiles } from './files.ts';
import { FRAME_BYTES, type VolumeSet } from './frame.ts';
import { type Lacking, Presence } from './presence.ts';
import { readAround } from './salvage.ts';
import { FrameScanner } from './scanner.ts';

/** One file. */
export interface CheckedFile {
  readonly path: string;
  /** Blocks that are whole. */
  readonly good: number;
  /** Bytes that belong to no whole block. */
  readonly skipped_bytes: number;
  /** Which of its set it is, by its first whole block; undefined when there is none. */
  readonly volume?: { readonly set: VolumeSet; readonly number: number; readonly blocks: number };
}

/** All that was found of one set. */
export interface CheckedSet {
  readonly presence: Presence;
  /** What is needed at least for the file to come out whole; 0 blocks: nothing. */
  readonly lacking: Lacking;
}

const SETS_MAX = 64;

/** Reads every byte. `read`: called with the bytes of each file as they were read. */
export async function checkVolumes(
  paths: readonly string[],
  read: (bytes: number) => void = () => {},
): Promise<{ readonly files: readonly CheckedFile[]; readonly sets: readonly CheckedSet[] }> {
  const found = new Map<string, Presence>();
  const files: CheckedFile[] = [];
  for (const path of await volumeFiles(paths)) files.push(await checkFile(path, found, read));
  const sets = [...found.values()].map((presence) => ({ presence, lacking: presence.lacking() }));
  return { files, sets };
}

async function checkFile(
  path: string,
  found: Map<string, Presence>,
  read: (bytes: number) => void,
): Promise<CheckedFile> {
  const file = await openPlain(path);
  try {
    const { size } = await file.stat();
    const scanner = new FrameScanner(path);
    let good = 0;
    let volume: CheckedFile['volume'];
    for await (const piece of readAround(file, size)) {
      for (const { set, position } of scanner.push(piece)) {
        const { geometry } = set;
        const number = geometry.volumeOf(position);
        volume ??= { set, number, blocks: geometry.endOf(number) - geometry.firstOf(number) };
        good += 1;
        presenceOf(set, found)?.add(position);
      }
      read(piece.length);
    }
    const checked = { path, good, skipped_bytes: size - good * FRAME_BYTES };
    return volume === undefined ? checked : { ...checked, volume };
  } finally {
    await file.close();
  }
}

function presenceOf(set: VolumeSet, found: Map<string, Presence>): Presence | undefined {
  const key = set.key.toString('latin1');
  const there = found.get(key);
  if (there !== undefined || found.size >= SETS_MAX) return there;
  const presence = new Presence(set);
  found.set(key, presence);
  return presence;
}

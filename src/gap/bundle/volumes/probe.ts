/** Looks whether a file holds frames, and where they begin. */

import { BundleError } from '../problem.ts';
import { openPlain, volumeFiles } from './files.ts';
import type { VolumeSet } from './frame.ts';
import { PROBE_BYTES_MAX } from './limits.ts';
import { shortId } from './presence.ts';
import { readAround } from './salvage.ts';
import { FrameScanner } from './scanner.ts';

export interface Probe {
  readonly path: string;
  readonly set: VolumeSet;
  /** Of the first good frame. */
  readonly position: number;
  /** Where it begins in the file. */
  readonly start: number;
  /** Bytes of the file. */
  readonly size: number;
}

/** Undefined when there is no good frame near the beginning. */
async function probeFile(path: string): Promise<Probe | undefined> {
  const file = await openPlain(path);
  try {
    const { size } = await file.stat();
    const scanner = new FrameScanner(path);
    for await (const piece of readAround(file, Math.min(size, PROBE_BYTES_MAX))) {
      for (const { set, position } of scanner.push(piece))
        return { path, set, position, start: scanner.frameStart, size };
    }
    return undefined;
  } finally {
    await file.close();
  }
}

/** The files of one set among these, and in folders among these; empty when none has volumes. Throws BundleError when they are of two sets: which file is of which. */
export async function volumesOfOneSet(paths: readonly string[]): Promise<Probe[]> {
  const found: Probe[] = [];
  for (const path of await volumeFiles(paths)) {
    const probe = await probeFile(path);
    if (probe !== undefined) found.push(probe);
  }
  const [first] = found;
  const other = found.find(({ set }) => first !== undefined && !set.key.equals(first.set.key));
  if (first !== undefined && other !== undefined) {
    const why = `is of set ${shortId(other.set)}, and ${first.path} of set ${shortId(first.set)}: put one set’s volumes into a folder of their own`;
    throw new BundleError('Unexpected', other.path, why);
  }
  return found;
}

/** Puts a file together again, from folders and files of volumes, or from a stream: whatever is a good frame counts, wherever it stands. */

import type { Progress } from '../output.ts';
import { BundleError } from '../problem.ts';
import { openPlain } from './files.ts';
import { volumesOfOneSet } from './probe.ts';
import { type Joined, Receiver } from './receiver.ts';
import { readAround } from './salvage.ts';
import { FrameScanner } from './scanner.ts';

export interface JoinOptions {
  /** Bytes of the file that are there, of how many. */
  readonly progress?: Progress;
  /** Groups that were repaired, of how many. */
  readonly repairing?: Progress;
}

/** As `joinFiles`, from any stream of bytes. */
export async function joinStream(
  chunks: AsyncIterable<Buffer>,
  target: string,
  options: JoinOptions = {},
): Promise<Joined> {
  const receiver = new Receiver(target);
  try {
    await take(chunks, new FrameScanner('the stream'), receiver, options);
    return await receiver.finish(options.repairing);
  } finally {
    await receiver.close();
  }
}

/**
 * Writes the file that a set was made of to `target`. Files that hold no volume are left alone; one of another set is refused. Throws BundleError, which
 * says what is missing and how much more is needed.
 */
export async function joinFiles(
  paths: readonly string[],
  target: string,
  options: JoinOptions = {},
): Promise<Joined> {
  const volumes = await volumesOfOneSet(paths);
  if (volumes.length === 0)
    throw new BundleError('Missing', paths.join(', '), 'there is no file with volumes of a bundle in it');
  const receiver = new Receiver(target);
  try {
    for (const { path } of volumes) {
      const file = await openPlain(path);
      try {
        const { size } = await file.stat();
        await take(readAround(file, size), new FrameScanner(path), receiver, options);
      } finally {
        await file.close();
      }
    }
    return await receiver.finish(options.repairing);
  } finally {
    await receiver.close();
  }
}

async function take(
  chunks: AsyncIterable<Buffer>,
  scanner: FrameScanner,
  receiver: Receiver,
  { progress }: JoinOptions,
): Promise<void> {
  for await (const chunk of chunks) {
    for (const frame of scanner.push(chunk)) await receiver.accept(frame);
    if (receiver.presence !== undefined)
      progress?.(receiver.presence.count, receiver.presence.set.geometry.positions);
  }
}

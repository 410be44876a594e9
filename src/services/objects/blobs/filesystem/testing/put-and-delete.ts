/**
 * A process that stores and deletes blobs for as long as it lives, to be killed: `node put-and-delete.ts FOLDER SEED`. On its output, a line each, what it was told was done: `+ id size digest` once a
 * blob is stored, `~ id` before it is deleted, `- id` once it is. Tests only.
 */
import { createHash, randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { argv } from 'node:process';
import { systemClock } from '#kernel/clock.ts';
import { chunked } from '../../testing/backend-conformance.ts';
import { filesystemBackend } from '../backend.ts';

/** Small ones, which share packs, and those that have a file each. */
const SIZES = [0, 100, 4_000, 60_000, 131_072, 200_000, 1_500_000];
const AT_ONCE = 4;
const KEPT_MAX = 6;

const [folder = '', seed = '0'] = argv.slice(2);
const backend = await filesystemBackend({ folder, clock: systemClock });
/** As a whole at once (a pipe takes so little whole or not at all), and before anything else happens. */
function say(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      // Whoever reads is slower.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}
const sizeOf = (round: number, at: number) =>
  SIZES[(Number(seed) * 31 + round * 7 + at * 3) % SIZES.length] ?? 0;

let kept: string[] = [];
for (let round = 0; ; round++) {
  await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, at) => {
      const bytes = randomBytes(sizeOf(round, at));
      const { id } = await backend.put(chunked(bytes));
      say(`+ ${id} ${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`);
      kept.push(id);
    }),
  );
  if (kept.length <= KEPT_MAX) continue;
  // The oldest but one, so that packs have both.
  const gone = kept.filter((_, at) => at % 3 !== 0);
  kept = kept.filter((_, at) => at % 3 === 0);
  for (const id of gone) say(`~ ${id}`);
  await backend.delete(gone);
  for (const id of gone) say(`- ${id}`);
}

/** Volumes on their way into the inbox: put together and repaired by whoever owns the machine, so that the region reads one plain file. */
import { chmod } from 'node:fs/promises';
import { BundleError } from '#gap/bundle/problem.ts';
import { joinFiles } from '#gap/bundle/volumes/join.ts';
import { VOLUME_BLOCK_BYTES } from '#gap/bundle/volumes/limits.ts';
import { volumesOfOneSet } from '#gap/bundle/volumes/probe.ts';
import { progressLine } from '../bundle/progress.ts';
import { CliError } from '../resources/errors.ts';

/** False when `path` holds no volumes. Throws CliError that says what is missing. */
export async function joinIfVolumes(path: string, target: string): Promise<boolean> {
  try {
    return await joinInto(path, target);
  } catch (error) {
    throw error instanceof BundleError ? new CliError(error.message) : error;
  }
}

async function joinInto(path: string, target: string): Promise<boolean> {
  if ((await volumesOfOneSet([path])).length === 0) return false;
  const progress = progressLine('joining');
  try {
    const { set, repaired } = await joinFiles([path], target, {
      progress: (done, total) => progress.report(done * VOLUME_BLOCK_BYTES, total * VOLUME_BLOCK_BYTES),
    });
    progress.done();
    if (repaired > 0)
      process.stderr.write(
        `note: ${repaired} of ${set.geometry.blocks} blocks of ${path} were damaged or missing, and were repaired\n`,
      );
    await chmod(target, 0o644);
    return true;
  } finally {
    progress.done();
  }
}

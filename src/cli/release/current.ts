/** Commands that must be of the release that runs the region: from any other program they are handed on to that one. */
import { spawnSync } from 'node:child_process';
import type { Layout } from '#region/layout.ts';
import { otherProgram } from '#region/releases/launch.ts';

const EXIT_FAILURE = 1;

/** Runs the same command in the release that runs the region, where that is another program; true when it did. */
export async function ranInCurrentRelease(layout: Layout): Promise<boolean> {
  const launcher = await otherProgram(layout);
  if (launcher === undefined) return false;
  // It keeps compiled code of its own.
  const { NODE_COMPILE_CACHE: _cache, ...env } = process.env;
  const { status, error } = spawnSync(launcher, process.argv.slice(2), { stdio: 'inherit', env });
  if (error !== undefined) throw error;
  process.exitCode = status ?? EXIT_FAILURE;
  return true;
}

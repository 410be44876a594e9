/**
 * npm packages fetched by the machine's own npm, from the registry that it is set up for. Nothing of a package is run. What arrives is known by its SHA-512
 * alone, so that a registry, a proxy or a file name can say what they like.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BundleError } from '../problem.ts';
import type { LockedPackage } from './npm-lock.ts';
import { runTool } from './run-tool.ts';

/** Names on one command line. */
const BATCH = 100;
const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

/** A lock file for names with ranges, as npm resolves them now. `scratch` must exist. */
export async function lockOf(packages: readonly string[], scratch: string, part: string): Promise<Buffer> {
  const folder = join(scratch, 'project');
  await mkdir(folder);
  await writeFile(
    join(folder, 'package.json'),
    '{"name":"to-be-carried","version":"0.0.0","private":true}\n',
  );
  const own = ['--prefix', folder, '--cache', join(scratch, 'cache'), '--package-lock-only', '--save'];
  await runTool('npm', ['install', ...QUIET, ...own, '--', ...packages], part);
  return readFile(join(folder, 'package-lock.json'));
}

/** The tarballs, by their SHA-512 as lock files have it. Throws BundleError that names what is not what the lock file says. */
export async function fetchTarballs(
  packages: readonly LockedPackage[],
  scratch: string,
  part: string,
): Promise<ReadonlyMap<string, string>> {
  const folder = join(scratch, 'tarballs');
  await mkdir(folder);
  for (let at = 0; at < packages.length; at += BATCH) {
    const names = packages.slice(at, at + BATCH).map(({ name, version }) => `${name}@${version}`);
    const own = ['--pack-destination', folder, '--cache', join(scratch, 'cache')];
    await runTool('npm', ['pack', ...QUIET, ...own, '--', ...names], part);
  }
  const found = new Map<string, string>();
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name);
    found.set(await integrityOf(path), path);
  }
  const wrong = packages.find(({ integrity }) => !found.has(integrity));
  if (wrong === undefined) return found;
  throw new BundleError(
    'WrongDigest',
    part,
    `${wrong.name}@${wrong.version} as npm fetched it is not what the lock file says, ${wrong.integrity}`,
  );
}

async function integrityOf(path: string): Promise<string> {
  const digest = createHash('sha512');
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return `sha512-${digest.digest('base64')}`;
}

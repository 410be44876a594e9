/** A chain of roots as a folder of files, `1.root.json` and those after it: what is kept on the connected side, and what every bundle carries. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '#trust/files.ts';
import { messageOf } from '../json.ts';
import { ROOT_BYTES_MAX, ROOTS_MAX } from '../limits.ts';
import { BundleError } from '../problem.ts';
import { metadataBytes, readRoot, type Signable } from './metadata.ts';
import type { RootSigned } from './schema.ts';

export const rootFileName = (version: number): string => `${version}.root.json`;

/** One root file, for instance the one that is trusted. No signature is checked. */
export async function readRootFile(path: string): Promise<Signable<RootSigned>> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new BundleError('Missing', path, messageOf(error));
  });
  if (bytes.length > ROOT_BYTES_MAX)
    throw new BundleError('TooLarge', path, `has more than ${ROOT_BYTES_MAX} bytes`);
  return readRoot(bytes, path);
}

/** All roots of a folder, from the first, without a gap. No signature is checked. */
export async function readRootFolder(folder: string): Promise<Signable<RootSigned>[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new BundleError('Missing', folder, messageOf(error));
  });
  const count = names.filter((name) => /^[0-9]+\.root\.json$/.test(name)).length;
  if (count === 0) throw new BundleError('Missing', folder, `has no ${rootFileName(1)}`);
  if (count > ROOTS_MAX)
    throw new BundleError('TooLarge', folder, `has ${count} roots; the most is ${ROOTS_MAX}`);
  const chain: Signable<RootSigned>[] = [];
  for (let version = 1; version <= count; version++) {
    const path = join(folder, rootFileName(version));
    const root = await readRootFile(path);
    if (root.signed.version !== version) {
      throw new BundleError('Malformed', path, `says that it is version ${root.signed.version}`);
    }
    chain.push(root);
  }
  return chain;
}

export async function writeRoot(folder: string, root: Signable<RootSigned>): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, rootFileName(root.signed.version));
  await writeDurably(path, metadataBytes(root).toString('utf8'), 0o644);
  return path;
}

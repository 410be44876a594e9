/** Releases among what was published: found by their names, and read from content with every byte held against its digest. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { sha256 } from '../bundle/descriptor.ts';
import { CONFIG_BYTES_MAX, MANIFEST_BYTES_MAX } from '../bundle/limits.ts';
import { readManifest } from '../bundle/manifest.ts';
import { BundleError } from '../bundle/problem.ts';
import type { ContentStore, PublishedBundle } from '../import/content-store.ts';
import { RELEASE_NAME, RELEASE_TYPE, type ReleaseConfig, readReleaseConfig } from './facts.ts';

/** Whoever may write there could put anything in a file's place: a link leads elsewhere, a pipe would keep us waiting. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface PublishedRelease {
  readonly version: string;
  /** Of its manifest, which leads to every byte of it: `sha256:…`. What people agree to. */
  readonly digest: string;
  readonly bundle: Pick<
    PublishedBundle,
    'name' | 'version' | 'digest' | 'metadata' | 'publishedAt' | 'import'
  >;
}

export const releasePath = (version: string): string => `${RELEASE_TYPE}/${RELEASE_NAME}/${version}`;

/** In the order in which they were published; of one version the one that was published last. */
export async function publishedReleases(
  content: Pick<ContentStore, 'bundles'>,
): Promise<readonly PublishedRelease[]> {
  const found = new Map<string, PublishedRelease>();
  for (const bundle of await content.bundles()) {
    for (const { path, manifest } of bundle.items) {
      const version = path.startsWith(releasePath('')) ? path.slice(releasePath('').length) : '';
      if (version === '') continue;
      found.delete(version);
      found.set(version, { version, digest: manifest.digest, bundle });
    }
  }
  return [...found.values()];
}

/** What a release says of itself. Throws BundleError where content is not what its digest says. */
export async function readRelease(
  content: Pick<ContentStore, 'blobPath'>,
  { version, digest }: Pick<PublishedRelease, 'version' | 'digest'>,
): Promise<ReleaseConfig> {
  const part = releasePath(version);
  const manifest = readManifest(await readChecked(content, digest, MANIFEST_BYTES_MAX, part), part);
  const bytes = await readChecked(content, manifest.config.digest, CONFIG_BYTES_MAX, part);
  const config = readReleaseConfig(bytes, part);
  if (config.version !== version)
    throw new BundleError('Malformed', part, `says that it is ${config.version}`);
  const named = new Set(config.files.map(({ name }) => name));
  if (named.size !== config.files.length) throw new BundleError('Malformed', part, 'names a file twice');
  return config;
}

async function readChecked(
  content: Pick<ContentStore, 'blobPath'>,
  digest: string,
  max: number,
  part: string,
): Promise<Buffer> {
  const file = await openPlain(content.blobPath(digest), part);
  try {
    const { size } = await file.stat();
    if (size > max) throw new BundleError('TooLarge', part, `${digest} has more than ${max} bytes`);
    const bytes = await file.readFile();
    if (sha256(bytes) !== digest)
      throw new BundleError('WrongDigest', part, `${digest} is damaged in the region’s content`);
    return bytes;
  } finally {
    await file.close();
  }
}

/** Throws BundleError unless it is a plain file. */
export async function openPlain(path: string, part: string): Promise<FileHandle> {
  const file = await open(path, FLAGS).catch((error: Error) => {
    throw new BundleError('Missing', part, error.message);
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new BundleError('Malformed', part, `${path} is no plain file`);
}

/**
 * Whether a release was signed by those whom the owner of the machine trusts, found out by whoever installs it and not taken from the region, which could be somebody else's
 * by then. The root that people agreed on is kept beside the releases the first time, where the region cannot write; later ones follow from it.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#kernel/clock.ts';
import { readIfThere, writeDurably } from '#trust/files.ts';
import { METADATA_REF } from '../bundle/assemble.ts';
import { readHead } from '../bundle/contents.ts';
import { type Descriptor, hexOf, MEDIA, REF_NAME } from '../bundle/descriptor.ts';
import { MANIFEST_BYTES_MAX } from '../bundle/limits.ts';
import { indexBytes, OCI_LAYOUT } from '../bundle/manifest.ts';
import { BundleError } from '../bundle/problem.ts';
import type { BundleSource } from '../bundle/source.ts';
import { verifyMetadata } from '../bundle/tuf/client.ts';
import { metadataBytes, readRoot } from '../bundle/tuf/metadata.ts';
import type { ContentStore } from '../import/content-store.ts';
import { openPlain, publishedReleases, releasePath } from './published.ts';

const ROOT = 'root.json';
const BLOBS = 'blobs/sha256/';

export interface SignedOptions {
  readonly content: Pick<ContentStore, 'blobPath' | 'bundles'>;
  readonly release: { readonly version: string; readonly digest: string };
  readonly releases: string;
  /** The root that counts by the region's word; only believed while none is kept here. */
  readonly root: string | undefined;
  readonly clock: Clock;
}

/** Gives who signed. Throws BundleError that names what is wrong. */
export async function requireSigned({
  content,
  release,
  releases,
  root,
  clock,
}: SignedOptions): Promise<readonly string[]> {
  const part = releasePath(release.version);
  const kept = (await readIfThere(join(releases, ROOT))) ?? root;
  if (kept === undefined)
    throw new BundleError('Untrusted', part, 'no root is trusted here: casemate gap trust ROOT.json');
  const published = (await publishedReleases(content)).find(({ digest }) => digest === release.digest);
  if (published === undefined)
    throw new BundleError('Missing', part, `nothing with the digest ${release.digest} is published`);
  const { metadata } = await readHead(await headSource(content, published.bundle.metadata, part));
  const trust = {
    root: readRoot(Buffer.from(kept), 'the root that is kept beside the releases'),
    accepted: new Map(),
  };
  // How old it is people saw before they agreed.
  const verified = verifyMetadata(metadata, trust, clock.now(), { expired: 'remark' });
  if (verified.targets[part]?.hashes.sha256 !== hexOf(release.digest))
    throw new BundleError('Unsigned', part, `${release.digest} is not what was signed under this name`);
  const newest = metadataBytes(verified.root).toString('utf8');
  if (newest !== (await readIfThere(join(releases, ROOT))))
    await writeDurably(join(releases, ROOT), newest, 0o600);
  return [...verified.signers.signed].sort();
}

/** As much of a bundle as content has kept of it: its metadata. */
async function headSource(
  content: Pick<ContentStore, 'blobPath'>,
  digest: string,
  part: string,
): Promise<BundleSource> {
  const read = async (of: string, bytes_max: number): Promise<Buffer> => {
    const file = await openPlain(content.blobPath(of), part);
    try {
      const { size } = await file.stat();
      if (size > bytes_max) throw new BundleError('TooLarge', part, `${of} has more than ${bytes_max} bytes`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  };
  const descriptor: Descriptor = {
    mediaType: MEDIA.manifest,
    digest,
    size: await sizeOf(content.blobPath(digest), part),
    artifactType: MEDIA.metadata,
    annotations: { [REF_NAME]: METADATA_REF },
  };
  return {
    form: 'folder',
    entries: new Map(),
    async read(name, bytes_max) {
      if (name === 'oci-layout') return OCI_LAYOUT;
      if (name === 'index.json') return indexBytes([descriptor]);
      return read(`sha256:${name.slice(BLOBS.length)}`, bytes_max);
    },
    // biome-ignore lint/correctness/useYield: metadata is read whole
    async *pieces() {
      throw new BundleError('Malformed', part, 'only its metadata is read here');
    },
    close: async () => {},
  };
}

async function sizeOf(path: string, part: string): Promise<number> {
  const file = await open(path, 'r').catch((error: Error) => {
    throw new BundleError('Missing', part, `its metadata is not in the region’s content: ${error.message}`);
  });
  try {
    return Math.min((await file.stat()).size, MANIFEST_BYTES_MAX + 1);
  } finally {
    await file.close();
  }
}

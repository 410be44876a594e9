/**
 * What was published: blobs by their SHA-256, and one file, `published.json`, that says which bundles there are. That file is replaced in one step, and is the only
 * thing that counts: blobs that it leads to are all there before it says so.
 */
import { link, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { readIfThere, syncFolder, writeDurably } from '#trust/files.ts';
import { hexOf } from '../bundle/descriptor.ts';
import { readerOf } from '../bundle/json.ts';
import { ITEMS_MAX } from '../bundle/limits.ts';

export const BUNDLES_MAX = 4_096;
const PUBLISHED = 'published.json';
const BLOBS = 'blobs/sha256';

const Blob = Type.Object({ digest: Type.String(), size: Type.Integer() });
const PublishedItem = Type.Object({
  path: Type.String(),
  artifactType: Type.Optional(Type.String()),
  manifest: Blob,
  /** SBOM, provenance, VEX. */
  companion: Blob,
});
const PublishedBundle = Type.Object({
  name: Type.String(),
  version: Type.Integer(),
  created: Type.String(),
  /** `sha256:` and the digest of its signed list. */
  digest: Type.String(),
  /** Digest of the manifest that holds the signed metadata. */
  metadata: Type.String(),
  publishedAt: Type.String(),
  /** The BundleImport that it came with. */
  import: Type.String(),
  /** Whose signatures counted, and how many had to. */
  signers: Type.Optional(Type.Array(Type.String())),
  threshold: Type.Optional(Type.Integer()),
  items: Type.Array(PublishedItem, { maxItems: ITEMS_MAX }),
});
const Published = Type.Object({
  format: Type.Literal(1),
  bundles: Type.Array(PublishedBundle, { maxItems: BUNDLES_MAX }),
});

export type PublishedBundle = Static<typeof PublishedBundle>;
const readPublished = readerOf(Published);

export class ContentStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Where a published blob lies, or would lie. */
  blobPath(digest: string): string {
    return join(this.#folder, BLOBS, hexOf(digest));
  }

  /** In the order in which they were published. Throws BundleError when the file is damaged. */
  async bundles(): Promise<readonly PublishedBundle[]> {
    const text = await readIfThere(join(this.#folder, PUBLISHED));
    return text === undefined ? [] : readPublished(Buffer.from(text), PUBLISHED).bundles;
  }

  /** Publishes what lies in a checked quarantine folder; again does nothing more. The files there stay, and share their room with ours. */
  async publish(quarantine: string, bundle: PublishedBundle): Promise<void> {
    const before = await this.bundles();
    if (before.some(({ digest }) => digest === bundle.digest)) return;
    if (before.length >= BUNDLES_MAX)
      throw new RangeError(`${BUNDLES_MAX} bundles are published, which is the most`);
    await mkdir(join(this.#folder, BLOBS), { recursive: true });
    for (const name of await readdir(join(quarantine, BLOBS))) {
      await linkOnce(join(quarantine, BLOBS, name), join(this.#folder, BLOBS, name));
    }
    for (const inner of [BLOBS, 'blobs']) await syncFolder(join(this.#folder, inner));
    const text = `${JSON.stringify({ format: 1, bundles: [...before, bundle] }, null, 2)}\n`;
    await writeDurably(join(this.#folder, PUBLISHED), text, 0o640);
  }
}

async function linkOnce(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * What was published: blobs by their SHA-256, and one file, `published.json`, that says which bundles there are. That file is replaced in one step, and is the only
 * thing that counts: blobs that it leads to are all there before it says so, and go only after it has ceased to. Each bundle has a list of its blobs besides, from before
 * they come until after they have gone: a list of no published bundle is work that was interrupted, and is finished by `collect`.
 */
import { link, lstat, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { readIfThere, syncFolder, writeDurably } from '#trust/files.ts';
import { hexOf } from '../bundle/descriptor.ts';
import { readerOf } from '../bundle/json.ts';
import { ITEMS_MAX } from '../bundle/limits.ts';
import { sizeOf } from './area.ts';

export const BUNDLES_MAX = 4_096;
const PUBLISHED = 'published.json';
const BLOBS = 'blobs/sha256';
const LISTS = 'lists';
const HEX = /^[0-9a-f]{64}$/;
/** As `writeDurably` calls them. */
const DRAFTS: readonly (readonly [folder: string, name: RegExp])[] = [
  ['.', /^published\.json\.[0-9a-f]{8}\.new$/],
  [LISTS, /^[0-9a-f]{64}\.[0-9a-f]{8}\.new$/],
];

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

/** Bytes of a bundle's blobs. */
export interface Room {
  readonly bytes: number;
  /** Of those that were not there before. */
  readonly added: number;
}

export class ContentStore {
  readonly #folder: string;
  #last: Promise<unknown> = Promise.resolve();

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

  /**
   * Publishes what lies in a checked quarantine folder; again does nothing more. The files there stay, and share their room with ours. Gives how many bytes all its blobs
   * have, and how many of them are new here.
   */
  publish(quarantine: string, bundle: PublishedBundle): Promise<Room> {
    return this.#oneAtATime(() => this.#publish(quarantine, bundle));
  }

  /** It is content no more, and what no other bundle needs goes; again does nothing more. Gives how many bytes that freed. */
  retire(digest: string): Promise<number> {
    return this.#oneAtATime(async () => {
      const before = await this.bundles();
      const after = before.filter((one) => one.digest !== digest);
      if (after.length < before.length) await this.#write(after);
      return this.#collect(after);
    });
  }

  /** Removes what an interrupted publishing or retiring left. Gives how many bytes that freed. */
  collect(): Promise<number> {
    return this.#oneAtATime(async () => {
      await this.#removeDrafts();
      return this.#collect(await this.bundles());
    });
  }

  async #publish(quarantine: string, bundle: PublishedBundle): Promise<Room> {
    const before = await this.bundles();
    const names = await readdir(join(quarantine, BLOBS)).catch(absentIsEmpty);
    if (before.some(({ digest }) => digest === bundle.digest)) {
      return { bytes: await this.#sizes(names), added: 0 };
    }
    if (before.length >= BUNDLES_MAX)
      throw new RangeError(`${BUNDLES_MAX} bundles are published, which is the most`);
    for (const inner of [BLOBS, LISTS]) await mkdir(join(this.#folder, inner), { recursive: true });
    await writeDurably(this.#list(bundle.digest), `${names.join('\n')}\n`, 0o640);
    let [bytes, added] = [0, 0];
    for (const name of names) {
      const { size } = await lstat(join(quarantine, BLOBS, name));
      const isNew = await linkOnce(join(quarantine, BLOBS, name), join(this.#folder, BLOBS, name));
      bytes += size;
      if (isNew) added += size;
    }
    for (const inner of [BLOBS, 'blobs', '.']) await syncFolder(join(this.#folder, inner));
    await this.#write([...before, bundle]);
    return { bytes, added };
  }

  async #collect(published: readonly PublishedBundle[]): Promise<number> {
    const live = new Set(published.map(({ digest }) => hexOf(digest)));
    const lists = (await readdir(join(this.#folder, LISTS)).catch(absentIsEmpty)).filter((name) =>
      HEX.test(name),
    );
    const dead = lists.filter((name) => !live.has(name));
    if (dead.length === 0) return 0;
    const unneeded = new Set<string>();
    for (const name of dead) for (const blob of await this.#read(name)) unneeded.add(blob);
    for (const name of live) {
      // Nobody knows what a bundle without a list needs: then all stays.
      if (!lists.includes(name)) return 0;
      for (const blob of await this.#read(name)) unneeded.delete(blob);
    }
    let freed = 0;
    for (const blob of unneeded) {
      const path = join(this.#folder, BLOBS, blob);
      freed += (await sizeOf(path)) ?? 0;
      await rm(path, { force: true });
    }
    if (unneeded.size > 0) await syncFolder(join(this.#folder, BLOBS));
    for (const name of dead) await rm(join(this.#folder, LISTS, name), { force: true });
    return freed;
  }

  /** Of small files that somebody was killed over. */
  async #removeDrafts(): Promise<void> {
    for (const [folder, draft] of DRAFTS) {
      const inner = join(this.#folder, folder);
      for (const name of await readdir(inner).catch(absentIsEmpty))
        if (draft.test(name)) await rm(join(inner, name), { force: true });
    }
  }

  async #read(list: string): Promise<readonly string[]> {
    const text = await readFile(join(this.#folder, LISTS, list), 'utf8');
    // A name that is none is never joined to a path.
    return text.split('\n').filter((name) => HEX.test(name));
  }

  async #sizes(names: readonly string[]): Promise<number> {
    let bytes = 0;
    for (const name of names) bytes += (await sizeOf(join(this.#folder, BLOBS, name))) ?? 0;
    return bytes;
  }

  #list(digest: string): string {
    return join(this.#folder, LISTS, hexOf(digest));
  }

  async #write(bundles: readonly PublishedBundle[]): Promise<void> {
    const text = `${JSON.stringify({ format: 1, bundles }, null, 2)}\n`;
    await writeDurably(join(this.#folder, PUBLISHED), text, 0o640);
  }

  /** Publishing and removing never see each other half done. */
  #oneAtATime<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}

function absentIsEmpty(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

/** Whether it was not there before. */
async function linkOnce(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/**
 * Puts published advisory data in force: of all that was published, the newest by the time that it is of, unless what is in force is newer still. Once: done again it finds its own
 * digest there. Killed anywhere it leaves what was in force before, and a draft that the next one removes.
 */
import { COPYFILE_EXCL, COPYFILE_FICLONE } from 'node:constants';
import { copyFile, link, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Type } from 'typebox';
import { rfc3339 } from '#kernel/clock.ts';
import { syncFolder } from '#trust/files.ts';
import { ADVISORIES_TYPE, STORE_MEDIA_TYPE } from '../../bundle/content/advisories-type.ts';
import { type Descriptor, hexOf } from '../../bundle/descriptor.ts';
import { readerOf } from '../../bundle/json.ts';
import { CONFIG_BYTES_MAX, MANIFEST_BYTES_MAX } from '../../bundle/limits.ts';
import { readManifest } from '../../bundle/manifest.ts';
import { BundleError } from '../../bundle/problem.ts';
import type { ContentStore } from '../../import/content-store.ts';
import { readContent } from '../../import/read-content.ts';
import { AdvisoryError } from '../problem.ts';
import { type AdvisoryData, FolderSource, publish } from '../store/folder.ts';
import { AdvisoryStore } from '../store/store.ts';

const DRAFT = '.publishing-';
const readConfig = readerOf(Type.Object({ asOf: Type.String({ maxLength: 64 }) }));

export interface InForceOptions {
  readonly content: Pick<ContentStore, 'bundles' | 'blobPath'>;
  /** Where the newest data lies. */
  readonly folder: string;
  /** Milliseconds since the Unix epoch. */
  readonly now_ms: number;
}

interface Candidate {
  readonly item: string;
  readonly asOf: string;
  readonly publishedAt: string;
  readonly store: Pick<Descriptor, 'digest' | 'size'>;
}

/** What is in force, if that was published: since now or since before. Undefined: nothing was, or newer data is in force. Throws BundleError where published data is damaged. */
export async function putInForce(options: InForceOptions): Promise<AdvisoryData | undefined> {
  const { content, folder, now_ms } = options;
  const newest = await newestOf(content);
  if (newest === undefined) return undefined;
  const now = await new FolderSource(folder).newest().catch((error: unknown) => {
    // What is damaged is replaced.
    if (error instanceof AdvisoryError) return undefined;
    throw error;
  });
  if (now?.digest === hexOf(newest.store.digest)) return now;
  if (now !== undefined && !isNewer(newest, now)) return undefined;
  for (const name of await readdir(folder)) if (name.startsWith(DRAFT)) await rm(join(folder, name));
  const sha256 = hexOf(newest.store.digest);
  const path = join(folder, `${DRAFT}${sha256}`);
  await linkOrCopy(content.blobPath(newest.store.digest), path);
  try {
    const index = await indexOf(path, newest);
    const built = { path, sha256, size_bytes: newest.store.size, index };
    const data = await publish(folder, built, rfc3339(now_ms));
    await syncFolder(folder);
    return data;
  } finally {
    // A second name of one file stays where it is renamed to the first.
    await rm(path, { force: true });
  }
}

/** Corrected data is of the same time, and was published after what is in force came. */
function isNewer({ asOf, publishedAt }: Candidate, now: AdvisoryData): boolean {
  const [its, theirs] = [Date.parse(asOf), Date.parse(now.asOf)];
  return its > theirs || (its === theirs && Date.parse(publishedAt) > Date.parse(now.loadedAt));
}

async function newestOf(content: InForceOptions['content']): Promise<Candidate | undefined> {
  let newest: Candidate | undefined;
  for (const { items, publishedAt } of await content.bundles()) {
    for (const { path: item, artifactType, manifest } of items) {
      if (artifactType !== ADVISORIES_TYPE) continue;
      const { config, layers } = readManifest(
        await readContent(content, manifest, MANIFEST_BYTES_MAX, item),
        item,
      );
      const store = layers.find(({ mediaType }) => mediaType === STORE_MEDIA_TYPE);
      if (store === undefined) throw new BundleError('Missing', item, 'has no advisories in it');
      const { asOf } = readConfig(await readContent(content, config, CONFIG_BYTES_MAX, item), item);
      // Later ones come later in the list.
      if (newest === undefined || Date.parse(asOf) >= Date.parse(newest.asOf))
        newest = { item, asOf, publishedAt, store };
    }
  }
  return newest;
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyFile(from, to, COPYFILE_EXCL | COPYFILE_FICLONE);
  }
}

/** The file is what its configuration says that it is; its blocks are judged as they are read. */
async function indexOf(path: string, { item, asOf }: Candidate) {
  const store = await AdvisoryStore.open(path).catch((error: unknown) => {
    if (!(error instanceof AdvisoryError)) throw error;
    throw new BundleError('Malformed', item, error.message);
  });
  try {
    if (store.index.asOf !== asOf)
      throw new BundleError('Malformed', item, `says it is of ${asOf}, and its file of ${store.index.asOf}`);
    return store.index;
  } finally {
    await store.close();
  }
}

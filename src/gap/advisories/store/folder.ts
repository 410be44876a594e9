/**
 * Where a region keeps the newest advisory data: a folder with the file and `newest.json`, which names it with its digest and is replaced in one step.
 * The one seam between whoever brings data (today `casemate advisories load`, later a bundle's publishing) and whoever scans.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fieldsOf, textOf } from '../fields.ts';
import { AdvisoryError } from '../problem.ts';
import type { Built } from './build.ts';
import { damaged } from './format.ts';
import { type AdvisoryLookup, AdvisoryStore } from './store.ts';

const NEWEST = 'newest.json';
const SUFFIX = '.advisories';

/** What the newest data is. */
export interface AdvisoryData {
  /** SHA-256 of the file, in hexadecimal. */
  readonly digest: string;
  /** RFC 3339: how things stood at this moment. */
  readonly asOf: string;
  /** RFC 3339: when it came into the region. */
  readonly loadedAt: string;
}

/** What scans ask of whoever holds advisory data. */
export interface AdvisorySource {
  /** Undefined: none was ever imported. */
  newest(): Promise<AdvisoryData | undefined>;
  /** Runs `work` with the data of that digest; undefined when it is no longer the newest. Throws an AdvisoryError when it is damaged. */
  use<T>(
    digest: string,
    work: (lookup: AdvisoryLookup, skipped: number) => Promise<T>,
  ): Promise<T | undefined>;
}

/** A file that was replaced is kept for a while: a scan, or another load at the same moment, may still need it. */
const KEPT_FOR_MS = 60 * 60_000;

/** Makes a built file the newest, and removes those before it that are no longer needed. It must lie in the same folder. `loadedAt`: now, RFC 3339. */
export async function publish(folder: string, built: Built, loadedAt: string): Promise<AdvisoryData> {
  const data: AdvisoryData = { digest: built.sha256, asOf: built.index.asOf, loadedAt };
  const kept = `${built.sha256}${SUFFIX}`;
  // Whatever the mask of whoever loads: the region's process reads it.
  await chmod(built.path, 0o644);
  await rename(built.path, join(folder, kept));
  const pointer = join(folder, `.${NEWEST}.${built.sha256}`);
  const file = await open(pointer, 'w', 0o644);
  try {
    await file.write(`${JSON.stringify(data, null, 2)}\n`);
    await file.chmod(0o644);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(pointer, join(folder, NEWEST));
  for (const name of await readdir(folder)) {
    if (!name.endsWith(SUFFIX) || name === kept) continue;
    const { mtimeMs } = await stat(join(folder, name));
    if (mtimeMs < Date.parse(loadedAt) - KEPT_FOR_MS) await rm(join(folder, name), { force: true });
  }
  return data;
}

/** Makes the folder, which everybody on the machine may read: it holds what is public. */
export async function ensureAdvisoryFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
}

export class FolderSource implements AdvisorySource {
  readonly #folder: string;
  /** The digest whose file was found whole by this process. */
  #verified: string | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async newest(): Promise<AdvisoryData | undefined> {
    let text: string;
    try {
      text = await readFile(join(this.#folder, NEWEST), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const place = { source: NEWEST, entry: 'the file' };
    try {
      const given = fieldsOf(place, 'the file', JSON.parse(text));
      const digest = textOf(place, 'digest', given.digest);
      if (!/^[0-9a-f]{64}$/.test(digest)) throw damaged('newest.json names no digest');
      return {
        digest,
        asOf: textOf(place, 'asOf', given.asOf),
        loadedAt: textOf(place, 'loadedAt', given.loadedAt),
      };
    } catch (error) {
      throw error instanceof AdvisoryError ? error : damaged('newest.json is no JSON');
    }
  }

  async use<T>(
    digest: string,
    work: (lookup: AdvisoryLookup, skipped: number) => Promise<T>,
  ): Promise<T | undefined> {
    if ((await this.newest())?.digest !== digest) return undefined;
    const path = join(this.#folder, `${digest}${SUFFIX}`);
    let store: AdvisoryStore;
    try {
      if (this.#verified !== digest) {
        if ((await fileDigest(path)) !== digest) throw damaged('its digest is not what newest.json says');
        this.#verified = digest;
      }
      store = await AdvisoryStore.open(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      // Replaced while we looked: whoever asks will ask for the newest again.
      if ((await this.newest())?.digest !== digest) return undefined;
      throw damaged('its file is gone');
    }
    try {
      return await work(
        store,
        store.index.sources.reduce((sum, { skipped }) => sum + skipped.length, 0),
      );
    } finally {
      await store.close();
    }
  }
}

async function fileDigest(path: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return digest.digest('hex');
}

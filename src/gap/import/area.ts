/**
 * One quarantine folder, seen from whoever owns it: makes its files, links what the region has already, and gives files their names once they are whole. Whoever reads
 * the medium only writes into drafts that were made here, and so can change nothing that is whole.
 */
import { constants } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '#trust/files.ts';
import { BLOB_BYTES_MAX, BLOBS_MAX, BLOCK_BYTES } from '../bundle/limits.ts';
import { ENTRY_NAME } from '../bundle/tar-header.ts';

const FOLDERS = ['blobs/sha256', 'blobs', '.'] as const;
/** The group is the one of whoever receives: its folder hands it down. */
const DRAFT_MODE = 0o660;
const WHOLE_MODE = 0o440;

/** Bytes of the one file that a bundle is, from the first up to before the last. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

/** What whoever receives asks of whoever owns the folder. `read`: where those bytes stand in the bundle; nobody needs them there once they are on the disk. */
export interface Area {
  /** Whether that file is there, whole; else its draft is, to be written. */
  take(name: string, size: number): Promise<boolean>;
  /** Much of its draft was written: its room on the medium can be given back. */
  written(name: string, read?: Place): Promise<void>;
  /** All of its draft was written, and gets its name once it is on the disk. */
  done(name: string, read?: Place): Promise<void>;
}

export const draftOf = (folder: string, name: string): string => `${join(folder, name)}.part`;

/** Bytes of a file; undefined when there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export class OwnArea implements Area {
  readonly #folder: string;
  readonly #have: (digest: string) => string;
  readonly #giveBack: ((read: Place) => Promise<void>) | undefined;
  /** Drafts that were asked for, and not given a name yet, with their sizes. */
  readonly #open = new Map<string, number>();
  /** One at a time: what is asked for meanwhile waits, and so does whoever writes. */
  #syncing: Promise<void> = Promise.resolve();
  #count = 0;

  /** `have`: where the region has a blob already; it is linked then, and takes no room. `giveBack`: called with what is needed no more where it was read. */
  constructor(folder: string, have: (digest: string) => string, giveBack?: (read: Place) => Promise<void>) {
    this.#folder = folder;
    this.#have = have;
    this.#giveBack = giveBack;
  }

  async begin(): Promise<void> {
    await mkdir(join(this.#folder, FOLDERS[0]), { recursive: true, mode: 0o750 });
    for (const inner of [...FOLDERS, '..']) await syncFolder(join(this.#folder, inner));
  }

  /** Throws RangeError for what no bundle holds: the names come from elsewhere. */
  async take(name: string, size: number): Promise<boolean> {
    if (!ENTRY_NAME.test(name)) throw new RangeError(`a bundle has no file ${JSON.stringify(name)}`);
    if (!Number.isSafeInteger(size) || size < 0 || size > BLOB_BYTES_MAX)
      throw new RangeError(`${name}: no file of a bundle has ${size} bytes`);
    if (++this.#count > BLOBS_MAX + 2) throw new RangeError(`a bundle has at most ${BLOBS_MAX} blobs`);
    const target = join(this.#folder, name);
    // Only those are named by what is in them.
    if (name.startsWith('blobs/')) {
      // It got this name only once it was whole and on the disk.
      if ((await sizeOf(target)) === size) return true;
      const digest = `sha256:${name.slice('blobs/sha256/'.length)}`;
      if (await linked(this.#have(digest), target)) return true;
    }
    // Not to be written by us: an earlier attempt may have closed it already, just before it got its name.
    const draft = await open(
      draftOf(this.#folder, name),
      constants.O_RDONLY | constants.O_CREAT | constants.O_NOFOLLOW,
      DRAFT_MODE,
    );
    try {
      await draft.chmod(DRAFT_MODE);
      // What somebody who was killed has written may not be on the disk yet, and is not written again.
      if ((await draft.stat()).size > 0) await draft.datasync();
    } finally {
      await draft.close();
    }
    // What comes into it may be more than one block, and is not to be lost with its name.
    if (size > BLOCK_BYTES) await syncFolder(dirname(target));
    this.#open.set(name, size);
    return false;
  }

  async written(name: string, read?: Place): Promise<void> {
    if (this.#giveBack === undefined) return;
    await this.#syncing;
    this.#syncing = this.#withDraft(name, (file) => file.datasync()).then(() => this.#giveUp(read));
    // Whoever waits next hears of it.
    this.#syncing.catch(() => {});
  }

  async #giveUp(read: Place | undefined): Promise<void> {
    if (read !== undefined) await this.#giveBack?.(read);
  }

  async done(name: string, read?: Place): Promise<void> {
    await this.#syncing;
    const size = this.#open.get(name);
    await this.#withDraft(name, async (file) => {
      const { size: written } = await file.stat();
      if (written !== size) throw new RangeError(`${name} has ${written} bytes, not ${size}`);
      await file.chmod(WHOLE_MODE);
      // Brought to the disk by whoever wrote it; whether it was is not left to them.
      await file.datasync();
    });
    this.#open.delete(name);
    await rename(draftOf(this.#folder, name), join(this.#folder, name));
    await this.#giveUp(read);
  }

  async #withDraft(name: string, work: (file: FileHandle) => Promise<void>): Promise<void> {
    if (!this.#open.has(name)) throw new RangeError(`${JSON.stringify(name)} was not asked for`);
    const file = await open(draftOf(this.#folder, name), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      await work(file);
    } finally {
      await file.close();
    }
  }

  /** All names are on the disk. */
  async end(): Promise<void> {
    for (const inner of FOLDERS) await syncFolder(join(this.#folder, inner));
  }
}

async function linked(from: string, target: string): Promise<boolean> {
  try {
    await link(from, target);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    throw error;
  }
}

/** The folders of the gap: where bundles arrive, where they are held back, and what was published. All that the controller does to the disk goes through here. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readBlob } from '../bundle/contents.ts';
import type { Descriptor } from '../bundle/descriptor.ts';
import { STATEMENT_BYTES_MAX } from '../bundle/limits.ts';
import { BundleError } from '../bundle/problem.ts';
import { openBundle } from '../bundle/source.ts';
import { ContentStore, type PublishedBundle } from './content-store.ts';
import type { GapFolders } from './folders.ts';
import { type CheckOptions, check, type Received, type ReceiveOptions, receive } from './receive.ts';

export class ImportStore {
  readonly #folders: GapFolders;
  readonly #content: ContentStore;

  constructor(folders: GapFolders) {
    this.#folders = folders;
    this.#content = new ContentStore(folders.content);
  }

  /** Copies a bundle from the inbox into quarantine, as far as it is not there. Throws as `receive`. */
  async receive(uid: string, from: string, options: Omit<ReceiveOptions, 'have'>): Promise<Received> {
    const source = await openBundle(join(this.#folders.inbox, from)).catch((error: unknown) => {
      if (!(error instanceof BundleError) || error.part !== join(this.#folders.inbox, from)) throw error;
      throw new BundleError(error.reason, from, 'is no bundle that can be read in the inbox');
    });
    try {
      return await receive(source, this.#quarantine(uid), {
        ...options,
        have: (digest) => this.#content.blobPath(digest),
      });
    } finally {
      await source.close();
    }
  }

  /** Signatures, lists and sizes of what lies in quarantine; its bytes were checked as they came. Throws BundleError. */
  async check(uid: string, options: CheckOptions): Promise<Received> {
    const source = await openBundle(this.#quarantine(uid));
    try {
      return (await check(source, options)).received;
    } finally {
      await source.close();
    }
  }

  /** A statement of an item in quarantine (SBOM, VEX), checked against its digest. */
  async statement(uid: string, descriptor: Descriptor, part: string): Promise<Buffer> {
    const source = await openBundle(this.#quarantine(uid));
    try {
      return await readBlob(source, descriptor, STATEMENT_BYTES_MAX, part);
    } finally {
      await source.close();
    }
  }

  /** What was checked in quarantine becomes content, in one step. */
  async publish(uid: string, bundle: PublishedBundle): Promise<void> {
    await this.#content.publish(this.#quarantine(uid), bundle);
  }

  /** Ends a quarantine; what was published stays. */
  async discard(uid: string): Promise<void> {
    await rm(this.#quarantine(uid), { recursive: true, force: true });
  }

  /** Uids of the imports that have something in quarantine. */
  async list(): Promise<readonly string[]> {
    await mkdir(this.#folders.quarantine, { recursive: true });
    return readdir(this.#folders.quarantine);
  }

  #quarantine(uid: string): string {
    return join(this.#folders.quarantine, uid);
  }
}

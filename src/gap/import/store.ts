/** The folders of the gap: where bundles arrive, where they are held back, and what was published. All that the controller does to the disk goes through here. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Policy } from '../advisories/policy.ts';
import { BundleError } from '../bundle/problem.ts';
import type { Trust } from '../bundle/tuf/client.ts';
import { metadataBytes } from '../bundle/tuf/metadata.ts';
import type { ImportAge } from './age.ts';
import { OwnArea } from './area.ts';
import { ContentStore, type PublishedBundle, type Room } from './content-store.ts';
import type { GapFolders } from './folders.ts';
import type { ReceiveParts, Receiver } from './receiver/jobs.ts';
import type { Job } from './receiver/protocol.ts';
import type { Scanned } from './scan.ts';
import type { Checked } from './summary.ts';
import { Uploads } from './uploads.ts';

export interface ImportStoreOptions {
  readonly folders: GapFolders;
  readonly advisories: string;
  readonly receiver: Receiver;
}

/** What a bundle is held against. */
export interface Against {
  readonly trust: Trust;
  readonly clock_ms: number;
  readonly age: ImportAge;
  readonly policy: Policy;
  /** Whether its archives are looked into. */
  readonly archives: boolean;
  readonly signal: AbortSignal;
}

export class ImportStore {
  readonly #folders: GapFolders;
  readonly #advisories: string;
  readonly #receiver: Receiver;
  /** What comes through the API. */
  readonly uploads: Uploads;
  readonly #content: ContentStore;

  constructor({ folders, advisories, receiver }: ImportStoreOptions) {
    this.#folders = folders;
    this.#advisories = advisories;
    this.#receiver = receiver;
    this.uploads = new Uploads(folders.uploads);
    this.#content = new ContentStore(folders.content);
  }

  /** Copies a bundle from the inbox, or, without `from`, what came through the API, into quarantine, as far as it is not there. Throws as `receive`. */
  async receive(
    uid: string,
    from: string | undefined,
    against: Against,
    progress: ReceiveParts['progress'],
  ): Promise<Checked> {
    const bundle = from === undefined ? this.uploads.path(uid) : join(this.#folders.inbox, from);
    const quarantine = this.#quarantine(uid);
    const area = new OwnArea(
      quarantine,
      (digest) => this.#content.blobPath(digest),
      from === undefined ? (read) => this.uploads.giveBack(uid, read) : undefined,
    );
    await area.begin();
    try {
      const job = this.#job('receive', bundle, quarantine, against);
      const checked = await this.#receiver.receive(job, { area, progress, signal: against.signal });
      await area.end();
      return checked;
    } catch (error) {
      if (!(error instanceof BundleError) || error.part !== bundle) throw error;
      if (from !== undefined)
        throw new BundleError(error.reason, from, 'is no bundle that can be read in the inbox');
      throw new BundleError(error.reason, 'upload', error.message.slice(bundle.length + 2));
    }
  }

  /** It is on record that all of it is in quarantine: what came through the API is not needed any more. */
  received(uid: string): Promise<void> {
    return this.uploads.discard(uid);
  }

  /** Signatures, lists and sizes of what lies in quarantine; its bytes were checked as they came. Throws BundleError. */
  check(uid: string, against: Against): Promise<Checked> {
    const quarantine = this.#quarantine(uid);
    return this.#receiver.check(this.#job('check', quarantine, quarantine, against), against.signal);
  }

  /** Its bills of materials, held against advisories and the policy. */
  scan(uid: string, against: Against): Promise<Scanned> {
    const quarantine = this.#quarantine(uid);
    return this.#receiver.scan(this.#job('scan', quarantine, quarantine, against), against.signal);
  }

  /** What was checked in quarantine becomes content, in one step. */
  publish(uid: string, bundle: PublishedBundle): Promise<Room> {
    return this.#content.publish(this.#quarantine(uid), bundle);
  }

  /** Content no more; what no other bundle needs goes. Gives how many bytes that freed. */
  retire(digest: string): Promise<number> {
    return this.#content.retire(digest);
  }

  /** Ends a quarantine; what was published stays. */
  async discard(uid: string): Promise<void> {
    await this.uploads.discard(uid);
    await rm(this.#quarantine(uid), { recursive: true, force: true });
  }

  /** Finishes what was interrupted in content; gives the uids of the imports that have something in quarantine, or on its way. */
  async list(): Promise<readonly string[]> {
    await this.#content.collect();
    await mkdir(this.#folders.quarantine, { recursive: true });
    return [...(await readdir(this.#folders.quarantine)), ...(await this.uploads.list())];
  }

  #quarantine(uid: string): string {
    return join(this.#folders.quarantine, uid);
  }

  #job(job: Job['job'], bundle: string, quarantine: string, against: Against): Job {
    const { trust, clock_ms, age, policy, archives } = against;
    return {
      job,
      bundle,
      quarantine,
      content: this.#folders.content,
      advisories: this.#advisories,
      clock_ms,
      age,
      policy,
      archives,
      trust: {
        root: metadataBytes(trust.root).toString('utf8'),
        ledger_ms: trust.ledger_ms ?? 0,
        accepted: [...trust.accepted].map(([name, one]) => ({ name, ...one })),
      },
    };
  }
}

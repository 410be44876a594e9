/** What a Release is planned and told from: content, the journal, and what runs here. Reads only. */
import type { ContentStore } from '../import/content-store.ts';
import type { ReleaseConfig } from './facts.ts';
import { type Current, type Entry, readCurrent, readJournal } from './journal.ts';
import type { Running } from './plan.ts';
import { type PublishedRelease, publishedReleases, readRelease } from './published.ts';

export class ReleaseSource {
  readonly #content: ContentStore;
  readonly #releases: string;
  readonly #running: () => Promise<Running>;

  constructor(content: ContentStore, releases: string, running: () => Promise<Running>) {
    this.#content = content;
    this.#releases = releases;
    this.#running = running;
  }

  /** Undefined while no such version was published. */
  async published(version: string): Promise<PublishedRelease | undefined> {
    return (await publishedReleases(this.#content)).find((one) => one.version === version);
  }

  /** Throws BundleError where content is damaged. */
  config(release: PublishedRelease): Promise<ReleaseConfig> {
    return readRelease(this.#content, release);
  }

  running(): Promise<Running> {
    return this.#running();
  }

  journal(): Promise<readonly Entry[]> {
    return readJournal(this.#releases);
  }

  current(): Promise<Current | undefined> {
    return readCurrent(this.#releases);
  }
}

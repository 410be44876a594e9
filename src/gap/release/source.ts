/** What a Release is planned and told from: content, the journal, and what runs here; and who takes the steps. */
import type { ContentStore } from '../import/content-store.ts';
import type { ReleaseConfig } from './facts.ts';
import { type Current, type Entry, readCurrent, readJournal } from './journal.ts';
import type { Running } from './plan.ts';
import { type PublishedRelease, publishedReleases, readRelease } from './published.ts';
import type { Starter } from './starter.ts';

export class ReleaseSource {
  readonly #content: ContentStore;
  readonly #releases: string;
  readonly #running: () => Promise<Running>;

  readonly #starter: Starter;

  constructor(content: ContentStore, releases: string, running: () => Promise<Running>, starter: Starter) {
    this.#content = content;
    this.#releases = releases;
    this.#running = running;
    this.#starter = starter;
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

  /** Has begun what people agreed to of that Release, and said how ended what nobody drives any more. What hinders it, in words; undefined when nothing does. */
  begin(name: string): Promise<string | undefined> {
    return this.#starter(name);
  }
}

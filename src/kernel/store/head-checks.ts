/**
 * Asks storage how far logs have come, for many readers at once. One question is on its way at a time; whoever comes while it is
 * waits for the next one, because an answer may be older than a question that came after it was asked.
 */
import type { LogStorage } from './storage.ts';

interface Round {
  readonly realmUids: Set<string>;
  readonly sizes: Promise<ReadonlyMap<string, number>>;
}

export class HeadChecks {
  readonly #storage: Pick<LogStorage, 'readSizes'>;
  readonly #onFault: (error: unknown) => void;
  /** The round that still takes questions; it is asked when the one before it is answered. */
  #next: Round | undefined;
  #asked: Promise<unknown> = Promise.resolve();

  /** `onFault` hears of every question that storage did not answer, however many waited for it. */
  constructor(storage: Pick<LogStorage, 'readSizes'>, onFault: (error: unknown) => void) {
    this.#storage = storage;
    this.#onFault = onFault;
  }

  /**
   * The size of a realm's `changes` log at some moment after this call, so with everything acknowledged before it; undefined when there is no
   * such realm. Throws when storage does not answer.
   */
  async sizeOf(realmUid: string): Promise<number | undefined> {
    this.#next ??= this.#round();
    const { realmUids, sizes } = this.#next;
    realmUids.add(realmUid);
    return (await sizes).get(realmUid);
  }

  #round(): Round {
    const realmUids = new Set<string>();
    const sizes = this.#asked.then(() => {
      this.#next = undefined;
      return this.#storage.readSizes([...realmUids]);
    });
    this.#asked = sizes.catch(this.#onFault);
    return { realmUids, sizes };
  }
}

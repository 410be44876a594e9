/**
 * Asks storage how far logs have come, for many readers at once. Whoever comes while a question is on its way shares the next one with
 * all others that came, because an answer may be older than a question that came after it was asked. One question at a time is
 * enough, unless it takes long: then a few more are asked beside it, so that one connection that hangs holds up nobody.
 */
import type { Clock } from '../clock.ts';
import type { LogStorage } from './storage.ts';

/** The next question waits for the one before it no longer than this. */
const PATIENCE_MS = 50;
/** Questions on their way at once. */
const QUESTIONS_MAX = 4;

interface Round {
  readonly realmUids: Set<string>;
  readonly sizes: Promise<ReadonlyMap<string, number>>;
  /** Asks now, unless too many are on their way. */
  ask(): void;
}

export class HeadChecks {
  readonly #storage: Pick<LogStorage, 'readSizes'>;
  readonly #clock: Clock;
  readonly #onFault: (error: unknown) => void;
  /** The round that still takes questions. */
  #next: Round | undefined;
  #asking = 0;

  /** `onFault` hears of every question that storage did not answer, however many waited for it. */
  constructor(storage: Pick<LogStorage, 'readSizes'>, clock: Clock, onFault: (error: unknown) => void) {
    this.#storage = storage;
    this.#clock = clock;
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
    const asked = Promise.withResolvers<void>();
    const ask = () => {
      if (this.#next !== round || this.#asking >= QUESTIONS_MAX) return;
      cancel();
      this.#next = undefined;
      this.#asking += 1;
      asked.resolve();
    };
    const sizes = asked.promise
      .then(() => this.#storage.readSizes([...realmUids]))
      .finally(() => {
        this.#asking -= 1;
        this.#next?.ask();
      });
    sizes.catch(this.#onFault);
    const round: Round = { realmUids, sizes, ask };
    const cancel = this.#clock.after(PATIENCE_MS, ask);
    // Those who come in the same turn of the event loop still share it.
    if (this.#asking === 0) queueMicrotask(ask);
    return round;
  }
}

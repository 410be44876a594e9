/**
 * Notices a daemon that hangs: it takes connections and requests, and answers none. While requests wait and nothing was heard for a while, it
 * is asked something that costs it nothing; when that is not answered either, nobody waits any longer. A daemon that is only busy with what
 * it was asked answers, and is left its time.
 */
import type { Clock } from '#kernel/clock.ts';

/** How long nothing may be heard before the daemon is asked. */
export const SILENCE_MS = 5_000;
/** How long it may take to answer that. */
export const PROBE_LIMIT_MS = 5_000;

export class SilenceWatch {
  readonly #clock: Clock;
  readonly #probe: () => Promise<void>;
  readonly #waiting = new Set<() => void>();
  #cancel: () => void = () => {};
  #heardAt_ms: number;

  /** `probe` resolves when the daemon answers anything, and rejects when it did not within `PROBE_LIMIT_MS`. */
  constructor(clock: Clock, probe: () => Promise<void>) {
    this.#clock = clock;
    this.#probe = probe;
    this.#heardAt_ms = clock.now();
  }

  /** Something came from the daemon. */
  heard(): void {
    this.#heardAt_ms = this.#clock.now();
  }

  /** Calls `giveUp` when the daemon turns out to hang, until the returned function is called. */
  watch(giveUp: () => void): () => void {
    this.#waiting.add(giveUp);
    if (this.#waiting.size === 1) {
      // Before there was anything to wait for, silence meant nothing.
      this.heard();
      this.#lookIn(SILENCE_MS);
    }
    return () => {
      this.#waiting.delete(giveUp);
      if (this.#waiting.size === 0) this.#cancel();
    };
  }

  #lookIn(delay_ms: number): void {
    this.#cancel();
    this.#cancel = this.#clock.after(delay_ms, () => void this.#look());
  }

  async #look(): Promise<void> {
    const silent_ms = this.#clock.now() - this.#heardAt_ms;
    if (silent_ms < SILENCE_MS) return this.#lookIn(SILENCE_MS - silent_ms);
    const heardAt_ms = this.#heardAt_ms;
    try {
      await this.#probe();
      this.heard();
    } catch {
      // Whether it hangs or is gone: there is nothing to wait for. An answer to somebody meanwhile says otherwise.
      if (this.#heardAt_ms === heardAt_ms) for (const giveUp of [...this.#waiting]) giveUp();
    }
    if (this.#waiting.size > 0) this.#lookIn(SILENCE_MS);
  }
}

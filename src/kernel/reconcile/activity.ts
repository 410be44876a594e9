/**
 * Counts what runs, so that somebody can wait until nothing does.
 */
import type { Clock } from '../clock.ts';

export class Activity {
  readonly #clock: Clock;
  #running = 0;
  #marks = 0;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get running(): number {
    return this.#running;
  }

  /** Rises whenever something was asked for or began: who looked away sees that something came and went. */
  get marks(): number {
    return this.#marks;
  }

  mark(): void {
    this.#marks++;
  }

  begin(): void {
    this.#running++;
    this.#marks++;
  }

  end(): void {
    this.#running--;
    if (this.#running > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Resolves when nothing runs, or after the limit. */
  whenQuiet(limit_ms?: number): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = limit_ms === undefined ? undefined : this.#clock.after(limit_ms, resolve);
      this.#waiting.push(() => {
        cancel?.();
        resolve();
      });
    });
  }
}

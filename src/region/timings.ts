/**
 * How long the phases of a start take, for `casemate up --timings`.
 */
import type { Clock } from '#kernel/clock.ts';

export interface Phase {
  readonly name: string;
  readonly duration_ms: number;
}

export class Timings {
  readonly #clock: Clock;
  readonly #started_ms: number;
  readonly #phases: Phase[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#started_ms = clock.now();
  }

  async measure<T>(name: string, work: () => Promise<T> | T): Promise<T> {
    const from_ms = this.#clock.now();
    try {
      return await work();
    } finally {
      this.#phases.push({ name, duration_ms: this.#clock.now() - from_ms });
    }
  }

  phases(): readonly Phase[] {
    return this.#phases;
  }

  total_ms(): number {
    return this.#clock.now() - this.#started_ms;
  }
}

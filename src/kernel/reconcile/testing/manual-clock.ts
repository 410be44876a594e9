/**
 * A clock that stands still until a test moves it, and a random source that repeats by its seed.
 */
import type { Clock } from '../../clock.ts';
import type { Random } from '../../random.ts';

interface Timer {
  readonly due_ms: number;
  readonly task: () => void;
}

export class ManualClock implements Clock {
  #now_ms: number;
  #timers = new Set<Timer>();

  constructor(now_ms: number = Date.UTC(2026, 0, 1)) {
    this.#now_ms = now_ms;
  }

  now(): number {
    return this.#now_ms;
  }

  after(delay_ms: number, task: () => void): () => void {
    const timer: Timer = { due_ms: this.#now_ms + Math.max(0, delay_ms), task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on and runs what falls due, in order. What those tasks set for before the end runs too. */
  advance(by_ms: number): void {
    const end_ms = this.#now_ms + by_ms;
    for (;;) {
      const next = this.#earliest();
      if (!next || next.due_ms > end_ms) break;
      this.#timers.delete(next);
      this.#now_ms = Math.max(this.#now_ms, next.due_ms);
      next.task();
    }
    this.#now_ms = end_ms;
  }

  #earliest(): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers) if (!earliest || timer.due_ms < earliest.due_ms) earliest = timer;
    return earliest;
  }
}

/** The mulberry32 generator: small, and the same on every machine. Never for keys. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => below(16).toString(16)).join('');
  return {
    below,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'.charAt(below(4))}${hex(3)}-${hex(12)}`,
  };
}

/**
 * Time and chance of a simulation: one queue of events in simulated time, one seeded source of chance. Everything that waits, waits
 * here, so that a seed always gives the same run. Nothing in a simulation may touch real time, real chance or real input and output.
 */
import type { Clock } from '#kernel/clock.ts';
import { SeededRandom } from '#kernel/store/test-realms.ts';

const START_MS = Date.UTC(2026, 0, 1);
/** Events of one run; more means that something never settles. */
const EVENTS_MAX = 200_000;

interface Event {
  readonly due_ms: number;
  readonly order: number;
  readonly run: () => void;
}

export class World {
  readonly random: SeededRandom;
  /** How often things happened that a run is worth nothing without. */
  readonly counts = new Map<string, number>();
  /** What happened, for whoever looks into a failing seed. */
  readonly trace: string[] = [];
  readonly #isTraced: boolean;
  /** A binary heap by time, then by order. */
  readonly #events: Event[] = [];
  #now_ms = 0;
  #order = 0;
  #count = 0;

  constructor(seed: number, isTraced = false) {
    this.random = new SeededRandom(seed);
    this.#isTraced = isTraced;
  }

  /** Milliseconds since the simulation began. */
  get now(): number {
    return this.#now_ms;
  }

  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean {
    return this.random.below(10_000) < percent * 100;
  }

  between(low: number, high: number): number {
    return low + this.random.below(high - low + 1);
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : items[this.random.below(items.length)];
  }

  count(what: string): void {
    count(this.counts, what, 1);
  }

  /** Says what happens; the text is made only when somebody reads it. */
  say(text: () => string): void {
    if (this.#isTraced) this.trace.push(`${String(this.#now_ms).padStart(7)} ${text()}`);
  }

  at(delay_ms: number, run: () => void): void {
    this.#push({ due_ms: this.#now_ms + Math.max(0, delay_ms), order: this.#order++, run });
  }

  wait(delay_ms: number): Promise<void> {
    return new Promise((resolve) => this.at(delay_ms, resolve));
  }

  /** Runs until `isDone`, or until the given time has come. Says whether it was done. */
  async run(until_ms: number, isDone: () => boolean = () => false): Promise<boolean> {
    for (;;) {
      await turn();
      if (isDone()) return true;
      const next = this.#events[0];
      if (!next || next.due_ms > until_ms) break;
      if (++this.#count > EVENTS_MAX) throw new RangeError(`${EVENTS_MAX} events, and no end`);
      this.#pop();
      this.#now_ms = next.due_ms;
      next.run();
    }
    this.#now_ms = Math.max(this.#now_ms, until_ms);
    return isDone();
  }

  #push(event: Event): void {
    const heap = this.#events;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (!above || isBefore(above, event)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#events;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      if (!left) break;
      const isRight = right !== undefined && isBefore(right, left);
      const least = isRight ? right : left;
      if (isBefore(last, least)) break;
      heap[at] = least;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = last;
  }
}

const isBefore = (a: Event, b: Event): boolean =>
  a.due_ms < b.due_ms || (a.due_ms === b.due_ms && a.order < b.order);

export function count(counts: Map<string, number>, what: string, times: number): void {
  counts.set(what, (counts.get(what) ?? 0) + times);
}

/** Lets everything that is ready run. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The clock of one process: its wall clock may jump, its timers do not, and they end with the process. */
export class ProcessClock implements Clock {
  readonly #world: World;
  #skew_ms = 0;
  #isDead = false;

  constructor(world: World) {
    this.#world = world;
  }

  now(): number {
    return START_MS + this.#world.now + this.#skew_ms;
  }

  after(delay_ms: number, task: () => void): () => void {
    let isOver = false;
    this.#world.at(delay_ms, () => {
      if (!isOver && !this.#isDead) task();
    });
    return () => {
      isOver = true;
    };
  }

  jump(by_ms: number): void {
    this.#skew_ms += by_ms;
  }

  die(): void {
    this.#isDead = true;
  }
}

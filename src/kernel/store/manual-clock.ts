/**
 * A clock that stands still until it is told to move: for tests and simulation only.
 */
import type { Clock } from '../clock.ts';

interface Task {
  readonly due_ms: number;
  readonly run: () => void;
}

export class ManualClock implements Clock {
  #now_ms: number;
  readonly #tasks = new Set<Task>();

  constructor(now_ms: number = Date.UTC(2026, 0, 1)) {
    this.#now_ms = now_ms;
  }

  now(): number {
    return this.#now_ms;
  }

  after(delay_ms: number, task: () => void): () => void {
    const entry: Task = { due_ms: this.#now_ms + delay_ms, run: task };
    this.#tasks.add(entry);
    return () => this.#tasks.delete(entry);
  }

  /** Tasks that wait for their time. */
  get pending(): number {
    return this.#tasks.size;
  }

  /** Shows another time at once, as when somebody sets a machine's clock; what waits goes on waiting. */
  set(now_ms: number): void {
    this.#now_ms = now_ms;
  }

  /** Moves on by `by_ms`; each task that comes due runs at its time, and what it started may settle before the next. */
  async advance(by_ms: number): Promise<void> {
    const until_ms = this.#now_ms + by_ms;
    for (;;) {
      await settle();
      const next = this.#next(until_ms);
      if (!next) break;
      this.#tasks.delete(next);
      this.#now_ms = Math.max(this.#now_ms, next.due_ms);
      next.run();
    }
    this.#now_ms = until_ms;
    await settle();
  }

  /** Moves on at once, as for a process that slept: what came due meanwhile runs late and once, so weeks cost no more than a minute. */
  async leap(by_ms: number): Promise<void> {
    this.#now_ms += by_ms;
    await this.advance(0);
  }

  #next(until_ms: number): Task | undefined {
    let next: Task | undefined;
    for (const task of this.#tasks) {
      if (task.due_ms <= until_ms && (!next || task.due_ms < next.due_ms)) next = task;
    }
    return next;
  }
}

/** Lets everything that is ready run: all microtasks, and one turn of the event loop. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

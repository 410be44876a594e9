/**
 * Values that arrive by callback, read by `for await`. Tells its source to pause when the reader is behind by more than a bound.
 */
export class StreamQueue<T> implements AsyncIterable<T> {
  readonly #weigh: (value: T) => number;
  readonly #weight_max: number;
  readonly #onFull: () => void;
  readonly #onRoom: () => void;
  #values: T[] = [];
  #weight = 0;
  #full = false;
  #ended = false;
  #waiting: (() => void) | undefined;

  constructor(options: { weigh(value: T): number; weight_max: number; onFull(): void; onRoom(): void }) {
    this.#weigh = options.weigh;
    this.#weight_max = options.weight_max;
    this.#onFull = options.onFull;
    this.#onRoom = options.onRoom;
  }

  push(value: T): void {
    if (this.#ended) return;
    this.#values.push(value);
    this.#weight += this.#weigh(value);
    if (!this.#full && this.#weight > this.#weight_max) {
      this.#full = true;
      this.#onFull();
    }
    this.#wake();
  }

  /** Forgets all but the latest value: for sizes, of which only the last counts. */
  replace(value: T): void {
    if (this.#ended) return;
    this.#values = [value];
    this.#weight = this.#weigh(value);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const value = this.#values.shift();
      if (value !== undefined) {
        this.#weight -= this.#weigh(value);
        if (this.#full && this.#weight <= this.#weight_max / 2) {
          this.#full = false;
          this.#onRoom();
        }
        yield value;
      } else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#waiting = resolve;
        });
      }
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }
}

/** Turns calls that deliver chunks into something to iterate over; each call resolves once its chunk was taken. */
export class Pipe implements AsyncIterable<Uint8Array> {
  #chunk: Uint8Array | undefined;
  #ended = false;
  #failure: unknown;
  #wake: () => void = () => {};
  #taken: () => void = () => {};

  /** One call at a time. Resolves at once when nobody reads any more. */
  push(chunk: Uint8Array): Promise<void> {
    if (this.#ended || chunk.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#chunk = chunk;
      this.#taken = resolve;
      this.#wake();
    });
  }

  /** No more comes; the reader gets `failure` thrown, if there is one. */
  end(failure?: unknown): void {
    this.#ended = true;
    this.#failure = failure;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        if (this.#chunk !== undefined) {
          const chunk = this.#chunk;
          this.#chunk = undefined;
          yield chunk;
          this.#taken();
        } else if (this.#ended) {
          if (this.#failure !== undefined) throw this.#failure;
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.#ended = true;
      this.#taken();
    }
  }
}

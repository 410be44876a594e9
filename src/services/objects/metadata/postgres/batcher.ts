/** Lets requests that come while others are on their way to the database go there together, so that they share a round trip and a commit. */

export interface BatcherOptions<In, Out> {
  /** Does a batch; answers in its order. */
  readonly run: (batch: readonly In[]) => Promise<readonly Out[]>;
  /** Two of the same never stand in one batch, and are done in their order. Absent: nothing stands in anything's way. */
  readonly keyOf?: (request: In) => string;
  readonly batch_max: number;
  /** Batches on their way at a time. */
  readonly inFlight_max: number;
  /** While one is on its way another follows only once so many wait: few in a batch cost nearly as much as many. At least 1. */
  readonly following_min: number;
  /** Requests that wait; more throw BusyError. */
  readonly waiting_max: number;
}

/** More wait than may. */
export class BusyError extends Error {
  override readonly name = 'BusyError';
}

interface Waiting<In, Out> {
  readonly request: In;
  readonly resolve: (answer: Out) => void;
  readonly reject: (error: unknown) => void;
}

export class Batcher<In, Out> {
  readonly #options: BatcherOptions<In, Out>;
  readonly #busy = new Set<string>();
  #waiting: Waiting<In, Out>[] = [];
  #inFlight = 0;
  #isPlanned = false;

  constructor(options: BatcherOptions<In, Out>) {
    this.#options = options;
  }

  add(request: In): Promise<Out> {
    if (this.#waiting.length >= this.#options.waiting_max) {
      return Promise.reject(new BusyError(`${this.#waiting.length} requests wait for the database`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      if (this.#isPlanned || !this.#mayStart()) return;
      // What else comes in this turn goes along.
      this.#isPlanned = true;
      setImmediate(() => {
        this.#isPlanned = false;
        this.#start();
      });
    });
  }

  #mayStart(): boolean {
    const { inFlight_max, following_min } = this.#options;
    return this.#inFlight === 0 || (this.#inFlight < inFlight_max && this.#waiting.length >= following_min);
  }

  #start(): void {
    while (this.#waiting.length > 0 && this.#mayStart()) {
      const batch = this.#take();
      // All that waits is for names that are on their way.
      if (batch.length === 0) return;
      this.#inFlight += 1;
      void this.#run(batch);
    }
  }

  #take(): Waiting<In, Out>[] {
    const { keyOf, batch_max } = this.#options;
    if (keyOf === undefined) return this.#waiting.splice(0, batch_max);
    const batch: Waiting<In, Out>[] = [];
    const left: Waiting<In, Out>[] = [];
    for (const one of this.#waiting) {
      const key = keyOf(one.request);
      if (batch.length >= batch_max || this.#busy.has(key)) left.push(one);
      else {
        this.#busy.add(key);
        batch.push(one);
      }
    }
    this.#waiting = left;
    return batch;
  }

  async #run(batch: readonly Waiting<In, Out>[]): Promise<void> {
    const { run, keyOf } = this.#options;
    try {
      const answers = await run(batch.map(({ request }) => request));
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Out);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      if (keyOf) for (const { request } of batch) this.#busy.delete(keyOf(request));
      this.#inFlight -= 1;
      this.#start();
    }
  }
}

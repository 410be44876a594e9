/** Work on several files at the same time, as long as their bytes together are no more than a block: what is not on the disk yet is never more than that. */
import { BLOCK_BYTES } from '../bundle/limits.ts';

/** As many as the threads that wait for the disk. */
const JOBS_MAX = 4;

export class InFlight {
  readonly #jobs = new Map<Promise<void>, number>();
  #problem: { readonly error: unknown } | undefined;

  /** Begins it once there is room; what went wrong with an earlier one is thrown here. */
  async start(bytes: number, work: () => Promise<void>): Promise<void> {
    while (this.#jobs.size > 0 && !this.#hasRoomFor(bytes)) await Promise.race(this.#jobs.keys());
    this.#throwIfFailed();
    const job = work()
      .catch((error: unknown) => {
        this.#problem ??= { error };
      })
      .finally(() => this.#jobs.delete(job));
    this.#jobs.set(job, bytes);
  }

  /** All of it is done. Throws what went wrong first. */
  async end(): Promise<void> {
    await this.settled();
    this.#throwIfFailed();
  }

  /** Nothing is at work any more, however it ended. */
  async settled(): Promise<void> {
    while (this.#jobs.size > 0) await Promise.race(this.#jobs.keys());
  }

  #hasRoomFor(bytes: number): boolean {
    const taken = [...this.#jobs.values()].reduce((sum, each) => sum + each, 0);
    return this.#jobs.size < JOBS_MAX && taken + bytes <= BLOCK_BYTES;
  }

  #throwIfFailed(): void {
    if (this.#problem !== undefined) throw this.#problem.error;
  }
}

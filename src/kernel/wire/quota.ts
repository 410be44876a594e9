/**
 * Counts what is open, for each holder and in all, and refuses past a bound. Never waits.
 */
import { StatusError } from '../errors.ts';

export class Quota {
  readonly #what: string;
  readonly #perHolder_max: number;
  readonly #total_max: number;
  readonly #held = new Map<string, number>();
  #total = 0;

  /** `what` names it in refusals: "watches". */
  constructor(what: string, perHolder_max: number, total_max: number) {
    this.#what = what;
    this.#perHolder_max = perHolder_max;
    this.#total_max = total_max;
  }

  /** Takes one; the returned function gives it back, once. Throws 429. */
  take(holder: string): () => void {
    const held = this.#held.get(holder) ?? 0;
    if (held >= this.#perHolder_max || this.#total >= this.#total_max) {
      const whose = held >= this.#perHolder_max ? `you have ${held}` : `the server has ${this.#total}`;
      throw new StatusError(
        'TooManyRequests',
        `${whose} ${this.#what} open, which is the limit; close some first`,
        {
          retryAfterSeconds: 10,
        },
      );
    }
    this.#held.set(holder, held + 1);
    this.#total += 1;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#total -= 1;
      const left = (this.#held.get(holder) ?? 1) - 1;
      if (left === 0) this.#held.delete(holder);
      else this.#held.set(holder, left);
    };
  }
}

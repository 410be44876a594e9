/**
 * How fast one user may ask: a token bucket for each. Who is a little too fast waits for their turn; who is much too fast is told when to
 * come again, and told so late that asking again at once gains nothing.
 */
import type { Actor } from '../access.ts';
import { type Clock, sleep } from '../clock.ts';
import { StatusError } from '../errors.ts';

export interface RateLimits {
  /** Requests a second, in the long run. */
  readonly perSecond: number;
  /** Requests at once, after a while without any. */
  readonly burst: number;
}

/** Where the operator says nothing else: far above what a person or a controller asks. */
export const RATE_DEFAULT: RateLimits = { perSecond: 1_000, burst: 3_000 };
/** The longest that a request waits for its turn; past it, it is refused. */
export const TURN_WAIT_MS_MAX = 1_000;
/** How long a refusal takes, so that a client that asks again at once asks once a second on each connection. */
export const REFUSAL_DELAY_MS = 1_000;
/** Users whose rate is remembered; the one who asked least recently is forgotten, and starts afresh. */
const USERS_MAX = 8_192;

export class Rates {
  readonly #clock: Clock;
  readonly #limits: RateLimits;
  /** For each user, when their bucket would be full again, in milliseconds. */
  readonly #full = new Map<string, number>();

  constructor(clock: Clock, limits: RateLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Resolves when the request may go on. Rejects with 429, after a while. */
  async admit({ realm, name }: Actor): Promise<void> {
    const wait_ms = this.#take(`${realm} ${name}`);
    if (wait_ms <= 0) return;
    if (wait_ms <= TURN_WAIT_MS_MAX) {
      await sleep(this.#clock, wait_ms);
      return;
    }
    await sleep(this.#clock, REFUSAL_DELAY_MS);
    throw new StatusError(
      'TooManyRequests',
      `"${name}" asks more than ${this.#limits.perSecond} times a second; ask less often, or watch instead of asking again`,
      { retryAfterSeconds: Math.ceil(wait_ms / 1_000) },
    );
  }

  /** Takes a token; gives how long to wait for it. A wait that is too long takes none. */
  #take(user: string): number {
    const now = this.#clock.now();
    const { perSecond, burst } = this.#limits;
    const full = Math.max(this.#full.get(user) ?? 0, now) + 1_000 / perSecond;
    const wait_ms = full - now - (burst * 1_000) / perSecond;
    if (wait_ms > TURN_WAIT_MS_MAX) return wait_ms;
    this.#full.delete(user);
    this.#full.set(user, full);
    if (this.#full.size > USERS_MAX) {
      const oldest = this.#full.keys().next();
      if (!oldest.done) this.#full.delete(oldest.value);
    }
    return wait_ms;
  }
}

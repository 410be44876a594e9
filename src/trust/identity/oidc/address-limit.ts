/** How often one address may ask: a bucket that refills. Nobody is known yet where it is used, so it counts addresses. */
import type { Clock } from '#kernel/clock.ts';
import { BoundedMap } from '../../bounded-map.ts';

export interface AddressLimitOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly burst: number;
  readonly perSecond: number;
  readonly addresses_max: number;
}

interface Bucket {
  readonly left: number;
  readonly at_ms: number;
}

export class AddressLimit {
  readonly #options: AddressLimitOptions;
  readonly #buckets: BoundedMap<string, Bucket>;

  constructor(options: AddressLimitOptions) {
    this.#options = options;
    this.#buckets = new BoundedMap(options.addresses_max);
  }

  /** 0 when the address may ask now, and counts that it did; else the seconds after which it may. */
  take(address: string): number {
    const { clock, burst, perSecond } = this.#options;
    const now_ms = clock.now();
    const known = this.#buckets.get(address) ?? { left: burst, at_ms: now_ms };
    const refilled = (Math.max(0, now_ms - known.at_ms) / 1000) * perSecond;
    const left = Math.min(burst, known.left + refilled);
    this.#buckets.set(address, { left: left < 1 ? left : left - 1, at_ms: now_ms });
    return left < 1 ? Math.ceil((1 - left) / perSecond) : 0;
  }
}

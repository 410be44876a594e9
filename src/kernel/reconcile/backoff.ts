/**
 * How long to wait before trying again what failed. Pure: time and chance come from the caller.
 */
import type { Random } from '../random.ts';

export interface Backoff {
  /** The delay after the first failure, before jitter. */
  readonly base_ms: number;
  /** No delay is longer. */
  readonly cap_ms: number;
}

/** Quick to see a dependency that is a moment late; a minute at most, so that a repaired engine is soon noticed. */
export const RECONCILE_BACKOFF: Backoff = { base_ms: 200, cap_ms: 60_000 };

/** Doubles with each failure up to the cap; half of it is random, so that many objects do not return at once. */
export function backoffDelay_ms(
  failures: number,
  random: Random,
  backoff: Backoff = RECONCILE_BACKOFF,
): number {
  const doublings = Math.min(Math.max(failures, 1) - 1, 30);
  const full_ms = Math.min(backoff.base_ms * 2 ** doublings, backoff.cap_ms);
  const half_ms = Math.floor(full_ms / 2);
  return full_ms - half_ms + random.below(half_ms + 1);
}

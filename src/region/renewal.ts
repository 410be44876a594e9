/**
 * Looks once a day whether certificates are due, so that a region that runs for years needs no restart for them.
 */
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/logger.ts';

export const RENEWAL_INTERVAL_MS = 24 * 60 * 60 * 1000;

/** Calls `renew` every day until the returned function is called. A failure is logged, and tried again the next day. */
export function renewDaily(clock: Clock, logger: Logger, renew: () => Promise<void>): () => void {
  let cancel = () => {};
  const schedule = () => {
    cancel = clock.after(RENEWAL_INTERVAL_MS, () => {
      renew().catch((error: unknown) => logger.error({ err: error }, 'certificates could not be renewed'));
      schedule();
    });
  };
  schedule();
  return () => cancel();
}

/** Removes expired records now and then, in bounded batches. Nobody depends on it: an expired record is not there. */
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { type ExpiringRecords, RECORD_LIMITS } from '../records.ts';

const SWEEP_INTERVAL_MS = 60_000;
/** Batches in a row; what is left waits for the next time. */
const BATCHES_MAX = 50;

export async function sweepAll(records: Pick<ExpiringRecords, 'sweep'>): Promise<void> {
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    if ((await records.sweep()) < RECORD_LIMITS.sweep_max) return;
  }
}

/** Gives what ends it; resolves when a sweep under way is done. */
export function sweepNowAndThen(
  records: Pick<ExpiringRecords, 'sweep'>,
  clock: Clock,
  logger: Logger,
): () => Promise<void> {
  let stopped = false;
  let running = Promise.resolve();
  let cancel = () => {};
  const wait = () => {
    if (!stopped) cancel = clock.after(SWEEP_INTERVAL_MS, run);
  };
  const run = () => {
    running = sweepAll(records)
      .catch((error: unknown) => logger.warn({ err: error }, 'expired records could not be removed'))
      .then(wait);
  };
  wait();
  return async () => {
    stopped = true;
    cancel();
    await running;
  };
}

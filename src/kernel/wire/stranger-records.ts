/**
 * Bounds what strangers can write: every refused request of somebody unknown is a record, and records are kept for ever. Past a number a
 * minute they are counted, and the count is recorded instead.
 */
import type { AccessLog } from '../access.ts';
import type { Clock } from '../clock.ts';
import { REGION } from '../realm-id.ts';
import { STRANGER_RECORDS_PER_MINUTE_MAX } from './limits.ts';

const WINDOW_MS = 60_000;

export class StrangerRecords {
  readonly #log: AccessLog;
  readonly #clock: Clock;
  #since_ms = 0;
  #count = 0;
  #skipped = 0;

  constructor(log: AccessLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Whether one more may be recorded by itself. */
  admit(requestId: string): boolean {
    const now_ms = this.#clock.now();
    if (now_ms - this.#since_ms >= WINDOW_MS) {
      if (this.#skipped > 0) this.#recordSkipped(requestId);
      this.#since_ms = now_ms;
      this.#count = 0;
      this.#skipped = 0;
    }
    if (this.#count < STRANGER_RECORDS_PER_MINUTE_MAX) {
      this.#count += 1;
      return true;
    }
    this.#skipped += 1;
    return false;
  }

  #recordSkipped(requestId: string): void {
    this.#log.record(REGION, {
      actor: 'anonymous',
      credential: 'none',
      verb: 'record',
      resource: 'access',
      decision: 'unauthenticated',
      reason: `${this.#skipped} more requests without valid credentials were counted, not recorded one by one`,
      code: 401,
      requestId,
    });
  }
}

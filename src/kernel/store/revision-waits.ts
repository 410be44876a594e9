/**
 * Those who wait until a realm in memory has come to a revision that they were told of.
 */
import type { Clock } from '../clock.ts';
import { StatusError } from '../errors.ts';

interface Waiting {
  readonly revision: number;
  /** Ends the wait: with a reason it failed. */
  readonly end: (reason?: StatusError) => void;
}

export class RevisionWaits {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves once `reached` has said so. Throws Timeout with what `current` is then, and the reason of `close`. */
  wait(revision: number, limit_ms: number, current: () => number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        revision,
        end: (reason) => {
          cancel();
          this.#waiting.delete(waiting);
          if (reason) reject(reason);
          else resolve();
        },
      };
      const cancel = this.#clock.after(limit_ms, () => waiting.end(revisionTooLarge(revision, current())));
      this.#waiting.add(waiting);
    });
  }

  reached(revision: number): void {
    for (const waiting of [...this.#waiting]) if (waiting.revision <= revision) waiting.end();
  }

  close(reason: StatusError): void {
    for (const waiting of [...this.#waiting]) waiting.end(reason);
  }
}

function revisionTooLarge(wanted: number, current: number): StatusError {
  return new StatusError('Timeout', `Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

/** Waits for conditions: they are looked at again and again, within a bound. For tests only. */

import { sleep } from '#kernel/clock.ts';
import { wakefulClock } from '#region/clock.ts';

const LOOK_EVERY_MS = 50;

/**
 * Resolves with the first answer that is neither undefined nor false. `what` says what was waited for; when it does not come, the error has it,
 * and what `why` finds then.
 */
export async function until<T>(
  what: string,
  limit_ms: number,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  why: () => Promise<string> | string = () => '',
): Promise<T> {
  const deadline_ms = wakefulClock.now() + limit_ms;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (wakefulClock.now() >= deadline_ms) {
      throw new Error(`not within ${limit_ms / 1000} s: ${what}\n${await why()}`.trim());
    }
    await sleep(wakefulClock, LOOK_EVERY_MS);
  }
}

/** One attempt of something long: it ends when its time is over, when nobody wants it any more, and when the region stops. */
import type { ReconcileContext } from '#kernel/controller.ts';
import { Obstacle } from '#services/compute/obstacle.ts';
import { ATTEMPT_MS_MAX, LOOK_MS } from './limits.ts';

/** `isWanted` is asked again and again. Throws what ended it. */
export async function limited<T>(
  { clock, signal }: Pick<ReconcileContext, 'clock' | 'signal'>,
  isWanted: () => boolean,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  const until_ms = clock.now() + ATTEMPT_MS_MAX;
  let cancel = () => {};
  const look = () => {
    if (!isWanted()) own.abort(new Obstacle('Unwanted', 'it was deleted meanwhile'));
    else if (clock.now() >= until_ms) {
      own.abort(new Obstacle('TooLong', `it took longer than ${ATTEMPT_MS_MAX / 3_600_000} hours`));
    } else cancel = clock.after(LOOK_MS, look);
  };
  cancel = clock.after(LOOK_MS, look);
  try {
    return await work(AbortSignal.any([signal, own.signal]));
  } catch (error) {
    // Whatever it broke off with then: this is why.
    if (own.signal.aborted) throw own.signal.reason;
    throw error;
  } finally {
    cancel();
  }
}

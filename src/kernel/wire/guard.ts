/**
 * Keeps asking, while a stream is open, whether its holder still may have it: a revoked certificate or role must not live on in a
 * watch or a terminal that was opened before. While nothing changes in the realm the answer is the same but for the time, and is asked for less often.
 */
import { isStatusError } from '../errors.ts';
import { REVALIDATION_INTERVAL_MS, REVALIDATION_UNCHANGED_MS } from './limits.ts';
import type { Wire } from './options.ts';
import type { WireRequest } from './request.ts';

/** Calls `end` once, when access is lost. The returned function stops asking. */
export function guard(wire: Wire, request: WireRequest, end: (reason: unknown) => void): () => void {
  let stopped = false;
  let cancel = () => {};
  let asked = { revision: -1, time_ms: wire.clock.now() };

  async function check(): Promise<void> {
    const revision = await wire.realms.use(request.realm, ({ view }) => view.revision);
    const time_ms = wire.clock.now();
    if (revision === asked.revision && time_ms - asked.time_ms < REVALIDATION_UNCHANGED_MS) return;
    await request.recheck();
    asked = { revision, time_ms };
  }
  async function keepChecking(): Promise<void> {
    try {
      await check();
    } catch (error) {
      if (stopped) return;
      if (isLost(error)) {
        wire.logger.info(
          { requestId: request.id, actor: request.actor.name },
          'access was lost; the stream ends',
        );
        end(error);
        return;
      }
      // A question that could not be answered is asked again; the stream was allowed when it was.
      wire.logger.warn({ err: error, requestId: request.id }, 'access could not be checked again');
    }
    if (!stopped) wait();
  }
  const wait = () => {
    cancel = wire.clock.after(REVALIDATION_INTERVAL_MS, () => void keepChecking());
  };
  wait();
  return () => {
    stopped = true;
    cancel();
  };
}

/** The holder's credential or right is gone, or the realm is. */
const isLost = (error: unknown) =>
  isStatusError(error, 'Unauthorized') ||
  isStatusError(error, 'Forbidden') ||
  isStatusError(error, 'NotFound');

/**
 * Keeps asking, while a stream is open, whether its holder still may have it: a revoked certificate or role must not live on in a
 * watch or a terminal that was opened before.
 */
import { isStatusError } from '../errors.ts';
import { REVALIDATION_INTERVAL_MS } from './limits.ts';
import type { Wire } from './options.ts';
import type { WireRequest } from './request.ts';

/** Calls `end` once, when access is lost. The returned function stops asking. */
export function guard(wire: Wire, request: WireRequest, end: (reason: unknown) => void): () => void {
  let stopped = false;
  let cancel = () => {};
  const check = async () => {
    try {
      await request.recheck();
    } catch (error) {
      if (stopped) return;
      if (isStatusError(error, 'Unauthorized') || isStatusError(error, 'Forbidden')) {
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
    if (!stopped) cancel = wire.clock.after(REVALIDATION_INTERVAL_MS, () => void check());
  };
  cancel = wire.clock.after(REVALIDATION_INTERVAL_MS, () => void check());
  return () => {
    stopped = true;
    cancel();
  };
}

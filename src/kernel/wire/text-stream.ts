/**
 * Text subresources (`log`) as chunked text/plain, at the client's pace.
 */
import { once } from 'node:events';
import type { ConnectRequest, TextConnector } from '../connect.ts';
import { guard } from './guard.ts';
import { SLOW_CLIENT_LIMIT_MS } from './limits.ts';
import type { Wire } from './options.ts';
import type { Answer, WireRequest } from './request.ts';

/** Opens the stream (what goes wrong is an HTTP error) and answers with it. `done` runs when it has ended, however it ends. */
export async function textStreamAnswer(
  wire: Wire,
  request: WireRequest,
  connector: TextConnector,
  connect: ConnectRequest,
  done: () => void,
): Promise<Answer> {
  let chunks: AsyncIterable<Uint8Array>;
  try {
    chunks = await connector.open(connect);
  } catch (error) {
    done();
    throw error;
  }
  return {
    type: 'stream',
    run: async (response) => {
      response.writeHead(200, {
        'Content-Type': 'text/plain; charset=utf-8',
        'Transfer-Encoding': 'chunked',
      });
      response.flushHeaders();
      const unguard = guard(wire, request, () => response.destroy());
      const iterator = chunks[Symbol.asyncIterator]();
      try {
        for (;;) {
          const step = await untilAborted(iterator.next(), request.signal);
          if (step === undefined || step.done === true) break;
          if (response.write(step.value)) continue;
          const slow = new AbortController();
          const cancel = wire.clock.after(SLOW_CLIENT_LIMIT_MS, () =>
            slow.abort(new Error('the client takes nothing')),
          );
          try {
            await once(response, 'drain', { signal: AbortSignal.any([slow.signal, request.signal]) });
          } finally {
            cancel();
          }
        }
        response.end();
      } catch (error) {
        // The head is sent: a broken connection is the only way left to say that the text is not whole.
        if (!request.signal.aborted)
          wire.logger.warn({ err: error, requestId: request.id }, 'a text stream broke off');
        response.destroy();
      } finally {
        unguard();
        // Not waited for: a connector that is stuck must not keep the place of one that is not.
        void Promise.resolve(iterator.return?.()).catch(() => {});
        done();
      }
    },
  };
}

/** What a promise gives; undefined when the signal aborts first. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/**
 * Text subresources (`log`) as chunked text/plain, at the client's pace.
 */
import { once } from 'node:events';
import type { ConnectRequest, TextConnector } from '../connect.ts';
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
      try {
        for await (const chunk of chunks) {
          if (response.destroyed || request.signal.aborted) break;
          if (response.write(chunk)) continue;
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
        done();
      }
    },
  };
}

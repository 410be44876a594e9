/**
 * Ends an answer with its whole body. Settles when it is with the operating system or the client has gone, whichever: also where the client
 * had gone before, when no event of the response says so any more. Else whoever waits for it, such as a server that closes, waits for ever.
 */
import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';

/** Its head was set or written before. Never throws. */
export async function sendWhole(response: ServerResponse, body?: Buffer): Promise<void> {
  // A client that goes is no error.
  const over = finished(response).catch(() => {});
  response.end(body);
  await over;
}

/**
 * A watch over WebSocket: a browser keeps six connections of HTTP/1.1 to a server, for all its windows together, and hundreds of WebSockets. Rows of a Table are asked for by
 * subprotocol, and the token goes as one, since a page cannot set headers of a WebSocket.
 */
import { TABLE_PROTOCOL } from '../../../src/kernel/wire/watch-protocol.ts';
import { place } from '../session/place.ts';
import { accessToken } from '../session/session.ts';
import { ask, Unreachable } from './client.ts';
import { connection } from './connection.ts';
import { tokenProtocol } from './token-protocol.ts';

const NORMAL_CLOSURE = 1000;

export interface WatchHandlers {
  opened(): void;
  /** An event as JSON. What it throws ends the watch, and is thrown. */
  event(text: string): void;
}

/**
 * Follows a watch until the region ends it, as it does with each after a while, or the signal aborts. `address` is the path below the realm with its query.
 * Throws ApiError when it is refused, Unreachable when nobody answers or the connection breaks.
 */
export async function follow(address: string, handlers: WatchHandlers, signal: AbortSignal): Promise<void> {
  const token = await accessToken();
  signal.throwIfAborted();
  const protocols = token === undefined ? [TABLE_PROTOCOL] : [TABLE_PROTOCOL, tokenProtocol(token)];
  const socket = new WebSocket(
    `${location.origin.replace(/^http/, 'ws')}${place.prefix}${address}`,
    protocols,
  );
  const ended = Promise.withResolvers<boolean>();
  let wasOpen = false;
  socket.addEventListener('open', () => {
    wasOpen = true;
    connection.reached();
    handlers.opened();
  });
  socket.addEventListener('message', ({ data }) => {
    try {
      handlers.event(String(data));
    } catch (error) {
      ended.reject(error);
    }
  });
  socket.addEventListener('close', ({ code }) => ended.resolve(code === NORMAL_CLOSURE));
  const abort = () => ended.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    if (await ended.promise) return;
  } finally {
    signal.removeEventListener('abort', abort);
    // A browser complains of a socket that is closed before it is open.
    if (socket.readyState === WebSocket.CONNECTING) socket.addEventListener('open', () => socket.close());
    else socket.close();
  }
  if (!wasOpen) await whyRefused(address, signal);
  throw new Unreachable('the connection to the region broke');
}

/** Of a WebSocket that was refused a browser says nothing: the same question over HTTP is refused in words. */
async function whyRefused(address: string, signal: AbortSignal): Promise<void> {
  const answer = await ask(address, { signal });
  await answer.body?.cancel();
}

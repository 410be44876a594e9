/**
 * Where the events of a watch go: the body of an HTTP answer, a line each, or a WebSocket, a text message each, as Kubernetes gives both.
 */
import type { ServerResponse } from 'node:http';
import type { Duplex, Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import { writeChunk } from './chunk.ts';

export interface WatchSink {
  /** Nothing reaches the client any more. */
  readonly isGone: boolean;
  /** Takes whole events. Undefined when it can take more; else what will say `drain`. */
  write(events: readonly Buffer[]): Writable | undefined;
  /** The last event, where there is one, and the end. */
  end(last?: string): void;
  /** Cuts the client off. */
  destroy(): void;
}

/** An answer with `Transfer-Encoding: chunked` whose head was flushed. */
export function responseSink(response: ServerResponse): WatchSink {
  return {
    get isGone() {
      return response.destroyed;
    },
    write: (events) => writeChunk(response, events),
    end: (last) => void response.end(last),
    destroy: () => void response.destroy(),
  };
}

const TEXT = { binary: false } as const;
const NORMAL_CLOSURE = 1000;

/** `socket` is what carries `client`, which compresses nothing: what is sent is with the socket at once. */
export function webSocketSink(client: WebSocket, socket: Duplex): WatchSink {
  return {
    get isGone() {
      return client.readyState !== client.OPEN;
    },
    write(events) {
      socket.cork();
      for (const event of events) client.send(event, TEXT);
      socket.uncork();
      return socket.writableNeedDrain ? socket : undefined;
    },
    end(last) {
      if (last !== undefined) client.send(last);
      client.close(NORMAL_CLOSURE);
    },
    destroy: () => client.terminate(),
  };
}

/**
 * What a terminal needs of a connection, whatever protocol carries its channels.
 */
import type { WebSocket } from 'ws';
import { CHANNEL, frame } from './channels.ts';

export interface ChannelHandlers {
  data(channel: number, data: Buffer): void;
  /** The client will send no more on that channel. */
  end(channel: number): void;
  /** The connection is gone. */
  closed(): void;
}

export interface ChannelSocket {
  /** Once, before anything else. */
  listen(handlers: ChannelHandlers): void;
  /** Resolves when the connection can take more, or is gone. */
  send(channel: number, data: Uint8Array): Promise<void>;
  /** Stops and resumes taking data from the client. */
  pause(): void;
  resume(): void;
  /** Ends the connection once everything was sent. */
  finish(): void;
}

const NORMAL_CLOSURE = 1000;

/** The `channel.k8s.io` protocols: one message, one channel. */
export class WebSocketChannels implements ChannelSocket {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  listen({ data, end, closed }: ChannelHandlers): void {
    this.#socket.on('message', (message: Buffer) => {
      const channel = message[0];
      if (channel === undefined) return;
      if (channel === CHANNEL.close) {
        if (message[1] !== undefined) end(message[1]);
      } else data(channel, message.subarray(1));
    });
    this.#socket.on('close', closed);
    this.#socket.on('error', closed);
  }

  send(channel: number, data: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#socket.send(frame(channel, data), () => resolve()));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  finish(): void {
    this.#socket.close(NORMAL_CLOSURE);
  }
}

/**
 * The channels of a terminal as streams of SPDY/3.1, which is all that `kubectl exec` up to 1.29 speaks. The client opens one stream a
 * channel; the terminal begins when all that its query asks for are there.
 */
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { ChannelHandlers, ChannelSocket } from './channel-socket.ts';
import { CHANNEL } from './channels.ts';
import { STREAM_CREATION_LIMIT_MS } from './limits.ts';
import { parseBoolean } from './query.ts';
import {
  controlFrame,
  dataFrame,
  FRAME_TYPE,
  FrameReader,
  HeaderReader,
  SpdyError,
  type SpdyFrame,
  synReply,
  word,
} from './spdy-frames.ts';

/** What `X-Stream-Protocol-Version` may choose: from v4 on the error stream carries a Status. */
export const SPDY_PROTOCOL = 'v4.channel.k8s.io';

const CHANNEL_OF: Readonly<Record<string, number>> = {
  stdin: CHANNEL.stdin,
  stdout: CHANNEL.stdout,
  stderr: CHANNEL.stderr,
  error: CHANNEL.error,
  resize: CHANNEL.resize,
};

const STREAM_ID_MASK = 0x7fffffff;
const PROTOCOL_ERROR = 1;
const SYN_STREAM_HEAD_BYTES = 10;
/** Stays below the peer's frame limit, whatever a connector writes at once. */
const CHUNK_BYTES_MAX = 256 * 1024;

/** The channels that a query asks for. The error stream is always there. */
function expectedChannels(query: URLSearchParams): Set<number> {
  const tty = parseBoolean(query, 'tty');
  const expected = new Set<number>([CHANNEL.error]);
  if (parseBoolean(query, 'stdin')) expected.add(CHANNEL.stdin);
  if (parseBoolean(query, 'stdout')) expected.add(CHANNEL.stdout);
  if (parseBoolean(query, 'stderr') && !tty) expected.add(CHANNEL.stderr);
  if (tty) expected.add(CHANNEL.resize);
  return expected;
}

export class SpdyChannels implements ChannelSocket {
  readonly #socket: Duplex;
  readonly #headers = new HeaderReader();
  readonly #frames = new FrameReader();
  readonly #channels = new Map<number, number>();
  readonly #streams = new Map<number, number>();
  readonly #missing: Set<number>;
  readonly #ready = Promise.withResolvers<void>();
  #handlers: ChannelHandlers | undefined;
  #early: ((handlers: ChannelHandlers) => void)[] = [];
  #paused: PromiseWithResolvers<void> | undefined;

  /** `head` is what came with the upgrade request already. The 101 answer must have been written. */
  constructor(socket: Duplex, head: Buffer, query: URLSearchParams) {
    this.#socket = socket;
    this.#missing = expectedChannels(query);
    // Whoever does not wait for it must not fall over it.
    this.#ready.promise.catch(() => {});
    void this.#read(head);
  }

  /** Resolves when every stream is there; rejects when they do not come in time, or the client goes. */
  async ready(clock: Clock): Promise<void> {
    const cancel = clock.after(STREAM_CREATION_LIMIT_MS, () =>
      this.#ready.reject(new SpdyError('the streams of the terminal did not come')),
    );
    try {
      await this.#ready.promise;
    } finally {
      cancel();
    }
  }

  listen(handlers: ChannelHandlers): void {
    this.#handlers = handlers;
    for (const tell of this.#early) tell(handlers);
    this.#early = [];
    if (this.#socket.destroyed) handlers.closed();
    else this.#socket.on('close', handlers.closed);
  }

  async send(channel: number, data: Uint8Array): Promise<void> {
    const stream = this.#streams.get(channel);
    if (stream === undefined) return;
    for (let at = 0; at < data.length; at += CHUNK_BYTES_MAX) {
      await this.#write(dataFrame(stream, data.subarray(at, at + CHUNK_BYTES_MAX)));
    }
  }

  pause(): void {
    this.#paused ??= Promise.withResolvers();
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  finish(): void {
    for (const stream of this.#streams.values()) void this.#write(dataFrame(stream, Buffer.alloc(0), true));
    this.#socket.end();
    this.resume();
  }

  #write(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => this.#socket.write(bytes, () => resolve()));
  }

  async #read(head: Buffer): Promise<void> {
    try {
      await this.#take(head);
      for await (const chunk of this.#socket) await this.#take(chunk as Buffer);
      this.#ready.reject(new SpdyError('the client went'));
    } catch (error) {
      this.#ready.reject(error);
      this.#socket.destroy();
    } finally {
      this.#headers.close();
    }
  }

  async #take(chunk: Buffer): Promise<void> {
    for (const spdy of this.#frames.push(chunk)) {
      if (spdy.type === 'data') {
        const channel = this.#channels.get(spdy.stream);
        if (channel === undefined) continue;
        this.#tell((handlers) => handlers.data(channel, spdy.data));
        if (spdy.fin) this.#tell((handlers) => handlers.end(channel));
      } else await this.#control(spdy);
      await this.#paused?.promise;
    }
  }

  /** Data may come before the terminal listens; it is little, for the client waits for the streams to be accepted. */
  #tell(tell: (handlers: ChannelHandlers) => void): void {
    if (this.#handlers) tell(this.#handlers);
    else this.#early.push(tell);
  }

  async #control({ control, fin, payload }: Extract<SpdyFrame, { type: 'control' }>): Promise<void> {
    switch (control) {
      case FRAME_TYPE.synStream: {
        if (payload.length < SYN_STREAM_HEAD_BYTES) throw new SpdyError('a SYN_STREAM that is too short');
        const stream = payload.readUInt32BE(0) & STREAM_ID_MASK;
        const headers = await this.#headers.read(payload.subarray(SYN_STREAM_HEAD_BYTES));
        this.#accept(stream, headers.get('streamtype') ?? '', fin);
        break;
      }
      case FRAME_TYPE.rstStream: {
        if (payload.length < 4) throw new SpdyError('a RST_STREAM that is too short');
        const channel = this.#channels.get(payload.readUInt32BE(0) & STREAM_ID_MASK);
        if (channel === undefined) break;
        this.#streams.delete(channel);
        this.#tell((handlers) => handlers.end(channel));
        break;
      }
      case FRAME_TYPE.ping:
        await this.#write(controlFrame(FRAME_TYPE.ping, payload));
        break;
      case FRAME_TYPE.goAway:
        this.#socket.end();
        break;
    }
  }

  #accept(stream: number, type: string, fin: boolean): void {
    const channel = Object.hasOwn(CHANNEL_OF, type) ? CHANNEL_OF[type] : undefined;
    if (channel === undefined || !this.#missing.delete(channel)) {
      void this.#write(
        controlFrame(FRAME_TYPE.rstStream, Buffer.concat([word(stream), word(PROTOCOL_ERROR)])),
      );
      return;
    }
    const first = this.#streams.size === 0;
    this.#channels.set(stream, channel);
    this.#streams.set(channel, stream);
    void this.#write(synReply(stream, first));
    if (fin) this.#tell((handlers) => handlers.end(channel));
    if (this.#missing.size === 0) this.#ready.resolve();
  }
}

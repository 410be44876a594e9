/**
 * One watch over TLS that costs its process as little as it can: a thousand of them share a core with nothing else, and what is measured is
 * the server. All read into one buffer, and an event that comes whole, as nearly all do, is looked at where it lies. TLS, HTTP's framing
 * and the lines are read for real.
 */
import type { OnReadOpts } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { requestText } from '../lib/connection.ts';
import type { Target } from '../lib/target.ts';

const HEADER_END = Buffer.from('\r\n\r\n');
const BUFFER_BYTES = 65_536;
const CR = 13;
const LF = 10;

/** Of all connections: each takes what it read before the next one reads. */
const shared = Buffer.alloc(BUFFER_BYTES);

export class WatchConnection {
  readonly #socket: TLSSocket;
  readonly #onEvent: (line: Buffer) => void;
  #headDone = false;
  /** What came of an event that is not whole yet. */
  #rest: Buffer | undefined;
  readonly #open = Promise.withResolvers<void>();

  private constructor(target: Target, path: string, onEvent: (line: Buffer) => void) {
    const { host, port, tls } = target;
    this.#onEvent = onEvent;
    const onread: OnReadOpts = {
      buffer: shared,
      callback: (size) => {
        this.#take(shared.subarray(0, size));
        return true;
      },
    };
    const options: ConnectionOptions & { onread: OnReadOpts } = { host, port, ...tls, onread };
    this.#socket = connect(options);
    this.#socket.once('secureConnect', () => this.#socket.write(requestText(target, 'GET', path)));
    this.#socket.on('error', (error) => this.#open.reject(error));
    this.#socket.on('close', () => this.#open.reject(new Error('the connection was closed')));
  }

  /** Resolves when the server has begun to answer. */
  static async open(target: Target, path: string, onEvent: (line: Buffer) => void): Promise<WatchConnection> {
    const connection = new WatchConnection(target, path, onEvent);
    await connection.#open.promise;
    return connection;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(read: Buffer): void {
    let data = this.#rest === undefined ? read : Buffer.concat([this.#rest, read]);
    this.#rest = undefined;
    if (!this.#headDone) {
      const end = data.indexOf(HEADER_END);
      if (end < 0) {
        this.#keep(data);
        return;
      }
      const head = data.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 200 ')) {
        this.#open.reject(new Error(head));
        return;
      }
      this.#headDone = true;
      this.#open.resolve();
      data = data.subarray(end + HEADER_END.length);
    }
    let at = 0;
    while (at < data.length) {
      const lineEnd = data.indexOf(LF, at);
      if (lineEnd < 0) break;
      const size = Number.parseInt(data.toString('latin1', at, lineEnd - 1), 16);
      const from = lineEnd + 1;
      const to = from + size;
      if (to + 2 > data.length) break;
      if (data[to] !== CR || data[to + 1] !== LF) throw new Error('a chunk does not end where it says');
      this.#takeLines(data.subarray(from, to));
      at = to + 2;
    }
    if (at < data.length) this.#keep(data.subarray(at));
  }

  /** The server writes whole lines into a chunk. */
  #takeLines(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      this.#onEvent(from === 0 && end === chunk.length - 1 ? chunk : chunk.subarray(from, end));
      from = end + 1;
    }
    if (from !== chunk.length) throw new Error('a chunk ends in the middle of a line');
  }

  #keep(data: Buffer): void {
    this.#rest = Buffer.from(data);
  }
}

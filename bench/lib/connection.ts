/**
 * One kept-alive HTTP/1.1 connection that costs as little as it can, so that what is measured is the server: one request at a time,
 * written as it is; of the answer only the code and the body. Not for anything but measurements.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Target } from './target.ts';

const HEADER_END = Buffer.from('\r\n\r\n');

export interface HttpAnswer {
  readonly code: number;
  /** Empty of a chunked answer when bodies are not kept. */
  readonly body: Buffer;
  readonly size: number;
}

interface Pending {
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (error: Error) => void;
  readonly onLine: ((line: Buffer) => void) | undefined;
}

export class Connection {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #size = 0;
  #needed = 0;
  #pending: Pending | undefined;
  #head: { readonly code: number; readonly length: number | 'chunked' } | undefined;
  #line: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];
  #partsSize = 0;
  readonly #keepsBodies: boolean;

  private constructor(socket: Socket, keepsBodies: boolean) {
    this.#socket = socket;
    this.#keepsBodies = keepsBodies;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    const broken = (error?: Error) => this.#fail(error ?? new Error('the connection was closed'));
    socket.on('error', broken);
    socket.on('close', () => broken());
  }

  /** Without `keepsBodies` of large answers only the size is known, which spares the client their copying. */
  static async open(target: Target, keepsBodies = true): Promise<Connection> {
    const { host, port, tls } = target;
    const socket = tls ? connectTls({ host, port, ...tls }) : connectTcp({ host, port });
    await new Promise<void>((resolve, reject) => {
      socket.once(tls ? 'secureConnect' : 'connect', () => resolve());
      socket.once('error', reject);
    });
    return new Connection(socket, keepsBodies);
  }

  /** Sends a whole request as it goes over the wire. */
  send(request: string): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject, onLine: undefined };
      this.#socket.write(request);
    });
  }

  /** Sends a request whose answer is a stream of lines, which ends with the connection. */
  stream(request: string, onLine: (line: Buffer) => void): void {
    this.#pending = { resolve: () => {}, reject: () => {}, onLine };
    this.#socket.write(request);
  }

  close(): void {
    this.#pending = undefined;
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    this.#pending?.reject(error);
    this.#pending = undefined;
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#needed) return;
    let data = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    if (!this.#head) {
      const end = data.indexOf(HEADER_END);
      if (end < 0) {
        this.#keep(data, 0);
        return;
      }
      this.#head = parseHead(data.toString('latin1', 0, end));
      data = data.subarray(end + HEADER_END.length);
    }
    const { code, length } = this.#head;
    if (length === 'chunked') this.#takeChunked(data, code);
    else if (data.length < length) this.#keep(data, length);
    else this.#done(code, data.subarray(0, length), data.subarray(length));
  }

  #keep(data: Buffer, needed: number): void {
    this.#chunks = data.length === 0 ? [] : [data];
    this.#size = data.length;
    this.#needed = needed;
  }

  #takeChunked(given: Buffer, code: number): void {
    let data = given;
    for (;;) {
      const end = data.indexOf('\r\n');
      const length = end < 0 ? 0 : Number.parseInt(data.toString('latin1', 0, end), 16);
      const total = end < 0 ? 0 : end + 2 + length + 2;
      if (end < 0 || data.length < total) {
        this.#keep(data, total);
        return;
      }
      if (length === 0) {
        const body = Buffer.concat(this.#parts);
        this.#done(code, body, data.subarray(total), this.#partsSize);
        return;
      }
      this.#part(data.subarray(end + 2, end + 2 + length));
      data = data.subarray(total);
    }
  }

  #part(part: Buffer): void {
    const onLine = this.#pending?.onLine;
    if (!onLine) {
      this.#partsSize += part.length;
      if (this.#keepsBodies) this.#parts.push(part);
      return;
    }
    this.#line = this.#line.length === 0 ? part : Buffer.concat([this.#line, part]);
    for (let end = this.#line.indexOf(10); end >= 0; end = this.#line.indexOf(10)) {
      onLine(this.#line.subarray(0, end));
      this.#line = this.#line.subarray(end + 1);
    }
  }

  #done(code: number, body: Buffer, rest: Buffer, size = body.length): void {
    const pending = this.#pending;
    this.#pending = undefined;
    this.#head = undefined;
    this.#parts = [];
    this.#partsSize = 0;
    this.#keep(rest, 0);
    pending?.resolve({ code, body, size });
  }
}

function parseHead(head: string): { code: number; length: number | 'chunked' } {
  const code = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return { code, length: Number(length) };
  return { code, length: /\r\ntransfer-encoding: *chunked/i.test(head) ? 'chunked' : 0 };
}

/** The text of a request. */
export function requestText(target: Target, method: string, path: string, body?: string): string {
  const head = `${method} ${target.prefix}${path} HTTP/1.1\r\nHost: ${target.host}:${target.port}\r\nAccept: application/json\r\n`;
  if (body === undefined) return `${head}\r\n`;
  return `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

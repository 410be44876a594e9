/**
 * HTTP to one Incus daemon: over its unix socket, or over TLS with a client certificate. Every request has a time
 * limit, answers are bounded, and so are connections and callers waiting for one. It must never log a body: they hold
 * tenants' user data.
 */
import type http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ConnectionOptions } from 'node:tls';
import WebSocket from 'ws';
import type { Clock } from '#kernel/clock.ts';
import { type Envelope, errorFrom, parseEnvelope, readAll, unreachable } from './answers.ts';
import { IncusError } from './errors.ts';
import { trustOnly } from './server-trust.ts';
import { PROBE_LIMIT_MS, SilenceWatch } from './silence.ts';
import type { IncusOperation } from './types.ts';

// Importing it as a module would make Node load all of undici (its exports are read, WebSocket among them): 15 MB for nothing.
const { Agent: PlainAgent, request: plainRequest } = process.getBuiltinModule('node:http');

/** Where the daemon is. */
export type IncusAddress =
  | { readonly socketPath: string }
  | {
      /** `https://host:8443`. */
      readonly url: string;
      /** Ours, and its key; PEM. */
      readonly certificate: string;
      readonly key: string;
      /** The daemon's own certificate or its CA, in PEM: nothing else is trusted. */
      readonly serverCertificate: string;
    }
  | {
      /** There is no daemon, and why: every call throws IncusError `Absent` with this. */
      readonly absent: string;
    };

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeout_ms?: number;
  readonly signal?: AbortSignal;
  /** Goes on waiting, for as long as it may, also for a daemon that hangs: what waits here is worth more than to know. */
  readonly isPatient?: boolean;
}

export interface Answer<T> {
  readonly value: T;
  readonly etag: string | undefined;
}

export const CONNECTIONS_MAX = 16;
/** Waits for operations hold a connection each, so they have their own. */
export const WAITS_MAX = 64;
export const QUEUE_MAX = 512;
export const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
export const REQUEST_TIMEOUT_MS = 30_000;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export class IncusTransport {
  readonly #address: IncusAddress;
  readonly clock: Clock;
  readonly #short: http.Agent;
  readonly #long: http.Agent;
  readonly #tls: ConnectionOptions | undefined;
  readonly #silence: SilenceWatch;
  #pending = 0;
  #closed = false;

  constructor(address: IncusAddress, clock: Clock) {
    this.#address = address;
    this.clock = clock;
    const pool = (maxSockets: number) => ({ keepAlive: true, maxSockets, maxFreeSockets: 4 });
    if ('socketPath' in address || 'absent' in address) {
      this.#tls = undefined;
      this.#short = new PlainAgent(pool(CONNECTIONS_MAX));
      this.#long = new PlainAgent(pool(WAITS_MAX));
    } else {
      const { certificate, key, serverCertificate } = address;
      this.#tls = { cert: certificate, key, ...trustOnly(serverCertificate) };
      this.#short = new https.Agent(pool(CONNECTIONS_MAX));
      this.#long = new https.Agent(pool(WAITS_MAX));
    }
    this.#silence = new SilenceWatch(clock, () => this.#probe());
  }

  /** A synchronous call. Throws IncusError. */
  async get<T>(path: string, options: RequestOptions = {}): Promise<Answer<T>> {
    return this.#call<T>('GET', path, undefined, options);
  }

  /** A list. Incus writes an empty one as null. */
  async list<T>(path: string, options: RequestOptions = {}): Promise<readonly T[]> {
    return (await this.#call<T[] | null>('GET', path, undefined, options)).value ?? [];
  }

  /** Any call that changes something; gives the operation when Incus made one. */
  async send(
    method: Method,
    path: string,
    body?: unknown,
    options: RequestOptions = {},
  ): Promise<{ readonly operation: IncusOperation | undefined; readonly value: unknown }> {
    const { envelope } = await this.#json(method, path, body, options);
    if (envelope.type !== 'async') return { operation: undefined, value: envelope.metadata };
    return { operation: envelope.metadata as IncusOperation, value: undefined };
  }

  /** A GET that may take as long as `options.timeout_ms` says, on a connection of its own kind. */
  async wait<T>(path: string, options: RequestOptions): Promise<Answer<T>> {
    return this.#call<T>('GET', path, undefined, options, this.#long);
  }

  /** A GET whose answer is raw bytes (console log, file), at most `bytes_max`. */
  async raw(path: string, bytes_max: number, options: RequestOptions = {}): Promise<Buffer> {
    const { body, status } = await this.#request('GET', path, undefined, options, this.#short, bytes_max);
    if (status >= 400) throw errorFrom(body, status);
    return body;
  }

  /** Streams a body of known length (an image). */
  async upload(
    path: string,
    body: Readable,
    length_bytes: number,
    options: RequestOptions,
  ): Promise<IncusOperation> {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': String(length_bytes),
      ...options.headers,
    };
    const answer = await this.#request('POST', path, body, { ...options, headers }, this.#long);
    return parseEnvelope(answer.body, answer.status).metadata as IncusOperation;
  }

  /** Opens a WebSocket; resolves when it is open. The caller closes it. */
  async websocket(path: string, query: Readonly<Record<string, string>>): Promise<WebSocket> {
    if (this.#closed) throw new IncusError('Unavailable', 'the connection to Incus was closed');
    const search = `${path}?${new URLSearchParams(query)}`;
    const options = {
      perMessageDeflate: false,
      // Incus pings as it starts a command, and closes without waiting for an answer. A pong that comes after that fails, and Node then
      // drops what was not read yet: the output of a command that ended at once. Incus keeps connections that never answer.
      autoPong: false,
      maxPayload: ANSWER_BYTES_MAX,
      handshakeTimeout: 10_000,
    };
    const address = this.#address;
    if ('absent' in address) throw new IncusError('Absent', address.absent);
    const socket =
      'socketPath' in address
        ? new WebSocket(`ws+unix://${address.socketPath}:${search}`, options)
        : new WebSocket(`${address.url.replace(/^http/, 'ws')}${search}`, { ...options, ...this.#tls });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => {
        socket.pause(); // until the caller listens: nothing that comes early may be lost
        resolve();
      });
      socket.once('error', (error) => reject(unreachable(error)));
    });
    socket.removeAllListeners('error');
    return socket;
  }

  close(): void {
    this.#closed = true;
    this.#short.destroy();
    this.#long.destroy();
  }

  async #call<T>(
    method: Method,
    path: string,
    body: unknown,
    options: RequestOptions,
    agent = this.#short,
  ): Promise<Answer<T>> {
    const { envelope, etag } = await this.#json(method, path, body, options, agent);
    return { value: envelope.metadata as T, etag };
  }

  async #json(
    method: Method,
    path: string,
    body: unknown,
    options: RequestOptions,
    agent = this.#short,
  ): Promise<{ envelope: Envelope; etag: string | undefined }> {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = bytes ? { 'content-type': 'application/json', ...options.headers } : options.headers;
    const withHeaders = headers === undefined ? options : { ...options, headers };
    const answer = await this.#request(method, path, bytes, withHeaders, agent);
    return { envelope: parseEnvelope(answer.body, answer.status), etag: answer.etag };
  }

  async #request(
    method: Method,
    path: string,
    body: Buffer | Readable | undefined,
    options: RequestOptions,
    agent: http.Agent,
    bytes_max = ANSWER_BYTES_MAX,
  ): Promise<{ readonly body: Buffer; readonly status: number; readonly etag: string | undefined }> {
    if (this.#closed) throw new IncusError('Unavailable', 'the connection to Incus was closed');
    if (this.#pending >= QUEUE_MAX) {
      throw new IncusError('Unavailable', `${QUEUE_MAX} requests already wait for Incus; try again shortly`);
    }
    options.signal?.throwIfAborted();
    this.#pending++;
    const limit = new AbortController();
    const timeout_ms = options.timeout_ms ?? REQUEST_TIMEOUT_MS;
    const cancel = this.clock.after(timeout_ms, () =>
      limit.abort(new IncusError('Timeout', `Incus did not answer ${method} ${path} in ${timeout_ms} ms`)),
    );
    const signal = options.signal ? AbortSignal.any([limit.signal, options.signal]) : limit.signal;
    const stopWatching = options.isPatient
      ? undefined
      : this.#silence.watch(() =>
          limit.abort(new IncusError('Timeout', `Incus answers nothing, ${method} ${path} neither`)),
        );
    try {
      const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
        const request = this.#open(method, path, options, agent, signal);
        request.on('response', resolve);
        request.on('error', reject);
        if (body === undefined || Buffer.isBuffer(body)) request.end(body);
        else pipeline(body, request).catch(reject);
      });
      this.#silence.heard();
      const { statusCode = 500, headers } = response;
      return { body: await readAll(response, bytes_max), status: statusCode, etag: headers.etag };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw error instanceof IncusError ? error : unreachable(error as Error);
    } finally {
      cancel();
      stopWatching?.();
      this.#pending--;
    }
  }

  /** Asks what the daemon answers without looking at anything, on a connection of its own: the others may all be waiting. */
  async #probe(): Promise<void> {
    const limit = new AbortController();
    const cancel = this.clock.after(PROBE_LIMIT_MS, () => limit.abort());
    try {
      await new Promise<void>((resolve, reject) => {
        const request = this.#open('GET', '/', {}, false, limit.signal);
        request.once('error', reject);
        request.once('response', (response) => {
          response.resume();
          resolve();
        });
        request.end();
      });
    } finally {
      cancel();
    }
  }

  #open(
    method: Method,
    path: string,
    options: RequestOptions,
    agent: http.Agent | false,
    signal: AbortSignal,
  ): http.ClientRequest {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) query.set(name, String(value));
    }
    const target = query.size > 0 ? `${path}?${query}` : path;
    const common = { method, agent, headers: { ...options.headers }, signal };
    const address = this.#address;
    if ('absent' in address) throw new IncusError('Absent', address.absent);
    return 'socketPath' in address
      ? plainRequest({ ...common, path: target, socketPath: address.socketPath, host: 'incus' })
      : https.request(new URL(target, address.url), { ...common, ...this.#tls });
  }
}

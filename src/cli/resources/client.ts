/**
 * The HTTP client of the command line: one realm, one identity, connections kept alive. Turns every refusal into an
 * ApiError. Bounds every answer it holds in memory.
 */
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { TLSSocketOptions } from 'node:tls';
import { WebSocket } from 'ws';
import type { Status } from '#kernel/errors.ts';
import { ownCommand } from '../own-command.ts';
import { ApiError, CliError } from './errors.ts';
import type { Connection } from './kubeconfig.ts';

const ANSWER_BYTES_MAX = 512 * 1024 * 1024;
const ERROR_BYTES_MAX = 1024 * 1024;
const CONNECT_TIMEOUT_MS = 15_000;
// A line of a watch is one object, and an object has at most 3 MiB.
const LINE_BYTES_MAX = 16 * 1024 * 1024;

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface ClientRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the server's own path: `/api/v1/namespaces`. */
  readonly path: string;
  readonly query?: Query;
  readonly accept?: string;
  readonly body?: unknown;
  /** In place of `body`: as they are. */
  readonly bytes?: Uint8Array;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

export interface ClientAnswer {
  readonly code: number;
  readonly contentType: string;
  readonly body: Buffer;
  /** What the server warns of, such as an unknown field. */
  readonly warnings: readonly string[];
}

function withQuery(path: string, query: Query | undefined): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    if (Array.isArray(value)) for (const one of value) parameters.append(name, one);
    else parameters.append(name, String(value));
  }
  return parameters.size === 0 ? path : `${path}?${parameters}`;
}

/** `299 - "text"` as the text. */
const warningText = (header: string) =>
  /^\d{3} \S+ "((?:[^"\\]|\\.)*)"/.exec(header)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? header;

const UNTRUSTED = 'the server is not certified by the CA in the kubeconfig';

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: `nothing answers there: is the region up? (\`${ownCommand()} status\`)`,
  ENOTFOUND: 'that name does not resolve',
  ETIMEDOUT: 'no answer: is the address right, and does a firewall let you through?',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: 'the server’s certificate is for another address',
  CERT_HAS_EXPIRED: 'the server’s certificate has expired, or this machine’s clock is wrong',
};

export class ApiClient {
  readonly connection: Connection;
  readonly #agent: Agent;
  readonly #tls: TLSSocketOptions & { servername?: string };

  constructor(connection: Connection) {
    this.connection = connection;
    this.#tls = {
      ...(connection.ca === undefined ? {} : { ca: connection.ca }),
      ...(connection.certificate === undefined ? {} : { cert: connection.certificate }),
      ...(connection.key === undefined ? {} : { key: connection.key }),
      ...(connection.serverName === undefined ? {} : { servername: connection.serverName }),
    };
    this.#agent = new Agent({ keepAlive: true, maxSockets: 8, ...this.#tls });
  }

  /** Ends idle connections, so that the process can end. */
  close(): void {
    this.#agent.destroy();
  }

  #unreachable(error: unknown): CliError {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // With several addresses tried, Node wraps the causes and gives no message of its own.
    const message = error instanceof Error && error.message !== '' ? error.message : code;
    const hint = UNREACHABLE[code];
    return new CliError(
      `cannot reach ${this.connection.server}: ${message}`,
      hint === undefined ? {} : { hint },
    );
  }

  #headers(request: ClientRequest): Record<string, string> {
    return {
      Accept: request.accept ?? 'application/json',
      'User-Agent': 'casemate',
      ...(this.connection.token === undefined ? {} : { Authorization: `Bearer ${this.connection.token}` }),
    };
  }

  /** Sends a request; resolves with a 2xx response whose body is still to be read. */
  async stream(request: ClientRequest): Promise<IncomingMessage> {
    const body =
      request.bytes ?? (request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body)));
    const url = new URL(`${this.connection.server}${withQuery(request.path, request.query)}`);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = httpsRequest(url, {
      method: request.method ?? 'GET',
      agent: this.#agent,
      headers: {
        ...this.#headers(request),
        ...(body === undefined
          ? {}
          : { 'Content-Type': request.contentType ?? 'application/json', 'Content-Length': body.length }),
      },
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    outgoing.on('socket', (socket) => {
      if (!socket.connecting) return;
      socket.setTimeout(CONNECT_TIMEOUT_MS, () =>
        outgoing.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })),
      );
      socket.once('secureConnect', () => socket.setTimeout(0));
    });
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.end(body);
    let response: IncomingMessage;
    try {
      response = await promise;
    } catch (error) {
      request.signal?.throwIfAborted();
      throw this.#unreachable(error);
    }
    const code = response.statusCode ?? 0;
    if (code >= 200 && code < 300) return response;
    throw apiErrorOf(code, await readAll(response, ERROR_BYTES_MAX));
  }

  async send(request: ClientRequest): Promise<ClientAnswer> {
    const response = await this.stream(request);
    const warnings = response.headersDistinct.warning ?? [];
    return {
      code: response.statusCode ?? 0,
      contentType: response.headers['content-type'] ?? '',
      body: await readAll(response, ANSWER_BYTES_MAX),
      warnings: warnings.map(warningText),
    };
  }

  /** Sends a request and parses its JSON answer. The caller says what it is. Warnings go to stderr. */
  async json<T>(request: ClientRequest): Promise<T> {
    const answer = await this.send(request);
    for (const warning of answer.warnings) process.stderr.write(`warning: ${warning}\n`);
    return JSON.parse(answer.body.toString('utf8')) as T;
  }

  /** The lines of an answer as they come: a watch. Ends when the server ends it. */
  async *lines(request: ClientRequest): AsyncGenerator<string> {
    const response = await this.stream(request);
    let rest = '';
    for await (const chunk of response.setEncoding('utf8')) {
      rest += chunk;
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 1);
        if (line !== '') yield line;
      }
      if (rest.length > LINE_BYTES_MAX) throw new CliError('the server sent a line too long to be an object');
    }
  }

  /** Opens a WebSocket, paused: listen, then `resume()`. Rejects with the ApiError that the server answered instead. */
  async connect(path: string, query: Query, protocols: readonly string[]): Promise<WebSocket> {
    const url = `${this.connection.server.replace(/^https/, 'wss')}${withQuery(path, query)}`;
    const socket = new WebSocket(url, [...protocols], {
      headers: this.#headers({ path }),
      ...this.#tls,
      perMessageDeflate: false,
    });
    const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
    socket.once('open', () => {
      // What came with the handshake must not be read before somebody listens.
      socket.pause();
      resolve(socket);
    });
    socket.once('error', (error) => reject(this.#unreachable(error)));
    socket.once('unexpected-response', (_request, response) => {
      readAll(response, ERROR_BYTES_MAX).then(
        (body) => reject(apiErrorOf(response.statusCode ?? 0, body)),
        reject,
      );
    });
    return promise;
  }
}

async function readAll(response: IncomingMessage, bytes_max: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytes_max) {
      response.destroy();
      throw new CliError(`the server answered with more than ${bytes_max} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The Status in an answer's body, or one made up for an answer that has none. */
function apiErrorOf(code: number, body: Buffer): ApiError {
  try {
    const status = JSON.parse(body.toString('utf8')) as Partial<Status>;
    if (status.kind === 'Status') return new ApiError({ ...status, code: status.code ?? code });
  } catch {
    // Not from the API itself: a proxy, a load balancer.
  }
  const text = body.toString('utf8').trim().split('\n', 1)[0] ?? '';
  return new ApiError({
    code,
    message: `the server answered ${code}${text === '' ? '' : `: ${text.slice(0, 200)}`}`,
  });
}

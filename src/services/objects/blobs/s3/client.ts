/** Requests to an S3 cluster: signed, bounded in time, and sent again where that may help. Bodies are in memory, so that they can be. */
import { hash } from 'node:crypto';
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { type Clock, sleep } from '#kernel/clock.ts';
import { readRequest } from '../../s3/request.ts';
import { scopeOf, stringsToSign } from '../../s3/signature/canonical.ts';
import { ALGORITHM, type Claim } from '../../s3/signature/claim.ts';
import { hmac, SigningKeys } from '../../s3/signature/signing-keys.ts';
import { percentEncode, percentEncodePath } from '../../s3/uri.ts';
import { parseXml, type XmlElement } from '../../s3/xml/parse.ts';
import { BlobsAwayError, FullDiskError } from '../backend.ts';

const SOCKETS_MAX = 128;
/** Until the head of an answer is there, and then between two pieces of it: so a cluster that hangs is told of while whoever asked still waits. */
export const ANSWER_MS_MAX = 30_000;
const TRIES_MAX = 5;
/** It is not tried again after that. */
export const TRIED_MS_MAX = 30_000;
const AGAIN_MS = 200;
/** Of an answer that is no blob. */
const DOCUMENT_BYTES_MAX = 8 * 2 ** 20;
/** Statuses and codes that say that there is no room; Ceph answers the second. */
const FULL_STATUS = 507;
const FULL_CODES: readonly string[] = ['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull'];
const AGAIN: readonly number[] = [408, 429, 500, 502, 503, 504];

export interface ClusterOptions {
  /** `https://host:port`. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKey: string;
  /** Never logged. */
  readonly secret: string;
  /** PEM. */
  readonly certificateAuthority?: string;
  readonly clock: Clock;
}

export interface ClusterRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD';
  /** Absent: of the bucket. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal;
}

/** The cluster refused it, or could not be reached. */
export class ClusterError extends BlobsAwayError {
  override readonly name = 'ClusterError';
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

export class Cluster {
  readonly #options: ClusterOptions;
  readonly #url: URL;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #keys = new SigningKeys();

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#url = new URL(options.endpoint);
    const { certificateAuthority: ca } = options;
    const settings = { keepAlive: true, maxSockets: SOCKETS_MAX };
    this.#agent =
      this.#url.protocol === 'https:'
        ? new HttpsAgent({ ...settings, ...(ca === undefined ? {} : { ca }) })
        : new HttpAgent(settings);
  }

  /** The answer with its body still to be read. Throws ClusterError (404 too), FullDiskError. */
  async send(asked: ClusterRequest): Promise<IncomingMessage> {
    const { clock } = this.#options;
    const last_ms = clock.now() + TRIED_MS_MAX;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once(asked);
      } catch (error) {
        asked.signal?.throwIfAborted();
        const status = error instanceof ClusterError ? error.status : undefined;
        const mayHelp = status === 0 || (status !== undefined && AGAIN.includes(status));
        if (!mayHelp || tries >= TRIES_MAX || clock.now() >= last_ms) throw error;
        await sleep(clock, AGAIN_MS * 2 ** (tries - 1), asked.signal);
      }
    }
  }

  /** The same, where the answer is a document or nothing. */
  async ask(
    asked: ClusterRequest,
  ): Promise<{ readonly headers: IncomingMessage['headers']; readonly body: Buffer }> {
    const answer = await this.send(asked);
    return { headers: answer.headers, body: await bodyOf(this.piecesOf(answer)) };
  }

  /** What comes of an answer. Throws ClusterError with status 0 when it breaks off, or when nothing more comes for ANSWER_MS_MAX; how long whoever reads takes does not count. */
  async *piecesOf(answer: IncomingMessage): AsyncGenerator<Buffer> {
    const pieces = (answer as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const cancel = this.#options.clock.after(ANSWER_MS_MAX, () =>
          answer.destroy(new Error(`nothing came for ${ANSWER_MS_MAX / 1_000} s`)),
        );
        let next: IteratorResult<Buffer>;
        try {
          next = await pieces.next();
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          throw new ClusterError(`${this.#url.host}: the answer broke off: ${why}`, 0, { cause: error });
        } finally {
          cancel();
        }
        if (next.done) return;
        yield next.value;
      }
    } finally {
      answer.destroy();
    }
  }

  async document(asked: ClusterRequest): Promise<XmlElement> {
    const { body } = await this.ask(asked);
    const root = parseXml(body);
    // A completion answers 200 before it knows.
    if (root.name === 'Error') throw new ClusterError(saidIn(root), 500);
    return root;
  }

  now(): number {
    return this.#options.clock.now();
  }

  close(): void {
    this.#agent.destroy();
  }

  async #once(asked: ClusterRequest): Promise<IncomingMessage> {
    const { method, body, signal } = asked;
    const { target, headers } = this.#signed(asked);
    const { hostname, port, protocol } = this.#url;
    const timeout = new AbortController();
    const cancel = this.#options.clock.after(ANSWER_MS_MAX, () =>
      timeout.abort(new Error(`no answer within ${ANSWER_MS_MAX / 1_000} s`)),
    );
    const options: RequestOptions = {
      method,
      hostname: hostname.replace(/^\[|\]$/g, ''),
      ...(port === '' ? {} : { port }),
      path: target,
      headers,
      agent: this.#agent,
      signal: signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal]),
    };
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const send = protocol === 'https:' ? httpsRequest : httpRequest;
        const request = send(options, resolve);
        request.once('error', (error) => {
          const { message } = timeout.signal.aborted ? (timeout.signal.reason as Error) : error;
          reject(new ClusterError(`${this.#url.host}: ${message}`, 0, { cause: error }));
        });
        request.end(body);
      });
      const { statusCode = 0 } = answer;
      if (statusCode < 300) return answer;
      throw refusal(statusCode, await bodyOf(this.piecesOf(answer)), `${method} ${asked.key ?? ''}`);
    } finally {
      cancel();
    }
  }

  #signed({ method, key, query = {}, headers = {}, body }: ClusterRequest) {
    const { bucket, region, accessKey, secret, clock } = this.#options;
    const path = percentEncodePath(key === undefined ? `/${bucket}` : `/${bucket}/${key}`);
    const pairs = Object.entries(query).map(
      ([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`,
    );
    const target = pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
    const time_ms = clock.now();
    const time = new Date(time_ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
    const sent: Record<string, string> = {
      ...headers,
      host: this.#url.host,
      'content-length': String(body?.length ?? 0),
      'x-amz-content-sha256': hash('sha256', body ?? Buffer.alloc(0), 'hex'),
      'x-amz-date': time,
    };
    const signedHeaders = Object.keys(sent).sort();
    const claim: Claim = {
      kind: 'header',
      accessKey,
      date: time.slice(0, 8),
      region,
      time_ms,
      time,
      signedHeaders,
      signature: Buffer.alloc(0),
    };
    const request = readRequest(method, target, Object.entries(sent).flat());
    const [text = ''] = stringsToSign(request, claim, sent['x-amz-content-sha256'] ?? '');
    const signature = hmac(this.#keys.get(claim, secret), text).toString('hex');
    const authorization = `${ALGORITHM} Credential=${accessKey}/${scopeOf(claim)}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
    return { target, headers: { ...sent, authorization } };
  }
}

async function bodyOf(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of pieces) {
    length += chunk.length;
    if (length > DOCUMENT_BYTES_MAX)
      throw new ClusterError(`an answer has more than ${DOCUMENT_BYTES_MAX} bytes`, 400);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const textOf = (element: XmlElement, name: string): string =>
  element.children.find((child) => child.name === name)?.text ?? '';
const saidIn = (error: XmlElement): string => `${textOf(error, 'Code')}: ${textOf(error, 'Message')}`;

function refusal(status: number, body: Buffer, what: string): Error {
  let said = '';
  try {
    if (body.length > 0) said = saidIn(parseXml(body));
  } catch {
    // Whatever stands before the cluster answered: its status says enough.
  }
  const isFull = status === FULL_STATUS || FULL_CODES.some((code) => said.startsWith(`${code}:`));
  const message = `the S3 cluster below answers ${what} with ${status} ${said}`;
  return isFull ? new FullDiskError(message) : new ClusterError(message, status);
}

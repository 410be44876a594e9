/**
 * A witness over HTTP: `POST <prefix>/add-checkpoint` for logs, `GET <prefix>/checkpoints` for monitors. Needs no authentication: a checkpoint
 * proves itself. Bounded in connections, time and bytes.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ADD_CHECKPOINT_BYTES_MAX } from '#kernel/log/add-checkpoint.ts';
import type { Witness, WitnessAnswer } from './witness.ts';

const CONNECTIONS_MAX = 256;
const REQUEST_MS_MAX = 10_000;
const HEADER_BYTES_MAX = 8 * 1024;

export interface WitnessServerOptions {
  readonly host: string;
  readonly port: number;
  /** PEM. Without it: plain HTTP, which gives nothing away but sizes and origins. */
  readonly tls?: { readonly key: string; readonly cert: string };
  onFault(error: unknown): void;
}

export interface WitnessServer {
  readonly port: number;
  close(): Promise<void>;
}

const plain = (code: number, body: string): WitnessAnswer => ({
  code,
  contentType: 'text/plain; charset=utf-8',
  body: `${body}\n`,
});

/** Reads a body; undefined when it is too long. */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > ADD_CHECKPOINT_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function answer(witness: Witness, incoming: IncomingMessage): Promise<WitnessAnswer> {
  const path = incoming.url?.split('?', 1)[0] ?? '';
  if (path === '/add-checkpoint') {
    if (incoming.method !== 'POST') return plain(405, 'add-checkpoint takes POST');
    const body = await readBody(incoming);
    if (body === undefined) return plain(413, `longer than ${ADD_CHECKPOINT_BYTES_MAX} bytes`);
    return witness.addCheckpoint(body);
  }
  if (path === '/checkpoints') {
    if (incoming.method !== 'GET') return plain(405, 'checkpoints takes GET');
    return { ...plain(200, ''), body: await witness.latest() };
  }
  return plain(404, 'there is POST /add-checkpoint, and GET /checkpoints');
}

function send(response: ServerResponse, { code, contentType, body }: WitnessAnswer): void {
  // What is left of a body that was too long is not waited for.
  const headers = code === 413 ? { Connection: 'close' } : {};
  response.writeHead(code, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/** Listens; resolves when it does. */
export async function serveWitness(witness: Witness, options: WitnessServerOptions): Promise<WitnessServer> {
  const { host, port, tls, onFault } = options;
  const handle: RequestListener = (incoming, response) => {
    answer(witness, incoming).then(
      (found) => send(response, found),
      (error: unknown) => {
        // A client that went away is no fault of ours.
        if (incoming.destroyed && !incoming.complete) return;
        onFault(error);
        send(response, plain(500, 'the witness could not do it; nothing was cosigned'));
      },
    );
  };
  const limits = {
    maxHeaderSize: HEADER_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    headersTimeout: REQUEST_MS_MAX,
  };
  const server: Server = tls ? createTlsServer({ ...limits, ...tls }, handle) : createServer(limits, handle);
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

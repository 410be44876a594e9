/** The endpoint: HTTPS on each address that it was given, with a certificate by the name that the client asks for. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Logger } from '#kernel/logger.ts';
import type { GateCertificate } from '../gate/protocol.ts';
import { endpointOf } from './parts.ts';

const CONNECTIONS_MAX = 4_096;
const HEADER_BYTES_MAX = 32_768;
const HEADERS_TIMEOUT_MS = 20_000;
/** A connection over which nothing moves for so long is given up: whoever sends an object may be slow, but not still. */
const STILL_MS_MAX = 60_000;
const KEEP_ALIVE_MS = 75_000;
const HANDSHAKE_MS_MAX = 10_000;
/** Of organizations' own names, remembered. */
const CONTEXTS_MAX = 1_000;
const CLOSE_GRACE_MS = 5_000;

export interface ListenerOptions {
  readonly listen: readonly { readonly host: string; readonly port: number }[];
  /** The region's name. */
  readonly domain: string;
  readonly certificate: GateCertificate;
  readonly certificateOf: (organization: string) => Promise<GateCertificate | null>;
  readonly onRequest: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly logger: Logger;
}

const contextOf = ({ certificate, privateKey }: GateCertificate): SecureContext =>
  createSecureContext({ cert: certificate, key: privateKey, minVersion: 'TLSv1.2' });

export class Listener {
  readonly #options: ListenerOptions;
  readonly #servers: Server[] = [];
  readonly #contexts = new Map<string, Promise<SecureContext | undefined>>();
  #context: SecureContext;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#context = contextOf(options.certificate);
  }

  /** Resolves once it accepts connections at all of them. */
  async open(): Promise<void> {
    for (const { host, port } of this.#options.listen) {
      const server = this.#server();
      this.#servers.push(server);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, () => {
          server.off('error', reject);
          resolve();
        });
      });
    }
  }

  /** Port of the first address. */
  get port(): number | undefined {
    const address = this.#servers[0]?.address();
    return typeof address === 'object' && address !== null ? address.port : undefined;
  }

  /** For connections from now on; organizations' own are asked for anew. */
  renew(certificate: GateCertificate): void {
    this.#context = contextOf(certificate);
    this.#contexts.clear();
  }

  async close(): Promise<void> {
    const ended = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    for (const server of this.#servers) {
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS).unref();
    }
    await Promise.all(ended);
  }

  #server(): Server {
    const server = createServer(
      {
        SNICallback: (name, done) => {
          this.#named(name).then(
            (context) => done(null, context),
            (error: unknown) => done(error as Error),
          );
        },
        cert: this.#options.certificate.certificate,
        key: this.#options.certificate.privateKey,
        minVersion: 'TLSv1.2',
        handshakeTimeout: HANDSHAKE_MS_MAX,
        maxHeaderSize: HEADER_BYTES_MAX,
        headersTimeout: HEADERS_TIMEOUT_MS,
        // A large object over a slow line takes hours; what stands still is ended below.
        requestTimeout: 0,
        keepAliveTimeout: KEEP_ALIVE_MS,
        noDelay: true,
      },
      (incoming, response) => {
        this.#options.onRequest(incoming, response).catch((error: unknown) => {
          this.#options.logger.error({ err: error }, 'a request broke off');
          response.destroy();
        });
      },
    );
    server.maxConnections = CONNECTIONS_MAX;
    server.setTimeout(STILL_MS_MAX, (socket: Socket) => socket.destroy());
    return server;
  }

  /** An organization's own names have a certificate of their own, which is asked for once. */
  async #named(name: string): Promise<SecureContext> {
    const below = `.${endpointOf(this.#options.domain)}`;
    const organization = name.toLowerCase().endsWith(below)
      ? name.slice(0, -below.length).split('.').at(-1)
      : undefined;
    if (organization === undefined || organization === '') return this.#context;
    let context = this.#contexts.get(organization);
    if (context === undefined) {
      context = this.#options
        .certificateOf(organization)
        .then((found) => (found === null ? undefined : contextOf(found)));
      this.#contexts.set(organization, context);
      context.catch(() => this.#contexts.delete(organization));
      const [oldest] = this.#contexts.keys();
      if (this.#contexts.size > CONTEXTS_MAX && oldest !== undefined) this.#contexts.delete(oldest);
    }
    return (await context) ?? this.#context;
  }
}

/** The endpoint: HTTPS on each address that it was given, with a certificate by the name that the client asks for. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { BlockList, type Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Logger } from '#kernel/logger.ts';
import type { GateCertificate, ListenPlace } from '../gate/protocol.ts';
import { endpointOf } from './parts.ts';

const CONNECTIONS_MAX = 4_096;
const HEADER_BYTES_MAX = 32_768;
const HEADERS_TIMEOUT_MS = 20_000;
/** A connection over which nothing moves for so long is given up: whoever sends an object may be slow, but not still. */
const STILL_MS_MAX = 60_000;
const KEEP_ALIVE_MS = 75_000;
const HANDSHAKE_MS_MAX = 10_000;
/** Of one address of those that a place is only for. */
const CONNECTIONS_OF_ONE_MAX = 256;
/** Of organizations' own names, remembered. */
const CONTEXTS_MAX = 1_000;

export interface ListenerOptions {
  readonly listen: readonly ListenPlace[];
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
  readonly #contexts = new Map<string, Promise<SecureContext | undefined>>();
  readonly #servers: Server[] = [];
  #context: SecureContext;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#context = contextOf(options.certificate);
  }

  /** Resolves once it accepts connections at all of them. */
  async open(): Promise<void> {
    for (const { host, port, within } of this.#options.listen) {
      const server = this.#server();
      if (within !== undefined) onlyWithin(server, within);
      this.#servers.push(server);
      try {
        await listening(server, host, port);
      } catch (error) {
        if (within === undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
        // All others are served.
        const message = `instances do not reach objects: something else listens at port ${port} of this machine (objects.instancesPort)`;
        this.#options.logger.error({ port }, message);
      }
    }
  }

  /** At once: connections break off. */
  close(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  /** For connections from now on; organizations' own are asked for anew. */
  renew(certificate: GateCertificate): void {
    this.#context = contextOf(certificate);
    this.#contexts.clear();
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

const listening = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });

/** Others are let go of before they have said a word; and none of those within has more than its share. */
function onlyWithin(server: Server, ranges: readonly string[]): void {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    list.addSubnet(address, Number(prefix), 'ipv4');
  }
  const isWithin = (address: string | undefined) => address !== undefined && list.check(address, 'ipv4');
  const held = new Map<string, number>();
  server.prependListener('connection', (socket: Socket) => {
    const { remoteAddress = '', localAddress } = socket;
    const count = held.get(remoteAddress) ?? 0;
    if (!isWithin(remoteAddress) || !isWithin(localAddress) || count >= CONNECTIONS_OF_ONE_MAX) {
      socket.destroy();
      return;
    }
    held.set(remoteAddress, count + 1);
    socket.once('close', () => {
      const left = (held.get(remoteAddress) ?? 1) - 1;
      if (left > 0) held.set(remoteAddress, left);
      else held.delete(remoteAddress);
    });
  });
}

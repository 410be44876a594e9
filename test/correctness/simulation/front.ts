/**
 * The HTTP server of one process: the real one, with routing, parsing, options, patches, lists and watches, on connections of the simulation
 * instead of TLS. Who sends a request says by its token who it is.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Authenticator, Authorizer } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import { unauthorized } from '#kernel/errors.ts';
import type { Logger } from '#kernel/logger.ts';
import type { KindRegistry } from '#kernel/registry.ts';
import type { OpenRealms } from '#kernel/store/realms.ts';
import { SeededRandom } from '#kernel/store/test-realms.ts';
import { CLOSE_GRACE_MS } from '#kernel/wire/limits.ts';
import { type ApiServer, createApiServer } from '#kernel/wire/server.ts';
import { testAuthority } from '#kernel/wire/test-certificates.ts';
import type { FaultRates } from './faults.ts';
import { type Connection, connect } from './network.ts';
import type { World } from './world.ts';

export interface FrontOptions {
  readonly world: World;
  readonly rates: () => FaultRates;
  readonly registry: KindRegistry;
  readonly realms: OpenRealms;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What a mistake in the wire makes of a request's URL; see `mistakes.ts`. */
  readonly mistake: ((request: IncomingMessage) => string) | undefined;
}

/** TLS is made, and never used: connections come with their bytes in the clear. */
const tls = testAuthority().server();

const authenticator: Authenticator = {
  async authenticate(realm, { bearerToken }) {
    if (bearerToken === undefined) throw unauthorized('say by a token who you are');
    return { realm, name: bearerToken, groups: [], credential: 'token' };
  },
};

const authorizer: Authorizer = {
  decide: async () => ({ allowed: true, reason: 'everything is allowed' }),
  rules: async () => [],
};

export class Front {
  readonly #world: World;
  readonly #rates: () => FaultRates;
  readonly #clock: Clock;
  readonly #api: ApiServer;
  readonly #server: Server;
  /** Those that are open. */
  readonly #connections = new Set<Connection>();
  readonly #all: Connection[] = [];
  #answering = 0;
  #isOpen = true;
  #idle = () => {};

  private constructor({ world, rates, clock }: FrontOptions, api: ApiServer, server: Server) {
    this.#world = world;
    this.#rates = rates;
    this.#clock = clock;
    this.#api = api;
    this.#server = server;
    server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
      this.#answering += 1;
      world.count('requests');
      response.once('close', () => {
        this.#answering -= 1;
        if (this.#answering === 0) this.#idle();
      });
    });
  }

  static async start(options: FrontOptions): Promise<Front> {
    const { registry, realms, clock, logger, world, mistake } = options;
    let ready = async () => {};
    let server: Server | undefined;
    const api = createApiServer({
      registry,
      realms,
      authenticator,
      authorizer,
      accessLog: realms.access,
      tls,
      clock,
      random: new SeededRandom(world.random.below(2 ** 31)),
      logger,
      version: { casemate: '0.0.0-simulation' },
      extraRoutes(app) {
        server = app.server;
        ready = async () => void (await app.ready());
      },
    });
    await ready();
    if (!server) throw new Error('the server of the wire was not made');
    // These would be in real time; the clients' patience ends sooner.
    server.requestTimeout = 0;
    server.headersTimeout = 0;
    if (mistake) {
      server.prependListener('request', (request: IncomingMessage) => {
        request.url = mistake(request);
      });
    }
    return new Front(options, api, server);
  }

  /** The client's end of a new connection. */
  connect(): Duplex {
    const connection = connect(this.#world, this.#rates);
    this.#all.push(connection);
    if (!this.#isOpen) {
      connection.sever();
      return connection.client;
    }
    this.#connections.add(connection);
    connection.server.once('close', () => this.#connections.delete(connection));
    this.#server.emit('secureConnection', connection.server);
    return connection.client;
  }

  /** As by SIGTERM: no new connections, requests are finished within a bound, then connections end. */
  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#api.close();
    if (this.#answering > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
        this.#clock.after(CLOSE_GRACE_MS, resolve);
      });
    }
    for (const { server } of this.#connections) server.destroy();
  }

  /** As by SIGKILL. */
  kill(): void {
    this.#isOpen = false;
    for (const connection of this.#connections) connection.sever();
  }

  /** The run is over. Node keeps servers and connections that were never closed, and all they lead to. */
  discard(): void {
    this.#server.close();
    for (const { client, server } of this.#all) {
      client.destroy();
      server.destroy();
    }
  }
}

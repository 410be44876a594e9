/**
 * Upgrades to terminals (WebSocket, and SPDY for old kubectl) and to watches (WebSocket): the same way in as any request (path, realm, authentication, authorization,
 * record), then the stream. What is refused is answered as a plain HTTP Status on the socket.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { TerminalConnector } from '../connect.ts';
import { badRequest, forbidden, type Status } from '../errors.ts';
import { isSecretRead, type RequestRecord, recordAllowed } from './access-recorder.ts';
import { errorStatus } from './answer.ts';
import { type ChannelSocket, WebSocketChannels } from './channel-socket.ts';
import { CHANNEL_PROTOCOLS, channelProtocol } from './channels.ts';
import { guard } from './guard.ts';
import { COMMAND_ARGUMENTS_MAX, STREAM_CLOSE_LIMIT_MS, WEBSOCKET_MESSAGE_BYTES_MAX } from './limits.ts';
import type { Wire } from './options.ts';
import { identify, newRecord, reportFailure } from './pipeline.ts';
import type { WireRequest } from './request.ts';
import { authorizeRequest, connectTarget, route } from './resource-request.ts';
import { SPDY_PROTOCOL, SpdyChannels } from './spdy-channels.ts';
import { runTerminal } from './terminal.ts';
import { openWatch } from './watch.ts';
import { watchAccept, watchProtocol } from './watch-protocol.ts';
import { webSocketSink } from './watch-sink.ts';

const GOING_AWAY = 1001;

/** Handles the `upgrade` event of the HTTP server. */
export class Upgrades {
  readonly #wire: Wire;
  readonly #server: WebSocketServer;
  readonly #sockets = new Set<Duplex>();

  constructor(wire: Wire) {
    this.#wire = wire;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: true,
      maxPayload: WEBSOCKET_MESSAGE_BYTES_MAX,
      perMessageDeflate: false,
      handleProtocols: (offered) => channelProtocol(offered) ?? watchProtocol(offered) ?? false,
    });
  }

  handle(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without a listener, a client that goes during the checks would end the process.
    socket.on('error', () => socket.destroy());
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    const id = this.#wire.random.uuid();
    const record = newRecord(id);
    this.#accept(incoming, socket, head, id, record).catch((error: unknown) => {
      const status = errorStatus(error, id);
      reportFailure(this.#wire, record, status, error);
      refuse(socket, status, id);
    });
  }

  async #accept(
    incoming: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    id: string,
    record: RequestRecord,
  ): Promise<void> {
    const wire = this.#wire;
    const gone = new AbortController();
    socket.on('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, wire.closing]);
    const { request, target } = await identify(wire, incoming, id, record, signal);
    if (target.type !== 'resource') throw noUpgrade();
    const { resource, subresource, verb } = route(wire, request, target, record);
    const authorized = await authorizeRequest(wire, request, target, resource, verb);
    refuseForeignOrigin(incoming);
    if (verb === 'watch' && resource.verbs.includes(verb) && isWebSocket(incoming)) {
      const accept = watchAccept(offeredProtocols(incoming));
      const watch = await openWatch(wire, { ...authorized, accept }, resource, target);
      try {
        if (isSecretRead(resource.source, verb) || request.actor.onRecord === true)
          await recordAllowed(wire.accessLog, record, 101);
        const client = await this.#openWebSocket(incoming, socket, head);
        if (client !== undefined) await watch.run(webSocketSink(client, socket));
      } finally {
        watch.close();
      }
      return;
    }
    if (subresource?.type !== 'terminal') throw noUpgrade();
    checkUpgrade(incoming, request.query);
    const { connector, object } = await connectTarget(wire, request, target, resource, subresource);
    if (connector.type !== 'terminal')
      throw new TypeError(`${subresource.name} has a connector of another type`);
    const release = wire.streams.take(`${request.realm} ${request.actor.name}`);
    try {
      await recordAllowed(wire.accessLog, record, 101);
      await this.#runTerminal(incoming, socket, head, authorized, connector, object);
    } finally {
      release();
    }
  }

  /** Resolves when the terminal has ended. */
  async #runTerminal(
    incoming: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    request: WireRequest,
    connector: TerminalConnector,
    object: Parameters<TerminalConnector['open']>[0]['object'],
  ): Promise<void> {
    const { realm, actor, query, signal, id } = request;
    const closed = new Promise<void>((resolve) => socket.once('close', resolve));
    const channels = isSpdy(incoming)
      ? await this.#openSpdy(socket, head, query)
      : await this.#openChannels(incoming, socket, head);
    if (channels === undefined) return;
    const connect = { realm, actor, object, query, signal };
    const unguard = guard(this.#wire, request, () => socket.destroy());
    await runTerminal({ socket: channels, connector, connect, requestId: id, logger: this.#wire.logger });
    await closed;
    unguard();
  }

  async #openChannels(
    incoming: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<ChannelSocket | undefined> {
    const client = await this.#openWebSocket(incoming, socket, head);
    return client && new WebSocketChannels(client);
  }

  /** Undefined when the client went, or said something else than WebSocket; `ws` has answered it then. */
  #openWebSocket(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<WebSocket | undefined> {
    return new Promise((resolve) => {
      socket.once('close', () => resolve(undefined));
      this.#server.handleUpgrade(incoming, socket, head, resolve);
    });
  }

  /** Undefined when the streams did not come; the connection is closed then. */
  async #openSpdy(socket: Duplex, head: Buffer, query: URLSearchParams): Promise<ChannelSocket | undefined> {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${SPDY_PROTOCOL}\r\n\r\n`,
    );
    const channels = new SpdyChannels(socket, head, query);
    try {
      await channels.ready(this.#wire.clock);
      return channels;
    } catch {
      socket.destroy();
      return undefined;
    }
  }

  /** Tells every client to go, and sees that it does. */
  async close(): Promise<void> {
    for (const client of this.#server.clients) client.close(GOING_AWAY, 'the server is closing');
    const open = [...this.#sockets];
    const cancel = this.#wire.clock.after(STREAM_CLOSE_LIMIT_MS, () => {
      for (const socket of open) socket.destroy();
    });
    await Promise.all(
      open.map(
        (socket) =>
          new Promise<void>((resolve) => {
            if (socket.destroyed) resolve();
            else socket.once('close', () => resolve());
          }),
      ),
    );
    cancel();
  }
}

/**
 * A browser sends its certificate with any page's WebSocket, and asks nobody first: only pages of this very host may.
 * Clients that are no browsers send no Origin.
 */
function refuseForeignOrigin({ headers }: IncomingMessage): void {
  const { origin, host } = headers;
  if (origin === undefined) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw forbidden({ kind: 'stream' }, 'pages of another origin may not open streams');
}

const noUpgrade = () => badRequest('only terminals of objects and watches take an upgrade');

const isWebSocket = ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket';

const offeredProtocols = ({ headers }: IncomingMessage): ReadonlySet<string> =>
  new Set((headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim()));

const isSpdy = ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'spdy/3.1';

function checkUpgrade(incoming: IncomingMessage, query: URLSearchParams): void {
  const { headers } = incoming;
  if (isSpdy(incoming)) {
    const offered = String(headers['x-stream-protocol-version'] ?? '').split(',');
    if (!offered.some((name) => name.trim() === SPDY_PROTOCOL)) {
      throw badRequest(`X-Stream-Protocol-Version must offer ${SPDY_PROTOCOL}`);
    }
  } else if (!isWebSocket(incoming)) {
    throw badRequest(
      `upgrade to "${headers.upgrade}" is not supported; terminals speak WebSocket, and SPDY/3.1 for kubectl up to 1.29`,
    );
  } else if (channelProtocol(offeredProtocols(incoming)) === undefined) {
    throw badRequest(`Sec-WebSocket-Protocol must offer ${CHANNEL_PROTOCOLS.join(' or ')}`);
  }
  if (query.getAll('command').length > COMMAND_ARGUMENTS_MAX) {
    throw badRequest(`command: more than ${COMMAND_ARGUMENTS_MAX} words`);
  }
}

const REASON_PHRASE: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

function refuse(socket: Duplex, status: Status, id: string): void {
  if (socket.destroyed || !socket.writable) return;
  const body = JSON.stringify(status);
  socket.end(
    `HTTP/1.1 ${status.code} ${REASON_PHRASE[status.code] ?? 'Error'}\r\nContent-Type: application/json\r\nAudit-Id: ${id}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/**
 * The API server: Fastify over TLS, HTTP/1.1, one handler for everything, because paths follow from the kinds and not from a list of
 * routes. Holds no state of its own but what is open.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import fastify, { type FastifyReply } from 'fastify';
import { errorStatus, statusAnswer } from './answer.ts';
import { Catalogue } from './catalogue.ts';
import { answerClientError } from './client-error.ts';
import { FairShare } from './fair-share.ts';
import { Fanout } from './fanout.ts';
import {
  BODY_BYTES_MAX,
  CLOSE_GRACE_MS,
  CONNECTIONS_MAX,
  HANDSHAKE_TIMEOUT_MS,
  HEADER_BYTES_MAX,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  PEER_PROBING,
  REQUEST_TIMEOUT_MS,
  REQUESTS_MAX,
  REQUESTS_PER_ACTOR_MAX,
  STREAM_END_MS,
  STREAMS_PER_ACTOR_MAX,
  WATCHES_MAX,
  WATCHES_PER_ACTOR_MAX,
} from './limits.ts';
import { ListCache } from './list-cache.ts';
import { OpenRequests } from './open-requests.ts';
import { OpenApi } from './openapi.ts';
import type { ApiServerOptions, Wire } from './options.ts';
import { answerRequest, newRecord, reportFailure } from './pipeline.ts';
import { Quota } from './quota.ts';
import { RATE_DEFAULT, Rates } from './rates.ts';
import type { Answer } from './request.ts';
import { checkRoutes } from './routes.ts';
import { StrangerRecords } from './stranger-records.ts';
import { Upgrades } from './upgrade.ts';

export interface ApiServer {
  /** Resolves when it accepts connections. `port` 0 takes a free one; see `address`. */
  listen(where: { readonly host: string; readonly port: number }): Promise<void>;
  /** Ends watches and terminals, lets requests finish within a bound, and stops. */
  close(): Promise<void>;
  /** Takes a renewed certificate for connections from now on. Throws when key and certificate do not fit. */
  renewTls(tls: ApiServerOptions['tls']): void;
  /** Serves a connection that was accepted elsewhere as one of its own. Whoever accepted it bounds how many there are. */
  take(connection: Socket): void;
  /** Where it listens; undefined before `listen`. */
  readonly address: { readonly host: string; readonly port: number } | undefined;
}

/** Sent with every answer, so that a browser that meets one does nothing clever with it. */
const SECURITY_HEADERS = {
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-cache, private',
} as const;

/** Fastify's own compilers of schemas, with two libraries and ten megabytes, are loaded unless it is given others: routes here have no schema, what is sent is read elsewhere. */
const noSchemas = () => () => {
  throw new Error('routes of the server have no schema');
};

/** Makes the server; nothing listens yet. Throws when the kinds contradict each other. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const closing = new AbortController();
  const catalogue = new Catalogue(options.registry);
  checkRoutes(options.routes ?? []);
  const wire: Wire = {
    ...options,
    connectors: options.connectors ?? {},
    routes: options.routes ?? [],
    catalogue,
    lists: new ListCache(),
    fanout: new Fanout(),
    openapi: new OpenApi(catalogue, options.version.casemate),
    watches: new Quota('watches', WATCHES_PER_ACTOR_MAX, WATCHES_MAX),
    streams: new Quota('terminals and logs', STREAMS_PER_ACTOR_MAX, WATCHES_MAX),
    requests: new Quota('requests', REQUESTS_PER_ACTOR_MAX, REQUESTS_MAX),
    rates: new Rates(options.clock, options.rate ?? RATE_DEFAULT),
    shares: new FairShare({ clock: options.clock, load: options.load ?? (() => 0) }),
    strangers: new StrangerRecords(options.accessLog, options.clock),
    closing: closing.signal,
  };
  const requests = new OpenRequests(closing.signal);
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Closing says so itself, as a Status.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    // What the router cannot read is refused like everything else: as a Status, to who may know.
    frameworkErrors: (_error, request, reply) => void serve(request, reply),
    clientErrorHandler: (error, socket) => answerClientError(error, socket, requests.isAnswering(socket)),
    https: {
      key: options.tls.key,
      cert: options.tls.cert,
      minVersion: 'TLSv1.2',
      // Which authority counts depends on the realm, so the authenticator decides, not the handshake.
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
    },
  });
  /** Answers that are still being streamed; each settles when its last byte is with the operating system. */
  const streams = new Set<Promise<void>>();
  // Bodies are read by the pipeline, after authorization.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  const serve = async (request: { readonly raw: IncomingMessage }, reply: FastifyReply): Promise<void> => {
    const streaming = (await handle(wire, requests, request.raw, reply))?.ended;
    if (streaming) {
      streams.add(streaming);
      void streaming.finally(() => streams.delete(streaming));
    }
  };
  options.extraRoutes?.(app);
  // Served before Fastify looks at the body, which is not its to read. It leaves alone what was taken over.
  app.all('/*', { onRequest: (request, reply, done) => void serve(request, reply).catch(done) }, serve);
  app.setNotFoundHandler(serve);
  // Fastify would refuse some content types by itself, before anybody asked who is there.
  app.setErrorHandler((_error, request, reply) => serve(request, reply));
  app.server.maxConnections = CONNECTIONS_MAX;
  const { idle_ms, interval_ms, probes } = options.peerProbing ?? PEER_PROBING;
  app.server.on('connection', (socket) => socket.setKeepAlive(true, idle_ms, interval_ms, probes));
  const upgrades = new Upgrades(wire);
  app.server.on('upgrade', (request, socket, head) => upgrades.handle(request, socket, head));

  return {
    async listen({ host, port }) {
      await app.listen({ host, port });
    },
    async close() {
      closing.abort(new Error('the server is closing'));
      const over = Promise.withResolvers<void>();
      const cancels = [
        options.clock.after(CLOSE_GRACE_MS, () => app.server.closeAllConnections()),
        options.clock.after(CLOSE_GRACE_MS + STREAM_END_MS, () => {
          wire.logger.error(
            { streams: streams.size },
            'answers did not end though their clients were cut off',
          );
          over.resolve();
        }),
      ];
      // Connections count as idle once their answer is whole, so streams come first; but whoever hangs does not hold up the end.
      await Promise.race([Promise.all([...streams, upgrades.close()]), over.promise]);
      await app.close();
      for (const cancel of cancels) cancel();
    },
    renewTls({ key, cert }) {
      app.server.setSecureContext({ key, cert, minVersion: 'TLSv1.2' });
    },
    take(connection) {
      app.server.emit('connection', connection);
    },
    get address() {
      const address = app.server.address() as AddressInfo | null;
      return address === null ? undefined : { host: address.address, port: address.port };
    },
  };
}

/** Answers a request. For an answer that is streamed, gives what settles when it has ended. */
async function handle(
  wire: Wire,
  requests: OpenRequests,
  incoming: IncomingMessage,
  reply: FastifyReply,
): Promise<{ readonly ended: Promise<void> } | undefined> {
  const id = wire.random.uuid();
  const record = newRecord(id);
  const response = reply.raw;
  const signal = requests.signalOf(response);
  const common: Record<string, string> = { ...SECURITY_HEADERS, 'Audit-Id': id };
  let answer: Answer;
  try {
    answer = await answerRequest(wire, incoming, id, record, signal);
  } catch (error) {
    const status = errorStatus(error, id);
    reportFailure(wire, record, status, error);
    // What is left of a body that was too large is not read: the connection ends instead.
    if (status.code === 413) common.Connection = 'close';
    answer = statusAnswer(status);
  }
  reply.hijack();
  if (answer.type === 'bytes') {
    sendBytes(answer, common, response);
    return undefined;
  }
  for (const [name, value] of Object.entries(common)) response.setHeader(name, value);
  return { ended: runStream(wire, answer.run, response, id) };
}

function sendBytes(
  answer: Extract<Answer, { type: 'bytes' }>,
  common: Readonly<Record<string, string>>,
  response: ServerResponse,
): void {
  const { code, contentType, headers, body } = answer;
  const whole = Buffer.isBuffer(body) ? body : body.length > 1 ? undefined : (body[0] ?? Buffer.alloc(0));
  response.writeHead(code, {
    ...common,
    ...(headers as OutgoingHttpHeaders | undefined),
    'Content-Type': contentType,
    ...(whole === undefined ? {} : { 'Content-Length': whole.length }),
  });
  if (whole !== undefined) response.end(whole);
  // A client that goes is no error; the pipeline has closed both ends by then.
  else pipeline(Readable.from(body), response).catch(() => {});
}

async function runStream(
  wire: Wire,
  run: (response: ServerResponse) => Promise<void>,
  response: ServerResponse,
  id: string,
): Promise<void> {
  const { socket } = response;
  const ended = finished(response).catch(() => {});
  try {
    await run(response);
  } catch (error) {
    wire.logger.error({ err: error, requestId: id }, 'a stream failed');
    response.destroy();
  }
  await ended;
  // A connection that is about to be closed as idle would lose what TLS still holds: say goodbye first.
  if (socket && wire.closing.aborted && !socket.destroyed) {
    socket.end();
    await finished(socket, { readable: false }).catch(() => {});
  }
}

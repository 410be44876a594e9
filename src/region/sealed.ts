/**
 * A region whose master key is sealed: until it is opened, nothing of it can be read, by itself neither. The API answers 503 with the
 * reason, `casemate unseal` opens it over a local socket, and then the start goes on.
 */
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import type { Clock } from '#kernel/clock.ts';
import { unavailable } from '#kernel/errors.ts';
import type { Logger } from '#kernel/logger.ts';
import { readIfThere } from '#trust/files.ts';
import { findMaster } from '#trust/keys/seal/master-store.ts';
import { serveUnsealing } from '#trust/keys/seal/unseal-socket.ts';
import { sealedReason, Unsealing } from '#trust/keys/seal/unsealing.ts';
import type { SymmetricKey } from '#trust/keys/wrapping.ts';
import type { RegionConfig } from './config/schema.ts';
import type { Layout } from './layout.ts';
import { parseListen } from './server-names.ts';

const RETRY_S = 30;
const HEADERS_LIMIT_MS = 10_000;
const CONNECTIONS_MAX = 256;

export const unsealSocket = ({ keys }: Pick<Layout, 'keys'>): string => join(keys, 'unseal.sock');

export interface SealedOptions {
  readonly layout: Layout;
  readonly config: RegionConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called once when it waits to be opened, with why; and again with undefined when it was. */
  onSealed(reason: string | undefined): void;
}

/** The region's master key: at once, or when it was unsealed. Throws, with what to do, when there is none. */
export async function openMasterKey(options: SealedOptions): Promise<SymmetricKey> {
  const { layout, config, logger, onSealed } = options;
  const found = await findMaster(layout.keys, config.keys.seal);
  if ('masterKey' in found) return found.masterKey;
  const unsealing = new Unsealing(found.sealed);
  const socket = await serveUnsealing(unsealSocket(layout), unsealing);
  const server = await serveSealed(options, () => sealedReason(unsealing.state));
  try {
    onSealed(sealedReason(unsealing.state));
    logger.warn({}, sealedReason(unsealing.state));
    const masterKey = await unsealing.masterKey;
    logger.info({ masterKey: masterKey.id }, 'unsealed');
    return masterKey;
  } finally {
    await server?.close();
    await socket.close();
    onSealed(undefined);
  }
}

/** Answers for the API; undefined before a first start, when there is no certificate yet. */
async function serveSealed(
  { layout, config }: SealedOptions,
  reason: () => string,
): Promise<{ close(): Promise<void> } | undefined> {
  const [key, cert] = await Promise.all(
    ['server.key', 'server.crt'].map((name) => readIfThere(join(layout.keys, name))),
  );
  if (key === undefined || cert === undefined) return undefined;
  const server: Server = createServer({ key, cert, minVersion: 'TLSv1.2' }, (request, response) => {
    request.resume();
    const path = request.url ?? '/';
    if (path === '/livez' || path.startsWith('/livez?')) {
      response.writeHead(200, { 'Content-Type': 'text/plain' }).end('ok');
      return;
    }
    const headers = { 'Retry-After': String(RETRY_S), Connection: 'close' };
    if (/^\/(readyz|healthz)(\?|$)/.test(path)) {
      response.writeHead(503, { ...headers, 'Content-Type': 'text/plain' }).end(`sealed: ${reason()}\n`);
      return;
    }
    const status = JSON.stringify(unavailable(reason(), RETRY_S).toStatus());
    response.writeHead(503, { ...headers, 'Content-Type': 'application/json' }).end(status);
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.headersTimeout = HEADERS_LIMIT_MS;
  const { host, port } = parseListen(config.listen);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

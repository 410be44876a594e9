/**
 * `<prefix>/acme`: ACME over HTTP (RFC 8555 §6). Every POST is a JWS: read within a bound, its address the one it came to, its signature
 * verified, its nonce taken once, in this order, before anything is done.
 */
import type { JWK } from 'jose';
import { fromAddress } from '#kernel/client-address.ts';
import type { Clock } from '#kernel/clock.ts';
import { isStatusError, type StatusError } from '#kernel/errors.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Realm, Realms } from '#kernel/realm.ts';
import { RecordsFullError } from '#kernel/records.ts';
import type { RealmRoute, RouteRequest } from '#kernel/route.ts';
import { AddressLimit } from '../identity/oidc/address-limit.ts';
import { addressKey } from '../identity/sign-in/client-address.ts';
import type { AccountServer } from './account-server.ts';
import type { AcmeAnswer, Asked, AskedByAccount, AskedByKey } from './asked.ts';
import { readBody } from './body.ts';
import { publicKeyOf, readJws, verified } from './jws.ts';
import { ADDRESS_BURST, ADDRESS_PER_SECOND, ADDRESSES_MAX } from './limits.ts';
import type { Nonces } from './nonces.ts';
import type { OrderServer } from './order-server.ts';
import { malformed, Problem } from './problem.ts';
import type { RevokeServer } from './revoke-server.ts';

export const ACME_SEGMENT = 'acme';
const RETRY_S = 5;

export interface AcmeServers {
  readonly accounts: AccountServer;
  readonly orders: OrderServer;
  readonly revocations: RevokeServer;
}

export interface AcmeRouteOptions {
  /** `https://host:port`, as clients reach the region. */
  readonly apiUrl: () => string;
  /** Names that the region is reached under beside that one, from inside a tenant's network, say. */
  readonly hostNames?: readonly string[];
  readonly realms: Pick<Realms, 'use' | 'fresh'>;
  readonly servers: AcmeServers;
  readonly nonces: Nonces;
  readonly clock: Clock;
  readonly logger: Logger;
}

type ByAccount = (servers: AcmeServers, asked: AskedByAccount, ...parts: string[]) => Promise<AcmeAnswer>;
type ByKey = (servers: AcmeServers, asked: AskedByKey) => Promise<AcmeAnswer>;

interface Operation {
  readonly path: RegExp;
  /** Who may ask: by the address of an account, by a bare key, or either. */
  readonly byAccount?: ByAccount;
  readonly byKey?: ByKey;
}

const OPERATIONS: readonly Operation[] = [
  { path: /^\/new-account$/, byKey: (servers, asked) => servers.accounts.newAccount(asked) },
  { path: /^\/new-order$/, byAccount: (servers, asked) => servers.orders.newOrder(asked) },
  {
    path: /^\/revoke-cert$/,
    byAccount: (servers, asked) => servers.revocations.revoke(asked),
    byKey: (servers, asked) => servers.revocations.revoke(asked),
  },
  { path: /^\/key-change$/, byAccount: (servers, asked) => servers.accounts.keyChange(asked) },
  {
    path: /^\/account\/([0-9a-f-]{36})$/,
    byAccount: (servers, asked, uid = '') => servers.accounts.account(asked, uid),
  },
  {
    path: /^\/account\/([0-9a-f-]{36})\/orders$/,
    byAccount: (servers, asked, uid = '') => servers.orders.ordersOf(asked, uid),
  },
  {
    path: /^\/order\/([0-9a-f]{32})$/,
    byAccount: (servers, asked, id = '') => servers.orders.order(asked, id),
  },
  {
    path: /^\/order\/([0-9a-f]{32})\/finalize$/,
    byAccount: (servers, asked, id = '') => servers.orders.finalize(asked, id),
  },
  {
    path: /^\/authorization\/([0-9a-f]{32})\/([0-9]{1,2})$/,
    byAccount: (servers, asked, id = '', at = '') => servers.orders.authorization(asked, id, Number(at)),
  },
  {
    path: /^\/challenge\/([0-9a-f]{32})\/([0-9]{1,2})$/,
    byAccount: (servers, asked, id = '', at = '') => servers.orders.challenge(asked, id, Number(at)),
  },
  {
    path: /^\/certificate\/([a-z0-9-]{1,63})\/([a-z0-9-]{1,253})$/,
    byAccount: (servers, asked, project = '', name = '') => servers.orders.certificate(asked, project, name),
  },
];

export function acmeRoute(options: AcmeRouteOptions): RealmRoute {
  const { apiUrl, realms, servers, nonces, clock, logger } = options;
  const limit = new AddressLimit({
    clock,
    burst: ADDRESS_BURST,
    perSecond: ADDRESS_PER_SECOND,
    addresses_max: ADDRESSES_MAX,
  });

  const hostNames = new Set(options.hostNames);

  /** The address that the client uses, if it is one of the region's: addresses in answers, and in what clients sign, begin with it. */
  function originOf(host = ''): string {
    const [, name = '', port = ''] = /^([^:]{1,253})((?::\d{1,5})?)$/.exec(host.toLowerCase()) ?? [];
    return hostNames.has(name) ? `https://${name}${port}` : apiUrl();
  }

  async function answerPost(request: RouteRequest, base: string): Promise<AcmeAnswer> {
    const { path, incoming, requestId, realm: id } = request;
    const found = OPERATIONS.map((one) => ({ one, match: one.path.exec(path) })).find(
      ({ match }) => match !== null,
    );
    if (!found) throw malformed('there is nothing here; begin at the directory', 404);
    const { byAccount, byKey } = found.one;
    const signed = readJws(await readBody(incoming));
    const url = `${base}${path}`;
    if (signed.url !== url) throw new Problem('unauthorized', `url in the protected header is not ${url}`);
    // What accounts there are, and what was taken from them, as of now, whichever process changed it.
    await realms.fresh(id);
    return realms.use(id, async (realm: Realm) => {
      const withKey = signed.jwk !== undefined;
      if (withKey ? byKey === undefined : byAccount === undefined) {
        throw malformed(
          `this is asked with ${withKey ? 'kid, the address of an account' : 'jwk'}, not with ${withKey ? 'jwk' : 'kid'}`,
        );
      }
      const account = withKey ? undefined : servers.accounts.accountOf(realm, base, signed.kid ?? '');
      const key: JWK = account?.status?.key ?? publicKeyOf(signed.jwk);
      const payload = await verified(signed, key);
      if (signed.nonce === undefined || !(await nonces.take(id, signed.nonce))) {
        throw new Problem(
          'badNonce',
          'the nonce was used before, has expired, or is not from here; try again with the new one',
        );
      }
      const asked: Asked = { realm, base, requestId, ...fromAddress(incoming.socket), url, payload };
      const parts = found.match?.slice(1) ?? [];
      if (account && byAccount) return byAccount(servers, { ...asked, account }, ...parts);
      if (byKey) return byKey(servers, { ...asked, key: publicKeyOf(key) });
      throw malformed('this is not asked like that');
    });
  }

  async function answer(request: RouteRequest, base: string): Promise<AcmeAnswer> {
    const { incoming, path } = request;
    const reading = incoming.method === 'GET' || incoming.method === 'HEAD';
    if (path === '/directory' && reading) return { status: 200, body: directoryOf(base) };
    if (path === '/new-nonce' && reading) return { status: incoming.method === 'HEAD' ? 200 : 204 };
    if (incoming.method === 'POST') return answerPost(request, base);
    throw malformed('everything but directory and new-nonce is asked with POST', 405);
  }

  async function handle(request: RouteRequest): Promise<void> {
    const { realm, prefix, path, incoming, requestId } = request;
    const base = `${originOf(incoming.headers.host)}${prefix}/acme`;
    const wait_s = limit.take(addressKey(incoming.socket.remoteAddress));
    if (wait_s > 0) {
      const busy = new Problem('rateLimited', 'too many requests from this address', {
        retryAfter_s: wait_s,
      });
      send(request, base, failure(busy));
      return;
    }
    let sent: Sent;
    try {
      sent = success(await answer(request, base));
    } catch (error) {
      sent = failure(problemOf(error, logger, requestId));
    }
    // A directory needs no nonce; whoever posts gets the next one, after a refusal too.
    const nonce = path === '/directory' ? undefined : await nonces.make(realm).catch(() => undefined);
    send(request, base, sent, nonce);
  }

  return { segment: ACME_SEGMENT, realms: ['organization'], handle };
}

function directoryOf(base: string): Readonly<Record<string, unknown>> {
  return {
    newNonce: `${base}/new-nonce`,
    newAccount: `${base}/new-account`,
    newOrder: `${base}/new-order`,
    revokeCert: `${base}/revoke-cert`,
    keyChange: `${base}/key-change`,
    meta: { externalAccountRequired: true },
  };
}

interface Sent {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
  readonly location?: string;
  readonly up?: string;
  readonly retryAfter_s?: number;
}

function success({ status, body, location, up }: AcmeAnswer): Sent {
  return {
    status,
    ...(location === undefined ? {} : { location }),
    ...(up === undefined ? {} : { up }),
    ...(body === undefined
      ? { body: '' }
      : typeof body === 'string'
        ? { type: 'application/pem-certificate-chain', body }
        : { type: 'application/json', body: JSON.stringify(body) }),
  };
}

function failure(problem: Problem): Sent {
  const { location, retryAfter_s } = problem.options;
  return {
    status: problem.status,
    type: 'application/problem+json',
    body: JSON.stringify(problem),
    ...(location === undefined ? {} : { location }),
    ...(retryAfter_s === undefined ? {} : { retryAfter_s }),
  };
}

function problemOf(error: unknown, logger: Logger, requestId: string): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof RecordsFullError) {
    return new Problem('rateLimited', error.message, { retryAfter_s: RETRY_S });
  }
  if (isStatusError(error)) {
    const { message, code, details } = error as StatusError;
    const retry = details?.retryAfterSeconds === undefined ? {} : { retryAfter_s: details.retryAfterSeconds };
    if (code === 429) return new Problem('rateLimited', message, retry);
    if (code === 403) return new Problem('unauthorized', message);
    if (code === 503 || code === 504)
      return new Problem('serverInternal', message, { status: code, ...retry });
  }
  logger.error({ err: error, requestId }, 'ACME failed');
  return new Problem(
    'serverInternal',
    'something went wrong here; it is in the region’s log under this request id',
  );
}

function send({ incoming, response }: RouteRequest, base: string, sent: Sent, nonce?: string): void {
  const { status, type, body, location, up, retryAfter_s } = sent;
  const links = [`<${base}/directory>;rel="index"`, ...(up === undefined ? [] : [`<${up}>;rel="up"`])];
  response.setHeader('Link', links);
  response.setHeader('Cache-Control', 'no-store');
  if (nonce !== undefined) response.setHeader('Replay-Nonce', nonce);
  if (type !== undefined) response.setHeader('Content-Type', type);
  if (location !== undefined) response.setHeader('Location', location);
  if (retryAfter_s !== undefined) response.setHeader('Retry-After', retryAfter_s);
  // What is left of a body that was too large is not read: the connection ends instead.
  if (status === 413) response.setHeader('Connection', 'close');
  const whole = Buffer.from(incoming.method === 'HEAD' ? '' : body);
  if (status !== 204) response.setHeader('Content-Length', whole.length);
  response.writeHead(status);
  response.end(whole);
}

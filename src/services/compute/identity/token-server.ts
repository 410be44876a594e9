/**
 * Gives programs in instances tokens of the service account that their instance runs as: HTTP at the gateway of one network. Who asks is
 * told by the address alone, which the packet filter has tied to the instance's own interface (`engines/nftables/render.ts`); what they get
 * is decided by the objects as they are at that moment. It must never write a token anywhere.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TOKEN_PORT } from '#engines/nftables/workload-ports.ts';
import type { AccessLog } from '#kernel/access.ts';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Random } from '#kernel/random.ts';
import type { Realms } from '#kernel/realm.ts';
import type { AddressLimit } from '#trust/identity/oidc/address-limit.ts';
import type { ServiceAccountTokens } from '#trust/identity/service-accounts/issue-token.ts';
import { serviceAccountName } from '#trust/identity/service-accounts/names.ts';
import type { InstanceObject } from '../instance.ts';
import { credentialText, type GivenToken, kubeconfigText } from './answers.ts';
import { HEADER_BYTES_MAX, REQUEST_LIMIT_MS, TOKEN_CONNECTIONS_MAX, TOKEN_LIFE_S } from './limits.ts';
import { type Question, type Refusal, readRequest } from './request.ts';
import { accountOf, type Gateway, instanceAt, liveAccount, type Ports } from './workloads.ts';

// Importing it as a module would make Node load all of undici for nothing.
const { createServer } = process.getBuiltinModule('node:http');

export interface TokenServerParts {
  readonly realms: Pick<Realms, 'use'>;
  readonly ports: Ports;
  readonly tokens: ServiceAccountTokens;
  readonly accessLog: AccessLog;
  readonly limit: AddressLimit;
  /** PEM of the CA that signed the API's certificate, and a name in that. */
  readonly ca: string;
  readonly serverName: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Given {
  readonly contentType: string;
  readonly text: string;
  readonly expires_ms?: number;
}

const refusal = (code: number, message: string): Refusal => ({ type: 'refusal', code, message });

/** Listens to nothing yet. */
export function tokenServer(gateway: Gateway, parts: TokenServerParts): Server {
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      requestTimeout: REQUEST_LIMIT_MS,
      headersTimeout: REQUEST_LIMIT_MS,
      connectionsCheckingInterval: REQUEST_LIMIT_MS,
      keepAlive: false,
    },
    (incoming, response) => void serve(gateway, parts, incoming, response),
  );
  server.maxConnections = TOKEN_CONNECTIONS_MAX;
  server.on('clientError', (_error, socket) => socket.destroy());
  return server;
}

async function serve(
  gateway: Gateway,
  parts: TokenServerParts,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.on('error', () => response.destroy());
  const answer = await answerTo(gateway, parts, incoming).catch((error: unknown) => {
    parts.logger.error({ realm: gateway.realm, error: String(error) }, 'an instance got no answer');
    return refusal(500, 'the region cannot answer now; try again');
  });
  const isRefused = 'type' in answer;
  response.writeHead(isRefused ? answer.code : 200, {
    'Content-Type': isRefused ? 'text/plain; charset=utf-8' : answer.contentType,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
    ...(isRefused || answer.expires_ms === undefined
      ? {}
      : { 'Casemate-Expires': rfc3339(answer.expires_ms) }),
  });
  response.end(isRefused ? `${answer.message}\n` : answer.text);
}

async function answerTo(
  gateway: Gateway,
  parts: TokenServerParts,
  incoming: IncomingMessage,
): Promise<Given | Refusal> {
  const socket: Socket = incoming.socket;
  const question = readRequest({
    method: incoming.method ?? '',
    target: incoming.url ?? '',
    headers: incoming.headers,
    remotePort: socket.remotePort ?? Number.POSITIVE_INFINITY,
    host: `${gateway.address}:${TOKEN_PORT}`,
  });
  if (question.type === 'refusal') return question;
  try {
    return await parts.realms.use(gateway.realm, async ({ view }) => {
      const instance = instanceAt(parts.ports, view, gateway, socket.remoteAddress ?? '');
      if (!instance)
        return refusal(
          403,
          'no instance of this network has this address yet, or any more; ask again in a moment',
        );
      const wait_s = parts.limit.take(instance.metadata.uid);
      if (wait_s > 0) return refusal(429, `too many questions; ask again in ${wait_s} s`);
      const name = accountOf(instance);
      const account = name === undefined ? undefined : liveAccount(view, gateway.namespace, name);
      if (!account) {
        const why =
          name === undefined
            ? 'this instance runs as no service account; set spec.serviceAccount of it'
            : `the service account "${name}" is gone`;
        record(gateway, parts, instance, name ?? '', question, 403, why);
        return refusal(403, why);
      }
      if (question.type === 'kubeconfig') {
        const { ca, serverName } = parts;
        const where = { ...gateway, account: account.metadata.name, ca, serverName };
        return { contentType: 'application/yaml', text: kubeconfigText(where) };
      }
      const audiences = question.type === 'token' ? [...question.audiences] : [];
      const spec = { audiences, expirationSeconds: TOKEN_LIFE_S };
      const { token, expires_ms }: GivenToken = await parts.tokens.issue(
        gateway.realm,
        account,
        spec,
        instance.metadata,
      );
      record(gateway, parts, instance, account.metadata.name, question, 200);
      return question.type === 'credential'
        ? { contentType: 'application/json', text: credentialText({ token, expires_ms }), expires_ms }
        : { contentType: 'text/plain; charset=utf-8', text: `${token}\n`, expires_ms };
    });
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return refusal(403, 'this organization is no more');
    throw error;
  }
}

/** Who asked, as what, and for whom: in the realm's access log. */
function record(
  { realm, namespace }: Gateway,
  { accessLog, random }: TokenServerParts,
  { metadata }: InstanceObject,
  account: string,
  question: Question,
  code: number,
  reason?: string,
): void {
  const audience = question.type === 'token' ? question.audiences.join(' ') : '';
  accessLog.record(realm, {
    actor: code === 200 ? serviceAccountName(namespace, account) : 'system:anonymous',
    credential: `instance:${metadata.uid}`,
    verb: 'create',
    resource: 'serviceaccounts/token',
    namespace,
    name: account,
    decision: code === 200 ? 'allowed' : 'denied',
    ...(reason === undefined ? {} : { reason }),
    details: { instance: metadata.name, ...(audience === '' ? {} : { audience }) },
    code,
    requestId: random.uuid(),
  });
}

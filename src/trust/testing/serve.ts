/** A fixture's region served over TLS by the real API server, and clients with real certificates. Tests only. */

import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '#kernel/clock.ts';
import type { Connector } from '#kernel/connect.ts';
import { silentLogger } from '#kernel/logger.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import type { Reviewer } from '#kernel/review.ts';
import { ledgerSource } from '#kernel/wire/ledger-source.ts';
import { createApiServer } from '#kernel/wire/server.ts';
import { kubeconfig } from '../certificates/kubeconfig.ts';
import { newPersonalKey, signingRequest } from '../certificates/personal-key.ts';
import { ensureServerIdentity } from '../certificates/server-identity.ts';
import { ClientCertificate } from '../identity/client-certificate.ts';
import { recordedTerminals } from '../operators/recording/recorded-terminals.ts';
import type { TrustFixture } from './fixture.ts';

export interface ServedRegion {
  readonly url: string;
  /** A client whose user has a ClientCertificate in that realm; made now. */
  client(realm: RealmId, user: string): Promise<ServedClient>;
  /** A client with whatever certificate, or none. */
  anonymous(identity: TlsIdentity): Pick<ServedClient, 'send'>;
  close(): Promise<void>;
}

/** What a client proves itself with; nothing, for somebody without a credential. */
export interface TlsIdentity {
  readonly cert?: string;
  readonly key?: string;
}

export interface ServedClient {
  /** Sends a request with a JSON body and gives the code and the body; of a watch only the code. */
  send(
    method: string,
    path: string,
    body?: string,
  ): Promise<{ readonly code: number; readonly text: string }>;
  /** What it connects with, for those that do more than send requests; `name` is the ClientCertificate's. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string; readonly name: string };
  /** For another realm or its own: the same credential. */
  kubeconfig(realm: RealmId): string;
}

export interface ServeOptions {
  readonly connectors?: Readonly<Record<string, Connector>>;
  /** Answers of sample kinds that are questions. */
  readonly reviews?: Readonly<Record<string, Reviewer>>;
  /** The API server's clock. Default: the system's. */
  readonly clock?: Clock;
}

export async function serve(region: TrustFixture, options: ServeOptions = {}): Promise<ServedRegion> {
  const folder = await mkdtemp(join(tmpdir(), 'casemate-served-'));
  // TLS clients go by the machine's clock, so these certificates do too.
  const certificate = await ensureServerIdentity({
    folder,
    names: { dnsNames: ['localhost'], ips: ['127.0.0.1'] },
    keyring: region.keyring,
    clock: systemClock,
  });
  await rm(folder, { recursive: true });
  const server = createApiServer({
    registry: region.registry,
    realms: region.realms,
    authenticator: region.authenticator,
    authorizer: region.authorizer,
    reviews: { ...region.reviews, ...options.reviews },
    accessLog: region.realms.access,
    ledger: ledgerSource(region.realms.logs),
    tls: { key: certificate.key, cert: certificate.certificate },
    connectors: recordedTerminals(
      { ...region.connectors, ...options.connectors },
      {
        realms: region.realms,
        recordings: region.recordings,
        clock: region.clock,
        random: region.random,
      },
    ),
    clock: options.clock ?? systemClock,
    random: region.random,
    logger: silentLogger,
    version: { casemate: '0.0.0-test' },
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const url = `https://127.0.0.1:${server.address?.port}`;
  const agents: Agent[] = [];
  const sender = (identity: TlsIdentity): Pick<ServedClient, 'send'> => {
    const agent = new Agent({ keepAlive: true, ca: certificate.ca, maxSockets: 8, ...identity });
    agents.push(agent);
    return { send: (method, path, body) => send(agent, `${url}${path}`, method, body) };
  };
  return {
    url,
    anonymous: sender,
    async client(realm, user) {
      const key = newPersonalKey();
      const spec = { user, request: await signingRequest(key) };
      const name = `${user}-served`;
      await region.make(realm, ClientCertificate, { metadata: { name }, spec });
      const { pem } = await region.sign(realm, name);
      return {
        ...sender({ cert: pem, key }),
        tls: { ca: certificate.ca, cert: pem, key, name },
        kubeconfig: (to) =>
          kubeconfig({
            name: user,
            server: `${url}${to === REGION ? '' : to}`,
            ca: certificate.ca,
            certificate: pem,
            key,
          }),
      };
    },
    async close() {
      for (const agent of agents) agent.destroy();
      await server.close();
    },
  };
}

function send(agent: Agent, url: string, method: string, body?: string): ReturnType<ServedClient['send']> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const request = httpsRequest(url, { agent, method, headers }, (response) => {
      const code = response.statusCode ?? 0;
      if (url.includes('watch=') && code === 200) {
        request.destroy();
        resolve({ code, text: '' });
        return;
      }
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ code, text }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

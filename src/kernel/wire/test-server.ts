/**
 * The real API server over TLS on realms in memory, for tests of any room: its certificates, a client, a kubeconfig. Everybody with a
 * certificate of its root is let in, and may do everything unless an authorizer is given. Tests only.
 */
import { X509Certificate } from 'node:crypto';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { AccessLog, AccessRecord, Authenticator, Authorizer } from '../access.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Connector } from '../connect.ts';
import { unauthorized } from '../errors.ts';
import type { Admission, Kind } from '../kind.ts';
import { type Logger, silentLogger } from '../logger.ts';
import { REGION, type RealmId } from '../realm-id.ts';
import type { StoreLimits } from '../store/limits.ts';
import { openTestRealms, type TestRealms } from '../store/test-realms.ts';
import { ledgerSource } from './ledger-source.ts';
import type { ApiServerOptions } from './options.ts';
import { createApiServer } from './server.ts';
import { type TestAuthority, type TestCertificate, testAuthority } from './test-certificates.ts';

export interface TestServerOptions {
  readonly kinds: readonly Kind[];
  readonly connectors?: Readonly<Record<string, Connector>>;
  readonly admissions?: readonly Admission[];
  /** Default: everything is allowed. */
  readonly authorizer?: Authorizer;
  /** Default: every certificate of the test root, in every realm that exists. */
  readonly authenticator?: Authenticator;
  /** Realms to make; see `openTestRealms`. */
  readonly create?: readonly RealmId[];
  /** Bounds of the store. */
  readonly limits?: Partial<StoreLimits>;
  /** The wire's clock; the store's is `testRealms.clock` and stands still. Default: the system's. */
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Where to listen. Default: 127.0.0.1. */
  readonly host?: string;
  readonly options?: Partial<ApiServerOptions>;
}

export interface TestAnswer {
  readonly code: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The body as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  json(): any;
}

export interface TestServer {
  /** `https://127.0.0.1:<port>`. */
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  /** Of the user `alice` in the group `testers`. */
  readonly clientCertificate: TestCertificate;
  readonly authority: TestAuthority;
  readonly testRealms: TestRealms;
  /** What went to the access log, in order. */
  readonly accessRecords: readonly (AccessRecord & { readonly realm: RealmId })[];
  /** Sends one request as `alice` and gives the whole answer. An object as body goes as JSON. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<TestAnswer>;
  /** Sends a request and gives the answer as it begins; `certificate: undefined` sends none. */
  open(path: string, options?: RequestOptions & { certificate?: TestCertificate | undefined }): ClientRequest;
  /** A kubeconfig of `alice` for a realm. */
  kubeconfig(realm?: RealmId, namespace?: string): string;
  close(): Promise<void>;
}

const ALLOW_ALL: Authorizer = {
  decide: async () => ({ allowed: true, reason: 'tests may do everything' }),
  rules: async () => [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
};

/** Starts a server on a free port. Close it, or the test does not end. */
export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const authority = testAuthority();
  const testRealms = await openTestRealms({
    kinds: options.kinds,
    ...(options.create ? { create: options.create } : {}),
    ...(options.admissions ? { admissions: options.admissions } : {}),
    ...(options.limits ? { limits: options.limits } : {}),
  });
  const accessRecords: (AccessRecord & { realm: RealmId })[] = [];
  const accessLog: AccessLog = {
    record(realm, record) {
      accessRecords.push({ realm, ...record });
      return testRealms.realms.access.record(realm, record);
    },
  };
  const server = createApiServer({
    registry: testRealms.registry,
    realms: testRealms.realms,
    authenticator: options.authenticator ?? rootAuthenticator(authority, testRealms),
    authorizer: options.authorizer ?? ALLOW_ALL,
    accessLog,
    connectors: options.connectors ?? {},
    tls: authority.server(),
    ledger: ledgerSource(testRealms.realms.logs),
    clock: options.clock ?? systemClock,
    random: testRealms.random,
    logger: options.logger ?? silentLogger,
    version: { casemate: '0.0.0-test' },
    ...options.options,
  });
  await server.listen({ host: options.host ?? '127.0.0.1', port: 0 });
  const port = server.address?.port ?? 0;
  const url = `https://127.0.0.1:${port}`;
  const clientCertificate = authority.client('alice', ['testers']);
  const agents: HttpsAgent[] = [];
  const agentOf = (certificate: TestCertificate | undefined) => {
    const agent = new HttpsAgent({ keepAlive: true, ca: authority.ca, ...certificate });
    agents.push(agent);
    return agent;
  };
  const alice = agentOf(clientCertificate);
  const open: TestServer['open'] = (path, { certificate, ...rest } = {}) =>
    httpsRequest(`${url}${path}`, {
      agent: certificate === undefined ? alice : agentOf(certificate),
      ...rest,
    });
  return {
    url,
    ca: authority.ca,
    clientCertificate,
    authority,
    testRealms,
    accessRecords,
    open,
    send: (method, path, body, headers = {}) =>
      sendRequest(open(path, requestOptions(method, body, headers)), body),
    kubeconfig: (realm = '/orgs/acme', namespace = 'default') =>
      kubeconfigOf(`${url}${realm === REGION ? '' : realm}`, authority.ca, clientCertificate, namespace),
    async close() {
      await server.close();
      for (const agent of agents) agent.destroy();
      await testRealms.close();
    },
  };
}

function requestOptions(method: string, body: unknown, headers: Record<string, string>): RequestOptions {
  const json =
    body === undefined || Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  return { method, headers: json ? headers : { 'Content-Type': 'application/json', ...headers } };
}

/** Sends what is given and reads the whole answer. */
export async function sendRequest(request: ClientRequest, body?: unknown): Promise<TestAnswer> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', async (response) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of response) chunks.push(chunk as Buffer);
      } catch (error) {
        reject(error);
        return;
      }
      const text = Buffer.concat(chunks).toString();
      resolve({
        code: response.statusCode ?? 0,
        headers: response.headers,
        text,
        json: () => JSON.parse(text),
      });
    });
    if (body === undefined) {
      request.end();
      return;
    }
    const bytes =
      typeof body === 'string' || Buffer.isBuffer(body)
        ? Buffer.from(body)
        : Buffer.from(JSON.stringify(body));
    // Node gives the body of a DELETE no length of its own.
    request.setHeader('Content-Length', bytes.length);
    request.end(bytes);
  });
}

function rootAuthenticator(authority: TestAuthority, { realms }: TestRealms): Authenticator {
  return {
    async authenticate(realm, { clientCertificate }) {
      if (clientCertificate === undefined) throw unauthorized('present a client certificate');
      const certificate = new X509Certificate(clientCertificate);
      if (!certificate.verify(authority.publicKey)) throw unauthorized('a certificate of another authority');
      if (!(await realms.exists(realm))) throw unauthorized(`no realm ${realm}`);
      const subject = certificate.subject.split('\n');
      const values = (key: string) =>
        subject.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
      return {
        realm,
        name: values('CN')[0] ?? '',
        groups: [...values('O'), 'system:authenticated'],
        credential: `certificate:${certificate.serialNumber.toLowerCase()}`,
      };
    },
  };
}

function kubeconfigOf(server: string, ca: string, { cert, key }: TestCertificate, namespace: string): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [
      { name: 'alice', user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'alice', namespace } }],
  });
}

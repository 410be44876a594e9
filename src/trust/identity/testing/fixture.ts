/**
 * Two organizations whose OpenID Providers are served over TLS by the real API server, with real keys and the real store. Signing in is a
 * form that believes whoever says who they are: how somebody proves it is tested where that is done. Tests only.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Authorizer } from '#kernel/access.ts';
import { systemClock } from '#kernel/clock.ts';
import type { ActionRequest } from '#kernel/connect.ts';
import { notFound } from '#kernel/errors.ts';
import type { WrappedKeyStorage } from '#kernel/keys.ts';
import type { Admission, Kind } from '#kernel/kind.ts';
import { type Logger, silentLogger } from '#kernel/logger.ts';
import type { KubeObject } from '#kernel/object.ts';
import { REGION, type RealmId, realmType } from '#kernel/realm-id.ts';
import type { RouteRequest } from '#kernel/route.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { MemoryRecords } from '#kernel/store/memory-records.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { createApiServer } from '#kernel/wire/server.ts';
import { Role } from '../../access/role.ts';
import { RoleBinding } from '../../access/role-binding.ts';
import { ensureServerIdentity } from '../../certificates/server-identity.ts';
import { type Keyring, softwareKeyring } from '../../keys/keyring.ts';
import { memoryKeyStorage } from '../../keys/memory-key-storage.ts';
import { symmetricKey } from '../../keys/wrapping.ts';
import { Project } from '../../testing/kinds.ts';
import { type Identity, openIdentity } from '../identity.ts';
import { IDENTITY_KINDS } from '../kinds.ts';
import type { BackChannelOptions } from '../oidc/back-channel.ts';
import { Group } from '../people/group.ts';
import { User } from '../people/user.ts';
import type { Page, ProviderPages, SignIn } from '../sign-in.ts';
import { ask, Browser, type BrowserAnswer } from './browser.ts';

export const ACME: RealmId = '/orgs/acme';
export const RIVAL: RealmId = '/orgs/rival';

/** The store's timers stand still; the time is the machine's (or what `node:test` makes of it), as the provider reads no other. */
class MachineClock extends ManualClock {
  override now(): number {
    return systemClock.now();
  }
}

const page = (html: string): Page => ({ html, headers: { 'Content-Security-Policy': "default-src 'none'" } });

const TEST_PAGES: ProviderPages = {
  askUserCode: (_request, form, { code = '', wrong }) =>
    page(
      `<h1>code</h1><p>${wrong ? 'wrong' : 'enter'}</p>${form.html}<input form="${form.id}" name="user_code" value="${code}">`,
    ),
  confirmUserCode: (_request, form, { client, code }) =>
    page(`<h1>confirm</h1><p>${client} ${code}</p>${form.html}`),
  deviceSignedIn: () => page('<h1>done</h1>'),
  askSignOut: (_request, form) => page(`<h1>sign out?</h1>${form.html}`),
  signedOut: () => page('<h1>signed out</h1>'),
  problem: (_request, { error, description = '' }) =>
    page(`<h1>problem</h1><p>${error}</p><p>${description}</p>`),
};

/** `?user=<uid>&name=<name>`, by POST, is believed. */
const TEST_SIGN_IN: SignIn = {
  async handle({ incoming, response }, { client, again }) {
    const asked = new URL(incoming.url ?? '/', 'https://x').searchParams;
    const [userUid, user] = [asked.get('uid'), asked.get('user')];
    if (incoming.method === 'POST' && userUid && user) {
      return { userUid, user, strength: 'passkey', at_ms: systemClock.now() };
    }
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end(`<h1>sign in to ${client}${again ? ' again' : ''}</h1>`);
    return undefined;
  },
};

const allowAll: Authorizer = {
  decide: async () => ({ allowed: true, reason: 'test' }),
  rules: async () => [],
};

export interface IdentityFixture extends TestRealms {
  readonly url: string;
  readonly ca: string;
  readonly keyring: Keyring;
  readonly keyStorage: WrappedKeyStorage;
  readonly identity: Identity;
  issuer(realm: RealmId): string;
  make(realm: RealmId, kind: Kind, draft: object, namespace?: string): Promise<KubeObject>;
  remove(realm: RealmId, kind: Kind, name: string, namespace?: string): Promise<void>;
  /** Makes a User and gives its uid. */
  user(realm: RealmId, name: string): Promise<string>;
  uidOf(realm: RealmId, name: string): Promise<string>;
  browser(): Browser;
  /** Does what the person in front of the browser does: opens the page, signs in, and goes on to where that leads. */
  signIn(browser: Browser, url: string, realm: RealmId, name: string): Promise<BrowserAnswer>;
  /** A request on the API with a bearer token. */
  api(realm: RealmId, path: string, token: string, method?: string, body?: object): Promise<BrowserAnswer>;
  /** For `openid-client`. */
  readonly fetch: (url: string, options: object) => Promise<Response>;
  close(): Promise<void>;
}

export interface IdentityFixtureOptions {
  readonly backChannel?: Omit<BackChannelOptions, 'clock'>;
  readonly logger?: Logger;
  /** Kinds beside those of identity, and rules over changes. Default: neither. */
  readonly kinds?: readonly Kind[];
  readonly admissions?: readonly Admission[];
  /** Default: everybody may do everything. */
  readonly authorizer?: (test: TestRealms) => Authorizer;
  readonly secretKind?: Kind;
  readonly isProviderAllowed?: (address: string) => boolean;
  /** Default: pages of tests, where whoever says who they are is believed. */
  readonly pages?: 'real';
}

/** Segments that identity answers at. */
const SEGMENTS = ['oidc', 'scim', 'saml', 'account', 'federation'] as const;

export async function identityFixture(options: IdentityFixtureOptions = {}): Promise<IdentityFixture> {
  const clock = new MachineClock();
  const storage = memoryKeyStorage();
  const masterKey = symmetricKey(randomBytes(32));
  const keyring = softwareKeyring({ region: 'lux', storage, masterKey, clock });
  const test = await openTestRealms({
    kinds: [Project, User, Group, Role, RoleBinding, ...IDENTITY_KINDS, ...(options.kinds ?? [])],
    ...(options.admissions ? { admissions: options.admissions } : {}),
    create: [REGION, ACME, RIVAL],
    keyring,
    clock,
  });
  const { realms, registry } = test;
  const authorizer = options.authorizer?.(test) ?? allowAll;
  const folder = await mkdtemp(join(tmpdir(), 'casemate-identity-'));
  const names = { dnsNames: ['localhost'], ips: ['127.0.0.1'] };
  const tls = await ensureServerIdentity({ folder, names, keyring, clock: systemClock });
  await rm(folder, { recursive: true });
  const opened: { identity?: Identity } = {};
  const identityNow = () => {
    if (!opened.identity) throw new Error('asked before it was open');
    return opened.identity;
  };
  const server = createApiServer({
    registry,
    realms,
    // The address is known only once it listens.
    authenticator: {
      authenticate: (realm, credentials) => identityNow().authenticator.authenticate(realm, credentials),
    },
    routes: SEGMENTS.map((segment) => ({
      segment,
      realms: ['region', 'organization'] as const,
      async handle(request: RouteRequest) {
        const route = identityNow().routes.find((one) => one.segment === segment);
        if (!route?.realms.includes(realmType(request.realm)))
          throw notFound({ kind: 'route', name: segment });
        await route.handle(request);
      },
    })),
    connectors: {
      'serviceaccounts/token': connector('serviceaccounts/token'),
      'oauthclients.identity.casemate.internal/secret': connector(
        'oauthclients.identity.casemate.internal/secret',
      ),
    },
    authorizer,
    accessLog: realms.access,
    tls: { key: tls.key, cert: tls.certificate },
    clock: systemClock,
    random: test.random,
    logger: options.logger ?? silentLogger,
    version: { casemate: '0.0.0-test' },
  });
  function connector(name: string) {
    return {
      type: 'action' as const,
      async call(request: ActionRequest) {
        const found = identityNow().connectors[name];
        if (found?.type !== 'action') throw new Error(`no action ${name}`);
        return found.call(request);
      },
    };
  }
  await server.listen({ host: '127.0.0.1', port: 0 });
  const url = `https://127.0.0.1:${server.address?.port}`;
  const identity = openIdentity({
    apiUrl: url,
    realms,
    keyring,
    storage,
    records: new MemoryRecords(clock),
    authorizer,
    ...(options.secretKind ? { secretKind: options.secretKind } : {}),
    ...(options.isProviderAllowed ? { isProviderAllowed: options.isProviderAllowed } : {}),
    accessLog: realms.access,
    ...(options.pages === 'real'
      ? {}
      : { signIn: () => ({ signIn: TEST_SIGN_IN, routes: [], connectors: {} }), pages: TEST_PAGES }),
    clock,
    logger: options.logger ?? silentLogger,
    backChannel: { ca: tls.ca, ...options.backChannel },
  });
  opened.identity = identity;
  const agent = new Agent({ ca: tls.ca, keepAlive: true });
  const browsers: Browser[] = [];
  const prefix = (realm: RealmId) => (realm === REGION ? '' : realm);

  const fixture: IdentityFixture = {
    ...test,
    url,
    ca: tls.ca,
    keyring,
    keyStorage: storage,
    identity,
    issuer: (realm) => `${url}${prefix(realm)}/oidc`,
    make: (realm, kind, draft, namespace) =>
      realms.use(realm, async ({ resources }) => {
        const object = { apiVersion: kind.apiVersion, kind: kind.kind, metadata: {}, ...draft };
        return (await resources.create(kind, namespace, object, test.context(realm))).object;
      }),
    remove: (realm, kind, name, namespace) =>
      realms.use(realm, async ({ resources }) => {
        const key = { name, ...(namespace === undefined ? {} : { namespace }) };
        await resources.delete(kind, key, test.context(realm));
      }),
    async user(realm, name) {
      const draft = { metadata: { name }, spec: { displayName: `${name} of ${realm}` } };
      return (await fixture.make(realm, User, draft)).metadata.uid;
    },
    uidOf: (realm, name) =>
      realms.use(realm, ({ view }) => view.get(User, { name })?.metadata.uid ?? 'nobody'),
    browser() {
      const browser = new Browser(tls.ca);
      browsers.push(browser);
      return browser;
    },
    async signIn(browser, at, realm, name) {
      const shown = await browser.follow(await browser.get(at));
      if (!shown.text.includes('sign in to')) return shown;
      const uid = await fixture.uidOf(realm, name);
      return browser.follow(await browser.post(`${shown.url}?uid=${uid}&user=${name}`, {}));
    },
    api: (realm, path, token, method = 'GET', body) =>
      ask(agent, `${url}${prefix(realm)}${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          ...(body ? { 'Content-Type': 'application/json' } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      }),
    async fetch(
      to,
      { method = 'GET', headers = {}, body }: { method?: string; headers?: object; body?: unknown },
    ) {
      const sent = Object.fromEntries(new Headers(headers as Record<string, string>));
      const text = body === undefined || body === null ? undefined : String(body);
      const answer = await ask(agent, to, {
        method,
        headers: sent,
        ...(text === undefined ? {} : { body: text }),
      });
      const known = Object.entries(answer.headers).map(([name, value]): [string, string] => [
        name,
        String(value),
      ]);
      return new Response(answer.text === '' ? null : answer.text, { status: answer.code, headers: known });
    },
    async close() {
      for (const browser of browsers) browser.close();
      agent.destroy();
      await server.close();
      await test.close();
    },
  };
  return fixture;
}

/**
 * The sign-in pages of a region with one organization, served over TLS by the real API server, on the real store with its storages in
 * memory. By itself a clock that stands still, and in place of the OpenID Provider a route that hands every interaction to the sign-in
 * room and answers who is signed in as JSON; with `provider`, the real one, which reads no clock but the machine's. Tests only.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessLog, AccessRecord } from '#kernel/access.ts';
import { systemClock } from '#kernel/clock.ts';
import { unauthorized } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { Realm } from '#kernel/realm.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import type { ExpiringRecords } from '#kernel/records.ts';
import type { RealmRoute } from '#kernel/route.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { MemoryRecords } from '#kernel/store/memory-records.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { createApiServer } from '#kernel/wire/server.ts';
import { Role } from '../../../access/role.ts';
import { RoleBinding } from '../../../access/role-binding.ts';
import { ensureServerIdentity } from '../../../certificates/server-identity.ts';
import { softwareKeyring } from '../../../keys/keyring.ts';
import { memoryKeyStorage } from '../../../keys/memory-key-storage.ts';
import { symmetricKey } from '../../../keys/wrapping.ts';
import { realmSealing } from '../../../realm-sealing.ts';
import { sealedRecords } from '../../../sealed-records.ts';
import { Project } from '../../../testing/kinds.ts';
import { openIdentity } from '../../identity.ts';
import { IDENTITY_KINDS } from '../../kinds.ts';
import { peopleAdmission } from '../../people/guard.ts';
import { Invitation } from '../../people/invitation.ts';
import { PEOPLE_KINDS } from '../../people/kinds.ts';
import { User } from '../../people/user.ts';
import { openSignIn } from '../open-sign-in.ts';
import { openPasswords } from '../passwords.ts';
import { type Secret, Vault } from '../vault.ts';

export const ACME: RealmId = '/orgs/acme';

export interface SignInFixture extends TestRealms {
  readonly clock: ManualClock;
  /** `https://localhost:…` */
  readonly url: string;
  /** PEM of the authority that certified the server. */
  readonly ca: string;
  /** PEM of the server's certificate, and of its key. */
  readonly certificate: string;
  readonly key: string;
  /** Hashes that were made since the region was opened. */
  readonly hashes: () => number;
  /** Operations on short-lived records since then, by name. */
  readonly operations: () => Readonly<Record<string, number>>;
  /** What was put on record in the access log. */
  readonly recorded: readonly AccessRecord[];
  make(realm: RealmId, kind: Kind, name: string, spec: object): Promise<KubeObject>;
  change(realm: RealmId, kind: Kind, name: string, spec: object): Promise<void>;
  remove(realm: RealmId, kind: Kind, name: string): Promise<void>;
  /** Makes a user, and an invitation for them; gives its link. */
  invite(realm: RealmId, user: string): Promise<string>;
  /** Asks for the link of an invitation. */
  link(realm: RealmId, invitation: string): Promise<string>;
  /** The link of another invitation for somebody who is there. */
  inviteAgain(realm: RealmId, user: string, name?: string): Promise<string>;
  /** What somebody signs in with, opened. */
  secrets(realm: RealmId, user: string): Promise<readonly Secret[]>;
  /** Where an interaction of a realm begins. */
  interaction(realm: RealmId, id?: string): string;
  inRealm<T>(realm: RealmId, work: (realm: Realm) => Promise<T> | T): Promise<T>;
}

/** Hands everything below `/oidc/interaction/<id>` to the sign-in room. */
function interactions(opened: ReturnType<typeof openSignIn>): RealmRoute {
  return {
    segment: 'oidc',
    realms: ['region', 'organization'],
    async handle(request) {
      const [, id = '', path = ''] = /^\/interaction\/([a-z0-9]+)(\/.*)?$/.exec(request.path) ?? [];
      const interaction = { id, client: 'casemate-console', path, again: false };
      const signedIn = await opened.signIn.handle(request, interaction);
      if (!signedIn) return;
      request.response.writeHead(200, { 'Content-Type': 'application/json' });
      request.response.end(JSON.stringify(signedIn));
    },
  };
}

/** The store's timers stand still; the time is the machine's. */
class MachineClock extends ManualClock {
  override now(): number {
    return systemClock.now();
  }
}

export async function signInFixture(options: { provider?: boolean } = {}): Promise<SignInFixture> {
  const clock = options.provider ? new MachineClock() : new ManualClock();
  const storage = memoryKeyStorage();
  const masterKey = symmetricKey(randomBytes(32));
  const keyring = softwareKeyring({ region: 'lux', storage, masterKey, clock });
  const test = await openTestRealms({
    kinds: [...PEOPLE_KINDS, ...IDENTITY_KINDS, RoleBinding, Role, Project],
    admissions: [peopleAdmission],
    create: [REGION, ACME],
    keyring,
    clock,
  });
  const { realms } = test;
  const recorded: AccessRecord[] = [];
  const accessLog: AccessLog = {
    record(realm, record) {
      recorded.push(record);
      return realms.access.record(realm, record);
    },
  };
  const folder = await mkdtemp(join(tmpdir(), 'casemate-sign-in-'));
  const identity = await ensureServerIdentity({
    folder,
    names: { dnsNames: ['localhost'], ips: ['127.0.0.1'] },
    keyring,
    // TLS clients go by the machine's clock.
    clock: systemClock,
  });
  await rm(folder, { recursive: true });
  const operations: Record<string, number> = {};
  const records = new Proxy<ExpiringRecords>(new MemoryRecords(clock), {
    get(target, name: keyof ExpiringRecords) {
      const method = target[name];
      return (...given: never[]) => {
        operations[name] = (operations[name] ?? 0) + 1;
        return (method as (...all: never[]) => unknown).apply(target, given);
      };
    },
  });
  let hashes = 0;
  const real = openPasswords();
  const counted = {
    hash: (password: string) => {
      hashes += 1;
      return real.hash(password);
    },
    verify: (...given: Parameters<typeof real.verify>) => {
      hashes += 1;
      return real.verify(...given);
    },
  };
  // Their address is known once the server listens; nothing is asked of them before.
  const routes = new Map<string, RealmRoute>();
  const later = (segment: string): RealmRoute => ({
    segment,
    realms: ['region', 'organization'],
    handle: async (request) => routes.get(segment)?.handle(request),
  });
  const server = createApiServer({
    registry: test.registry,
    realms,
    authenticator: { authenticate: () => Promise.reject(unauthorized('only routes are served here')) },
    authorizer: { decide: async () => ({ allowed: false, reason: 'only routes' }), rules: async () => [] },
    accessLog,
    routes: [later('account'), later('oidc')],
    tls: { key: identity.key, cert: identity.certificate },
    clock: systemClock,
    random: test.random,
    logger: silentLogger,
    version: { casemate: '0.0.0-test' },
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const url = `https://localhost:${server.address?.port}`;
  const sealed = sealedRecords(records, realmSealing({ realms, keyring, storage }));
  const parts = { realms, keyring, records: sealed, accessLog, clock, url };
  const opened = openSignIn(parts, counted);
  const provider = openIdentity({
    ...parts,
    apiUrl: url,
    storage,
    records,
    logger: silentLogger,
    signIn: () => opened,
  });
  for (const route of provider.routes) routes.set(route.segment, route);
  if (!options.provider) routes.set('oidc', interactions(opened));

  const fixture: SignInFixture = {
    ...test,
    clock,
    url,
    ca: identity.ca,
    certificate: identity.certificate,
    key: identity.key,
    hashes: () => hashes,
    operations: () => ({ ...operations }),
    recorded,
    inRealm: (realm, work) => realms.use(realm, work),
    make: (realm, kind, name, spec) =>
      realms.use(realm, async ({ resources }) => {
        const draft = { metadata: { name }, spec };
        return (await resources.create(kind, undefined, draft, test.context(realm))).object;
      }),
    change: (realm, kind, name, spec) =>
      realms.use(realm, async ({ resources }) => {
        await resources.modify(kind, { name }, test.context(realm), (current) => ({
          ...current,
          spec: { ...(current.spec as object), ...spec },
        }));
      }),
    remove: (realm, kind, name) =>
      realms.use(realm, async ({ resources }) => {
        await resources.delete(kind, { name }, test.context(realm));
      }),
    async invite(realm, user) {
      await fixture.make(realm, User, user, {
        displayName: `${user.at(0)?.toUpperCase()}${user.slice(1)} Muller`,
      });
      return fixture.inviteAgain(realm, user, user);
    },
    async inviteAgain(realm, user, name = `${user}-again`) {
      await fixture.make(realm, Invitation, name, { user });
      return fixture.link(realm, name);
    },
    async link(realm, name) {
      const object = await realms.use(realm, ({ view }) => view.get(Invitation, { name }));
      const action = opened.connectors[`${Invitation.resource}/link`];
      if (!object || action?.type !== 'action') throw new Error(`invitation "${name}" has no link`);
      const { actor, requestId } = test.context(realm);
      const asked = { realm, actor, object, requestId, body: {}, query: new URLSearchParams() };
      const answer = await action.call({ ...asked, signal: new AbortController().signal });
      return String(answer.url);
    },
    secrets: (id, name) =>
      realms.use(id, async (realm) => {
        const uid = realm.view.entry(User, { name })?.uid ?? '';
        const vault = await Vault.open(realm, keyring, clock, test.context(id));
        return vault.all(uid).map(({ secret }) => secret);
      }),
    interaction: (realm, id = randomBytes(8).toString('hex')) =>
      `${url}${realm === REGION ? '' : realm}/oidc/interaction/${id}`,
    async close() {
      await server.close();
      await keyring.close();
      await test.close();
    },
  };
  return fixture;
}

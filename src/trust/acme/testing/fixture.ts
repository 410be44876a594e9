/**
 * Two organizations with the real ACME server over TLS, real keys, the real store and running controllers. Stand-ins: storages in memory, and
 * what instances there are, which the network service would say. Tests only.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessLog, AccessRecord, Authenticator, Authorizer } from '#kernel/access.ts';
import { systemClock } from '#kernel/clock.ts';
import { unauthorized } from '#kernel/errors.ts';
import { silentLogger } from '#kernel/logger.ts';
import type { Realm } from '#kernel/realm.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { startControllers } from '#kernel/reconcile/start-controllers.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { MemoryRecords } from '#kernel/store/memory-records.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { createApiServer } from '#kernel/wire/server.ts';
import { type RegionIssuers, regionIssuers } from '../../certificates/issuers.ts';
import { ensureServerIdentity, regionNames, rootConstraints } from '../../certificates/server-identity.ts';
import { type Keyring, softwareKeyring } from '../../keys/keyring.ts';
import { memoryKeyStorage } from '../../keys/memory-key-storage.ts';
import { symmetricKey } from '../../keys/wrapping.ts';
import { realmSealing } from '../../realm-sealing.ts';
import { sealedRecords } from '../../sealed-records.ts';
import { Project } from '../../testing/kinds.ts';
import { AcmeAccount, type AcmeAccountObject, type AcmeAccountSpec } from '../account.ts';
import { type Acme, CERTIFICATE_CONTROLLERS, CERTIFICATE_KINDS, openAcme } from '../acme.ts';
import type { Door } from '../names.ts';

export const ACME: RealmId = '/orgs/acme';
export const RIVAL: RealmId = '/orgs/rival';
export const PROJECT = 'shop';

/** The machine's time, moved on as a test likes; certbot and OpenSSL go by the machine's. */
class MovedClock extends ManualClock {
  moved_ms = 0;

  override now(): number {
    return systemClock.now() + this.moved_ms;
  }
}

export interface Binding {
  readonly kid: string;
  readonly hmacKey: string;
}

export interface AcmeFixture extends TestRealms {
  readonly url: string;
  /** PEM of the region's root. */
  readonly ca: string;
  readonly keyring: Keyring;
  readonly issuers: RegionIssuers;
  /** Instances there are, by name, and the doors to them. */
  readonly instances: Map<string, { readonly door?: Door }>;
  readonly records: readonly AccessRecord[];
  /** Moves the region's clock on. */
  moveOn(by_ms: number): void;
  directory(realm?: RealmId): string;
  /** Makes an AcmeAccount and gives what a client registers with. */
  account(name: string, spec: AcmeAccountSpec, realm?: RealmId): Promise<Binding>;
  binding(name: string, realm?: RealmId): Promise<Binding>;
  use<T>(realm: RealmId, work: (realm: Realm) => Promise<T> | T): Promise<T>;
  /** Resolves when the realm's state is as `holds` says, after whichever change makes it so. */
  until(realm: RealmId, holds: (realm: Realm) => boolean): Promise<void>;
  close(): Promise<void>;
}

const nobody: Authenticator = {
  authenticate: async () => {
    throw unauthorized('nobody has a credential here');
  },
};
const never: Authorizer = { decide: async () => ({ allowed: false, reason: 'test' }), rules: async () => [] };

export async function acmeFixture(): Promise<AcmeFixture> {
  const clock = new MovedClock();
  const storage = memoryKeyStorage();
  const keyring = softwareKeyring({
    region: 'lux',
    storage,
    masterKey: symmetricKey(randomBytes(32)),
    clock,
  });
  const test = await openTestRealms({
    kinds: [Project, ...CERTIFICATE_KINDS],
    create: [REGION, ACME, RIVAL],
    keyring,
    clock,
  });
  const { realms } = test;
  const names = { dnsNames: ['localhost', 'lux.casemate.internal'], ips: ['127.0.0.1'] };
  const folder = await mkdtemp(join(tmpdir(), 'casemate-acme-'));
  const records: AccessRecord[] = [];
  const accessLog: AccessLog = {
    record(_realm, record) {
      records.push(record);
      return { durable: Promise.resolve() };
    },
  };
  const instances = new Map<string, { readonly door?: Door }>();
  const opened: { url: string; acme?: Acme } = { url: '' };
  const apiUrl = () => opened.url;
  const issuers = regionIssuers({
    region: 'lux',
    keyring,
    constraints: rootConstraints(names),
    ownNames: regionNames(names),
    apiUrl,
    clock,
  });
  const tls = await ensureServerIdentity({ folder, names, keyring, issuers, clock });
  await rm(folder, { recursive: true });
  const acme = openAcme({
    apiUrl,
    hostNames: names.dnsNames,
    realms,
    keyring,
    storage,
    records: sealedRecords(new MemoryRecords(clock), realmSealing({ realms, keyring, storage })),
    issuers,
    names: { find: (_view, { name }) => instances.get(name) },
    accessLog,
    clock,
    logger: silentLogger,
  });
  const server = createApiServer({
    registry: test.registry,
    realms,
    authenticator: nobody,
    authorizer: never,
    accessLog: realms.access,
    routes: acme.routes,
    connectors: acme.connectors,
    tls: { key: tls.key, cert: tls.certificate },
    clock: systemClock,
    random: test.random,
    logger: silentLogger,
    version: { casemate: '0.0.0-test' },
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  opened.url = `https://127.0.0.1:${server.address?.port}`;
  const controllers = await startControllers({
    realms,
    controllers: CERTIFICATE_CONTROLLERS,
    events: { recorder: () => ({ record: () => {} }), flush: async () => {} },
    clock: systemClock,
    random: test.random,
    logger: silentLogger,
  });
  for (const realm of [ACME, RIVAL]) {
    await realms.use(realm, ({ resources }) =>
      resources.create(Project, undefined, { metadata: { name: PROJECT } }, test.context(realm)),
    );
  }

  const fixture: AcmeFixture = {
    ...test,
    url: opened.url,
    ca: tls.ca,
    keyring,
    issuers,
    instances,
    records,
    moveOn(by_ms) {
      clock.moved_ms += by_ms;
    },
    directory: (realm = ACME) => `${opened.url}${realm}/acme/directory`,
    async account(name, spec, realm = ACME) {
      await realms.use(realm, ({ resources }) =>
        resources.create(AcmeAccount, PROJECT, { metadata: { name }, spec }, test.context(realm)),
      );
      return fixture.binding(name, realm);
    },
    binding: (name, realm = ACME) =>
      realms.use(realm, async ({ view }) => {
        const object = view.get(AcmeAccount, { namespace: PROJECT, name }) as AcmeAccountObject;
        const action = acme.connectors[`${AcmeAccount.resource}/eab`];
        if (action?.type !== 'action') throw new Error('no action eab');
        const given = await action.call({
          realm,
          object,
          actor: test.context(realm).actor,
          query: new URLSearchParams(),
          signal: new AbortController().signal,
          body: {},
          requestId: 'test',
        });
        return { kid: String(given.kid), hmacKey: String(given.hmacKey) };
      }),
    use: (realm, work) => realms.use(realm, work),
    until: (id, holds) =>
      realms.use(id, async (realm) => {
        const watch = await realm.watch({ afterRevision: realm.view.revision });
        try {
          while (!holds(realm)) if ((await watch.next()) === undefined) throw new Error('the watch ended');
        } finally {
          watch.close();
        }
      }),
    async close() {
      await controllers.stop();
      await server.close();
      await test.close();
    },
  };
  return fixture;
}

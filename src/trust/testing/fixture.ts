/**
 * A region with two organizations, real keys, real certificates and the real store, for tests of trust. Nothing in it is
 * a stand-in but the storages in memory and the clock.
 */
import { randomBytes } from 'node:crypto';
import type { AccessAttributes, Actor, Authenticator, Verb } from '#kernel/access.ts';
import type { Connector } from '#kernel/connect.ts';
import type { Admission, Kind } from '#kernel/kind.ts';
import type { DraftObject, KubeObject } from '#kernel/object.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import type { Reviewer } from '#kernel/review.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { MemoryPieces } from '#kernel/store/memory-pieces.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { type AccessAuthorizer, accessAuthorizer } from '../access/authorizer.ts';
import { RoleBinding } from '../access/role-binding.ts';
import type { RoleName } from '../access/roles.ts';
import { accessService } from '../access/service.ts';
import { approvalsService } from '../approvals/service.ts';
import { newPersonalKey, signingRequest } from '../certificates/personal-key.ts';
import { certificateAuthenticator } from '../identity/authenticator.ts';
import { ClientCertificate } from '../identity/client-certificate.ts';
import { reconcileClientCertificate } from '../identity/controller.ts';
import { type Keyring, softwareKeyring } from '../keys/keyring.ts';
import { memoryKeyStorage } from '../keys/memory-key-storage.ts';
import { symmetricKey } from '../keys/wrapping.ts';
import { operatorAuthorizer } from '../operators/authorizer.ts';
import { operatorSessions } from '../operators/holder.ts';
import { type KeptRecordings, keptRecordings } from '../operators/recording/kept.ts';
import { operatorsService } from '../operators/service.ts';
import { realmSealing } from '../realm-sealing.ts';
import { trustService } from '../service.ts';
import { Event, Project, SAMPLE_KINDS } from './kinds.ts';

export const ACME: RealmId = '/orgs/acme';
export const RIVAL: RealmId = '/orgs/rival';

export interface Credential {
  readonly name: string;
  readonly der: Uint8Array;
  readonly pem: string;
  readonly serial: string;
}

export interface TrustFixture extends TestRealms {
  readonly keyring: Keyring;
  /** What recordings lie in, sealed. */
  readonly pieces: MemoryPieces;
  readonly recordings: KeptRecordings;
  readonly authenticator: Authenticator;
  readonly authorizer: AccessAuthorizer;
  /** Who answers questions about access. */
  readonly reviews: Readonly<Record<string, Reviewer>>;
  /** Actions and streams of trust's own kinds. */
  readonly connectors: Readonly<Record<string, Connector>>;
  /** Makes an object as one of our own controllers. */
  make(realm: RealmId, kind: Kind, draft: DraftObject, namespace?: string): Promise<KubeObject>;
  /** Makes an object as an authenticated person, past the authorizer: what the lane alone says. */
  makeAs(actor: Actor, kind: Kind, draft: DraftObject, namespace?: string): Promise<KubeObject>;
  removeAs(actor: Actor, kind: Kind, name: string): Promise<void>;
  remove(realm: RealmId, kind: Kind, name: string): Promise<void>;
  bind(realm: RealmId, name: string, role: RoleName, user: string, project?: string): Promise<void>;
  /** Makes and signs a ClientCertificate. `name` defaults to the user. */
  credential(realm: RealmId, user: string, groups?: readonly string[], name?: string): Promise<Credential>;
  sign(realm: RealmId, name: string): Promise<Credential>;
  /** Who the credential speaks for. */
  actor(realm: RealmId, credential: Credential): Promise<Actor>;
  /** Makes a credential and authenticates with it. */
  person(realm: RealmId, user: string, groups?: readonly string[]): Promise<Actor>;
  /** An organization's administrator `admin`, by a binding of the same name. */
  administrator(realm: RealmId): Promise<Actor>;
  may(actor: Actor, verb: Verb, resource: string, where?: Partial<AccessAttributes>): Promise<boolean>;
}

/** One request serves every test credential: key generation is slow, and nothing here depends on the key. */
let request: Promise<string> | undefined;
export function sharedRequest(): Promise<string> {
  request ??= signingRequest(newPersonalKey());
  return request;
}

/** `admissions`: rules of other rooms, beside trust's own. */
export async function trustFixture(
  kinds: readonly Kind[] = SAMPLE_KINDS,
  admissions: readonly Admission[] = [],
): Promise<TrustFixture> {
  const clock = new ManualClock();
  const storage = memoryKeyStorage();
  const keyring = softwareKeyring({
    region: 'lux',
    storage,
    masterKey: symmetricKey(randomBytes(32)),
    clock,
  });
  const projectKind = kinds.find(({ resource }) => resource === Project.resource) ?? Project;
  const made: {
    realms?: TestRealms['realms'];
    registry?: TestRealms['registry'];
    authorizer?: AccessAuthorizer;
    recordings?: KeptRecordings;
  } = {};
  const later = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('asked before it was open');
    return value;
  };
  const access = accessService({
    projectKind,
    clock,
    registry: () => later(made.registry),
    realms: () => later(made.realms),
    authorizer: () => later(made.authorizer),
  });
  const approvals = approvalsService({
    projectKind,
    clock,
    registry: () => later(made.registry),
    realms: () => later(made.realms),
  });
  const operators = operatorsService({
    keyring,
    eventKind: kinds.find(({ resource }) => resource === Event.resource) ?? Event,
    clock,
    registry: () => later(made.registry),
    realms: () => later(made.realms),
    recordings: () => later(made.recordings),
  });
  const services = [access, approvals, operators, trustService({ keyring })];
  const test = await openTestRealms({
    kinds: [...kinds, ...services.flatMap((service) => service.kinds)],
    admissions: [...services.flatMap((service) => service.admissions ?? []), ...admissions],
    create: [REGION, ACME, RIVAL],
    keyring,
    clock,
  });
  const { realms, registry } = test;
  const authenticator = certificateAuthenticator({ realms, keyring, clock, holders: [operatorSessions] });
  const authorizer = operatorAuthorizer(accessAuthorizer({ realms, registry, clock }), { realms, clock });
  const pieces = new MemoryPieces();
  const recordings = keptRecordings(pieces, realmSealing({ realms, keyring, storage }));
  Object.assign(made, { realms, registry, authorizer, recordings });

  const create = (
    realm: RealmId,
    kind: Kind,
    draft: DraftObject,
    context: ReturnType<TestRealms['context']>,
    namespace?: string,
  ) =>
    realms.use(
      realm,
      async ({ resources }) => (await resources.create(kind, namespace, draft, context)).object,
    );
  const as = (actor: Actor) => ({ ...test.context(actor.realm), actor, via: 'api' });

  const fixture: TrustFixture = {
    ...test,
    keyring,
    pieces,
    recordings,
    authenticator,
    authorizer,
    reviews: access.reviews ?? {},
    connectors: Object.assign({}, ...services.map((service) => service.connectors ?? {})),
    make: (realm, kind, draft, namespace) => create(realm, kind, draft, test.context(realm), namespace),
    makeAs: (actor, kind, draft, namespace) => create(actor.realm, kind, draft, as(actor), namespace),
    removeAs: (actor, kind, name) =>
      realms.use(actor.realm, async ({ resources }) => {
        await resources.delete(kind, { name }, as(actor));
      }),
    remove: (realm, kind, name) =>
      realms.use(realm, async ({ resources }) => {
        await resources.delete(kind, { name }, test.context(realm));
      }),
    async bind(realm, name, role, user, project) {
      const spec = {
        role,
        subjects: [{ kind: 'User', name: user }],
        ...(project === undefined ? {} : { project }),
      };
      await fixture.make(realm, RoleBinding, { metadata: { name }, spec });
    },
    async credential(realm, user, groups = [], name = user) {
      const spec = { user, groups, request: await sharedRequest() };
      await fixture.make(realm, ClientCertificate, { metadata: { name }, spec });
      return fixture.sign(realm, name);
    },
    sign: (id, name) =>
      realms.use(id, async (realm) => {
        await reconcileClientCertificate({ name }, keyring, { realm, clock, change: test.context(id) });
        const status = realm.view.get(ClientCertificate, { name })?.status;
        if (status?.certificate === undefined || status.serial === undefined) {
          throw new Error(`${name} was not signed: ${JSON.stringify(status?.conditions)}`);
        }
        const der = Buffer.from(status.certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64');
        return { name, der, pem: status.certificate, serial: status.serial };
      }),
    actor: (realm, credential) => authenticator.authenticate(realm, { clientCertificate: credential.der }),
    person: async (realm, user, groups) =>
      fixture.actor(realm, await fixture.credential(realm, user, groups)),
    async administrator(realm) {
      await fixture.bind(realm, 'admin', 'organization-admin', 'admin');
      return fixture.person(realm, 'admin');
    },
    async may(actor, verb, resource, where = {}) {
      const [plural = '', ...group] = resource.split('.');
      const decision = await authorizer.decide({
        realm: actor.realm,
        actor,
        verb,
        group: group.join('.'),
        version: 'v1',
        resource: plural,
        ...where,
      });
      return decision.allowed;
    },
  };
  return fixture;
}

/** Organizations with the objects service, real keys and the real gate; what serves objects is whoever the test makes of the other end. Tests only. */
import { PassThrough } from 'node:stream';
import type { Actor } from '#kernel/access.ts';
import type { ActionConnector } from '#kernel/connect.ts';
import type { ReconcileContext } from '#kernel/controller.ts';
import type { Kind } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import type { DraftObject, KubeObject } from '#kernel/object.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { RoleBinding } from '#trust/access/role-binding.ts';
import { tokenRights } from '#trust/identity/service-accounts/token-rights.ts';
import { keyBackends } from '#trust/keys/backends.ts';
import type { Backends } from '#trust/keys/key/crypt.ts';
import { KEY_KINDS } from '#trust/keys/service.ts';
import { ACME, type TrustFixture, trustFixture } from '#trust/testing/fixture.ts';
import { Project, SAMPLE_KINDS } from '#trust/testing/kinds.ts';
import { AccessKey } from '../access-key/access-key.ts';
import { accessKeyController } from '../access-key/controller.ts';
import { accessKeyAdmission, type KeyRights, keyRights } from '../access-key/guard.ts';
import { issueAction } from '../access-key/issue.ts';
import { type AccessKeySecrets, accessKeySecrets } from '../access-key/secrets.ts';
import { Bucket, type BucketObject } from '../bucket/bucket.ts';
import { damageWriter } from '../bucket/damage.ts';
import { type BucketKeys, bucketKeys, type KeyUse } from '../bucket/keys.ts';
import { UsageReports } from '../bucket/usage.ts';
import type { Handlers } from '../gate/channel.ts';
import { type GateClient, gateClient } from '../gate/client.ts';
import { ObjectsProcess } from '../gate/process.ts';
import type { GateAsks, GateBeginning, GateNews } from '../gate/protocol.ts';
import { OBJECT_KINDS } from '../service.ts';

export const PROJECT = 'lab';
const ORGANIZATION = SAMPLE_KINDS.find(({ plural }) => plural === 'organizations') as Kind;

export interface ObjectsWorld {
  readonly region: TrustFixture;
  readonly keys: BucketKeys;
  readonly backends: Backends;
  readonly secrets: AccessKeySecrets;
  /** Uses of tenants' Keys that went on record. */
  readonly uses: KeyUse[];
  readonly organizationKind: Kind;
  /** Administers the organization. */
  readonly alice: Actor;
  bucket(name: string, spec?: object, by?: Actor): Promise<BucketObject>;
  read(name: string, project?: string): Promise<BucketObject | undefined>;
  accessKey(name: string, spec: object, by: Actor): Promise<KubeObject>;
  issue(name: string, by: Actor): Promise<{ readonly accessKeyId: string; readonly secretAccessKey: string }>;
  /** Has the controller of access keys look at it. */
  settleKey(name: string): Promise<void>;
  patch(kind: Kind, name: string, change: (current: KubeObject) => object, by?: Actor): Promise<KubeObject>;
  remove(kind: Kind, name: string, by?: Actor): Promise<void>;
  context(controller: string): Promise<{ readonly context: ReconcileContext; release(): void }>;
  close(): Promise<void>;
}

export async function objectsWorld(): Promise<ObjectsWorld> {
  const late: { region?: TrustFixture; rights?: KeyRights } = {};
  const admission = accessKeyAdmission((...asked) => late.rights?.(...asked));
  const kinds = [...SAMPLE_KINDS, ...KEY_KINDS, ...OBJECT_KINDS];
  const region = await trustFixture(kinds, [admission]);
  const { realms, clock, keyring } = region;
  const rights = keyRights(tokenRights({ registry: () => region.registry, clock }));
  Object.assign(late, { region, rights });
  await region.make(ACME, Project, { metadata: { name: PROJECT } });
  await region.bind(ACME, 'alice', 'organization-admin', 'alice');
  const alice = await region.person(ACME, 'alice');
  const secrets = accessKeySecrets(keyring.material);
  const uses: KeyUse[] = [];
  const backends = keyBackends(keyring);
  const keys = bucketKeys({
    material: keyring.material,
    backends,
    onUse: async (_realm, use) => void uses.push(use),
  });
  const issue = issueAction({ realms: () => realms, rights, secrets, clock });
  const as = (actor: Actor) => ({ ...region.context(ACME), actor });
  const at = (name: string) => ({ namespace: PROJECT, name });

  const world: ObjectsWorld = {
    region,
    keys,
    backends,
    secrets,
    uses,
    organizationKind: ORGANIZATION,
    alice,
    bucket: async (name, spec = {}, by = alice) =>
      (await region.makeAs(by, Bucket, { metadata: { name }, spec }, PROJECT)) as BucketObject,
    read: (name, namespace = PROJECT) =>
      realms.use(ACME, ({ view }) => view.get(Bucket, { namespace, name })),
    accessKey: (name, spec, by) => region.makeAs(by, AccessKey, { metadata: { name }, spec }, PROJECT),
    async issue(name, actor) {
      const object = await realms.use(ACME, ({ view }) => view.get(AccessKey, at(name)));
      if (object === undefined) throw new Error(`no access key ${name}`);
      const [query, { signal }] = [new URLSearchParams(), new AbortController()];
      const call = (issue as ActionConnector).call;
      const answer = await call({ realm: ACME, actor, object, query, signal, body: {}, requestId: 'issue' });
      return answer as { accessKeyId: string; secretAccessKey: string };
    },
    async settleKey(name) {
      const { context, release } = await world.context('access-keys');
      await accessKeyController(secrets).reconcile(at(name), context);
      release();
    },
    patch: (kind, name, change, by = alice) =>
      realms.use(ACME, async ({ resources }) => {
        const key = kind.scope === 'Project' ? at(name) : { name };
        const write = (current: KubeObject) => change(current) as DraftObject;
        return (await resources.modify(kind, key, as(by), write as never)).object;
      }),
    remove: (kind, name, by = alice) =>
      realms.use(ACME, async ({ resources }) => {
        await resources.delete(kind, kind.scope === 'Project' ? at(name) : { name }, as(by));
      }),
    async context(controller) {
      const { realm, release } = await realms.acquire(ACME);
      return { context: testContext(region, realm, controller), release };
    },
    close: () => region.close(),
  };
  return world;
}

/** Gives a role in the project to somebody. */
export const bindIn = (world: ObjectsWorld, user: string, role: 'project-editor' | 'project-viewer') =>
  world.region.make(ACME, RoleBinding, {
    metadata: { name: `${user}-${role}` },
    spec: { role, project: PROJECT, subjects: [{ kind: 'User', name: user }] },
  });

const BEGINNING: GateBeginning = {
  listen: [{ host: '127.0.0.1', port: 7_480 }],
  domain: 'lux',
  certificate: 'certificate',
  privateKey: 'key',
  database: {},
  blobs: { type: 'filesystem', folder: '/blobs' },
};

export interface GateWorld extends ObjectsWorld {
  readonly engine: ObjectsProcess;
  /** The other end. */
  readonly gate: GateClient;
  readonly news: GateNews[];
  /** How often one was started. */
  readonly started: () => number;
  /** The other end of the one that was started last. */
  readonly latest: () => GateClient;
  /** The current process is gone; resolves with the next one's end of the gate. */
  restart(): Promise<GateClient>;
}

/** With both ends of the gate, in this process. */
export async function gateWorld(asks: Partial<Handlers<GateAsks>> = {}): Promise<GateWorld> {
  const world = await objectsWorld();
  const { region } = world;
  const news: GateNews[] = [];
  const clients: GateClient[] = [];
  let next = Promise.withResolvers<GateClient>();
  const usage = new UsageReports({
    realms: () => region.realms,
    clock: region.clock,
    change: (realm) => region.context(realm),
    onFault: (error) => {
      throw error;
    },
  });
  const engine = new ObjectsProcess({
    realms: region.realms,
    authorizer: () => region.authorizer,
    requireRoot: (realm) => region.keyring.requireRoot(realm),
    accessLog: () => region.realms.access,
    secrets: world.secrets,
    keys: world.keys,
    usage,
    writeDamage: damageWriter({
      realms: () => region.realms,
      clock: region.clock,
      change: (realm) => region.context(realm),
    }),
    beginning: async () => BEGINNING,
    certificate: async () => ({ certificate: 'renewed', privateKey: 'key' }),
    certificateOf: async (organization) => ({ certificate: `of ${organization}`, privateKey: 'key' }),
    clock: region.clock,
    logger: silentLogger,
    async start() {
      const [there, back] = [new PassThrough(), new PassThrough()];
      const gate = gateClient({
        input: there,
        output: back,
        asks: { close: () => ({ objects: 0 }), erase: () => ({ ok: true }), ...asks },
        onNews: (one) => void news.push(one),
        clock: region.clock,
      });
      clients.push(gate);
      next.resolve(gate);
      return { input: back, output: there };
    },
  });
  await engine.want();
  const gate = await next.promise;
  await gate.ask('serves', {});
  return {
    ...world,
    engine,
    gate,
    news,
    started: () => clients.length,
    latest: () => clients.at(-1) ?? gate,
    async restart() {
      next = Promise.withResolvers();
      clients.at(-1)?.close();
      return next.promise;
    },
    async close() {
      engine.end();
      await world.close();
    },
  };
}

/**
 * An instance’s whole life, for the harness that disturbs controllers: made, snapshotted, made larger, restored, and deleted, on an engine
 * that is real. Tests only.
 */
import type { Incus } from '#engines/incus/client.ts';
import { type TestIncus, testClock } from '#engines/incus/test-incus.ts';
import type { Kind } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import { REGION } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import type { World } from '#kernel/reconcile/testing/harness.ts';
import { type Disturber, instrument } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { Network } from '#services/network/network.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import { Instance } from '../instance.ts';
import { computeService } from '../service.ts';
import { InstanceSnapshot } from '../snapshot.ts';
import { OFFERED, offerImage } from './offer-image.ts';

const ACME = '/orgs/acme';
const PROJECT = 'shop';
const KEY = { namespace: PROJECT, name: 'web' };

/** What the engine held at each point of an instance’s life. */
interface Seen {
  readonly memory: readonly (string | undefined)[];
  readonly snapshots: readonly number[];
  readonly left: readonly string[];
}

const bytes = (mebibytes: number) => `${mebibytes * 1024 ** 2}B`;

/** What it held when nothing went wrong, and must have held whatever did. */
export const EXPECTED: Seen = {
  memory: [bytes(256), bytes(300), bytes(300)],
  snapshots: [1, 1, 0],
  left: ['default'],
};

/** A read that fails is no other case than the change after it that never came. */
const CHANGES = [
  'create',
  'update',
  'setState',
  'delete',
  'createSnapshot',
  'deleteSnapshot',
  'restoreSnapshot',
] as const;

function disturbed(incus: Incus, disturber: Disturber): Incus {
  return {
    ...incus,
    projects: instrument(incus.projects, disturber, {
      name: 'projects',
      only: ['create', 'update', 'delete'],
    }),
    instances: instrument(incus.instances, disturber, { name: 'instances', only: CHANGES }),
  };
}

/** The scenario, on an engine that holds the image `fingerprint`. */
export async function instanceLife(
  engine: TestIncus,
  fingerprint: string,
  disturber: Disturber,
): Promise<World<Seen>> {
  const start = () =>
    computeService({
      incus: disturbed(engine.incus, disturber),
      clock: testClock,
      logger: silentLogger,
      regionId: 'test',
      imageFile: async () => undefined,
    });
  let service = start();
  const test_ = await openTestRealms({
    kinds: [Namespace, Network, ...service.kinds],
    create: [REGION, ACME],
    seed: process.pid,
  });
  const { realm, release } = await test_.realms.acquire(ACME);
  const change = test_.context(ACME);
  const { resources, view } = realm;
  await resources.create(Namespace, undefined, { metadata: { name: PROJECT } }, change);
  await offerImage(test_, fingerprint, change);
  const spec = { image: OFFERED, memory: '256Mi', disk: '1Gi', powerState: 'Stopped' };
  await resources.create(Instance, PROJECT, { metadata: { name: 'web' }, spec }, change);

  const context = testContext(test_, realm, 'test');
  const reconcile = async (kind: Kind) => {
    const controller = service.controllers?.find((one) => one.kind === kind);
    return controller?.reconcile(KEY, context);
  };
  /** Two looks: what a controller wrote wakes it again. */
  const settled = async (kind: Kind) =>
    (await reconcile(kind)) === undefined && (await reconcile(kind)) === undefined;

  const memory: (string | undefined)[] = [];
  const snapshots: number[] = [];
  const observe = async () => {
    for (const one of await engine.incus.instances.listFull()) {
      memory.push(one.config['limits.memory']);
      snapshots.push(one.snapshots?.length ?? 0);
    }
  };
  const steps: (() => Promise<boolean>)[] = [
    () => settled(Instance),
    async () => {
      await resources.create(
        InstanceSnapshot,
        PROJECT,
        { metadata: { name: 'web' }, spec: { instance: 'web' } },
        change,
      );
      return true;
    },
    () => settled(InstanceSnapshot),
    async () => {
      await observe();
      await resources.modify(Instance, KEY, change, (current) => ({
        ...current,
        spec: { ...current.spec, memory: '300Mi', restoreFrom: 'web' },
      }));
      return true;
    },
    () => settled(Instance),
    async () => {
      await observe();
      await resources.delete(InstanceSnapshot, KEY, change);
      return true;
    },
    () => settled(InstanceSnapshot),
    async () => {
      await observe();
      await resources.delete(Instance, KEY, change);
      return true;
    },
    async () => (await settled(Instance)) && view.get(Instance, KEY) === undefined,
  ];
  return {
    async pass() {
      const step = steps[0];
      if (step && (await step())) steps.shift();
      return steps.length === 0 ? 'settled' : 'again';
    },
    async restart() {
      service = start();
    },
    async state() {
      const instances = (await engine.incus.instances.list()).map(({ name }) => name);
      const projects = (await engine.incus.projects.list()).map(({ name }) => name);
      return { memory, snapshots, left: [...instances, ...projects] };
    },
    async tearDown() {
      release();
      await test_.close();
    },
  };
}

/**
 * A volume that goes from one instance to another, for the harness that disturbs controllers, on an engine that is real. At each change that is made
 * in the engine it is looked at who has the volume there: never two. Tests only.
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
import { Instance } from '#services/compute/instance.ts';
import { LABELS } from '#services/compute/names.ts';
import { computeService } from '#services/compute/service.ts';
import { OFFERED, offerImage } from '#services/compute/testing/offer-image.ts';
import { Network } from '#services/network/network.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import { storageService } from '../service.ts';
import { Volume } from '../volume.ts';

const ACME = '/orgs/acme';
const PROJECT = 'shop';
const key = (name: string) => ({ namespace: PROJECT, name });

/** Who had the volume in the engine as it changed, repeats left out; the most that had it at once; what is left. */
interface Seen {
  readonly had: readonly string[];
  readonly most: number;
  readonly left: readonly string[];
}

export const MOVED: Seen = { had: ['', 'one', '', 'two', ''], most: 1, left: ['default'] };

const CHANGES = ['create', 'update', 'delete'] as const;

const disturbed = (incus: Incus, disturber: Disturber): Incus => ({
  ...incus,
  instances: instrument(incus.instances, disturber, { name: 'instances', only: CHANGES }),
});

/** `fingerprint`: of an image that the engine holds. */
export async function volumeMove(
  { incus, pool }: TestIncus,
  fingerprint: string,
  disturber: Disturber,
): Promise<World<Seen>> {
  const common = { incus: disturbed(incus, disturber), logger: silentLogger, regionId: 'test' };
  const start = () => [
    computeService({ ...common, clock: testClock, imageFile: async () => undefined }),
    storageService(common),
  ];
  let services = start();
  const test_ = await openTestRealms({
    kinds: [Namespace, Network, ...services.flatMap(({ kinds }) => kinds)],
    admissions: services.flatMap(({ admissions }) => admissions ?? []),
    create: [REGION, ACME],
    seed: process.pid,
  });
  const { realm, release } = await test_.realms.acquire(ACME);
  const change = test_.context(ACME);
  const { resources, view } = realm;
  await resources.create(Namespace, undefined, { metadata: { name: PROJECT } }, change);
  await offerImage(test_, fingerprint, change);
  await resources.create(Volume, PROJECT, { metadata: { name: 'data' }, spec: { size: '32Mi' } }, change);
  const small = { image: OFFERED, memory: '256Mi', disk: '1Gi', powerState: 'Stopped' };
  const volumes = [{ volume: 'data', path: '/data' }];
  for (const name of ['one', 'two']) {
    await resources.create(Instance, PROJECT, { metadata: { name }, spec: small }, change);
  }
  const wants = (name: string, what: object) =>
    resources.modify(Instance, key(name), change, (current) => ({
      ...current,
      spec: { ...small, ...what } as typeof current.spec,
    }));

  let had = [''];
  let most = 0;
  const look = async () => {
    const having = (await incus.instances.list()).filter(({ devices }) =>
      Object.keys(devices).some((name) => name.startsWith('v')),
    );
    const names = having.map(({ config }) => config[LABELS.name]).join();
    most = Math.max(most, having.length);
    if (had.at(-1) !== names) had = [...had, names];
  };
  const context = testContext(test_, realm, 'test');
  const reconcile = async (kind: Kind, name: string) => {
    const controller = services.flatMap((one) => one.controllers ?? []).find((one) => one.kind === kind);
    try {
      return await controller?.reconcile(key(name), context);
    } finally {
      await look();
    }
  };
  const settled = async (kind: Kind, ...names: string[]) => {
    let isSettled = true;
    // In this order: who is to have it is asked before who has it lets go.
    for (const name of names) if ((await reconcile(kind, name)) !== undefined) isSettled = false;
    return isSettled;
  };
  const both = async () => (await settled(Instance, 'two', 'one')) && settled(Instance, 'two', 'one');
  const once = (work: () => Promise<unknown>) => async () => {
    await work();
    return true;
  };
  const steps: (() => Promise<boolean>)[] = [
    () => settled(Volume, 'data'),
    once(() => wants('one', { volumes })),
    both,
    once(async () => {
      await wants('one', {});
      await wants('two', { volumes });
    }),
    both,
    once(() => Promise.all(['one', 'two'].map((name) => resources.delete(Instance, key(name), change)))),
    async () => (await both()) && view.count(Instance) === 0,
    once(() => resources.delete(Volume, key('data'), change)),
    async () => (await settled(Volume, 'data')) && view.count(Volume) === 0,
  ];
  return {
    async pass() {
      const step = steps[0];
      if (step && (await step())) steps.shift();
      return steps.length === 0 ? 'settled' : 'again';
    },
    async restart() {
      services = start();
    },
    async state() {
      const left = [
        ...(await incus.instances.list()),
        ...(await incus.volumes.list(pool)),
        ...(await incus.projects.list()),
      ];
      return { had, most, left: left.map(({ name }) => name) };
    },
    async tearDown() {
      release();
      await test_.close();
    },
  };
}

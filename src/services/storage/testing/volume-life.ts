/**
 * A volume’s whole life, for the harness that disturbs controllers: made, snapshotted, made larger, put back, cloned, and deleted, on an engine that is
 * real. Tests only.
 */
import type { Incus } from '#engines/incus/client.ts';
import type { TestIncus } from '#engines/incus/test-incus.ts';
import type { Kind } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import { REGION } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import type { World } from '#kernel/reconcile/testing/harness.ts';
import { type Disturber, instrument } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { Instance } from '#services/compute/instance.ts';
import { listVolumes } from '#services/compute/volume-pools.ts';
import { Network } from '#services/network/network.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import { type EncryptionOptions, removeEncryptedPools } from '../encrypted-pools.ts';
import { storageService } from '../service.ts';
import { VolumeSnapshot } from '../snapshot.ts';
import { Volume } from '../volume.ts';

const ACME = '/orgs/acme';
const PROJECT = 'shop';
const key = (name: string) => ({ namespace: PROJECT, name });
const size = (mebibytes: number) => `${mebibytes * 1024 ** 2}B`;

/** What the engine held at points of a volume's life: each volume's size and how many snapshots it has. */
interface Seen {
  readonly held: readonly (readonly [size: string | undefined, snapshots: number])[][];
  readonly left: readonly string[];
}

/** What it held when nothing went wrong, and must have held whatever did. */
export const EXPECTED: Seen = {
  held: [
    [[size(32), 1]],
    [
      [size(48), 1],
      [size(64), 0],
    ],
    [
      [size(48), 0],
      [size(64), 0],
    ],
  ],
  left: ['default'],
};

/** A read that fails is no other case than the change after it that never came. */
const CHANGES = [
  'create',
  'configure',
  'delete',
  'createSnapshot',
  'deleteSnapshot',
  'restoreSnapshot',
] as const;

const disturbed = (incus: Incus, disturber: Disturber): Incus => ({
  ...incus,
  projects: instrument(incus.projects, disturber, { name: 'projects', only: ['create', 'update', 'delete'] }),
  volumes: instrument(incus.volumes, disturber, { name: 'volumes', only: CHANGES }),
  pools: instrument(incus.pools, disturber, { name: 'pools', only: ['create'] }),
});

const disturbedEncryption = (
  { vaults, material, ...rest }: EncryptionOptions,
  disturber: Disturber,
): EncryptionOptions => ({
  ...rest,
  vaults: instrument(vaults, disturber, { name: 'vaults', only: ['open'] }),
  material: instrument(material, disturber, { name: 'keyring', only: ['add'] }),
});

/** `encryption`: where the volumes lie encrypted; making and opening that is disturbed, too. */
export async function volumeLife(
  { incus, pool: hosts }: TestIncus,
  disturber: Disturber,
  encryption?: EncryptionOptions,
): Promise<World<Seen>> {
  const start = () =>
    storageService({
      incus: disturbed(incus, disturber),
      logger: silentLogger,
      regionId: 'test',
      ...(encryption && { encryption: disturbedEncryption(encryption, disturber) }),
    });
  const listed = async () =>
    encryption ? listVolumes({ incus, regionId: 'test', pool: hosts }) : incus.volumes.list(hosts);
  let service = start();
  const test_ = await openTestRealms({
    kinds: [Namespace, Network, Instance, ...service.kinds],
    admissions: service.admissions ?? [],
    create: [REGION, ACME],
    seed: process.pid,
  });
  const { realm, release } = await test_.realms.acquire(ACME);
  const change = test_.context(ACME);
  const { resources, view } = realm;
  await resources.create(Namespace, undefined, { metadata: { name: PROJECT } }, change);
  await resources.create(Volume, PROJECT, { metadata: { name: 'data' }, spec: { size: '32Mi' } }, change);

  const context = testContext(test_, realm, 'test');
  const reconcile = (kind: Kind, name: string) =>
    service.controllers?.find((one) => one.kind === kind)?.reconcile(key(name), context);
  /** Two looks: what a controller wrote wakes it again. */
  const settled = async (kind: Kind, name: string) =>
    (await reconcile(kind, name)) === undefined && (await reconcile(kind, name)) === undefined;
  const gone = async (kind: Kind, name: string) =>
    (await settled(kind, name)) && view.get(kind, key(name)) === undefined;

  const held: [string | undefined, number][][] = [];
  const observe = async () => {
    const now = (await listed()).map(
      async ({ project, pool, name, config }): Promise<[string | undefined, number]> => [
        config.size,
        (await incus.volumes.snapshots(project, pool, name)).length,
      ],
    );
    held.push((await Promise.all(now)).sort(([left = ''], [right = '']) => left.localeCompare(right)));
  };
  const once = (work: () => Promise<unknown>) => async () => {
    await work();
    return true;
  };
  const steps: (() => Promise<boolean>)[] = [
    () => settled(Volume, 'data'),
    once(() =>
      resources.create(
        VolumeSnapshot,
        PROJECT,
        { metadata: { name: 'one' }, spec: { volume: 'data' } },
        change,
      ),
    ),
    () => settled(VolumeSnapshot, 'one'),
    once(async () => {
      await observe();
      await resources.modify(Volume, key('data'), change, (current) => ({
        ...current,
        spec: { ...current.spec, size: '48Mi', restoreFrom: 'one' },
      }));
      const spec = { size: '64Mi', source: { snapshot: 'one' } };
      await resources.create(Volume, PROJECT, { metadata: { name: 'copy' }, spec }, change);
    }),
    () => settled(Volume, 'data'),
    () => settled(Volume, 'copy'),
    once(async () => {
      await observe();
      await resources.delete(VolumeSnapshot, key('one'), change);
    }),
    () => gone(VolumeSnapshot, 'one'),
    once(async () => {
      await observe();
      await resources.delete(Volume, key('data'), change);
      await resources.delete(Volume, key('copy'), change);
    }),
    () => gone(Volume, 'data'),
    () => gone(Volume, 'copy'),
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
      const volumes = (await listed()).map(({ name }) => name);
      // What its organization's end takes away.
      if (encryption)
        await removeEncryptedPools(encryption, { incus, logger: silentLogger, regionId: 'test' }, ACME);
      const pools = (await incus.pools.list()).map(({ name }) => name).filter((name) => name !== hosts);
      const projects = (await incus.projects.list()).map(({ name }) => name);
      return { held, left: [...volumes, ...pools, ...projects] };
    },
    async tearDown() {
      release();
      await test_.close();
    },
  };
}

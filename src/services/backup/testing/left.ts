/**
 * What kills of backups and restores leave, on an engine that is real, and the sweeps after it, for the harness that disturbs controllers. What is in the engine
 * is put there anew for each run of a scenario, and what that left as it was is kept. Tests only.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Incus } from '#engines/incus/client.ts';
import { isIncusError } from '#engines/incus/errors.ts';
import { startTestIncus, type TestIncus } from '#engines/incus/test-incus.ts';
import type { Controller } from '#kernel/controller.ts';
import type { Kind } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import type { World } from '#kernel/reconcile/testing/harness.ts';
import { type Disturber, instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { Instance } from '#services/compute/instance.ts';
import { engineInstance, engineProject, engineVolume } from '#services/compute/names.ts';
import { Network } from '#services/network/network.ts';
import { storageService } from '#services/storage/service.ts';
import { Volume } from '#services/storage/volume.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import { containerPlace, poolFolder, volumePlace } from '../carrier/places.ts';
import { Restore } from '../restore/restore.ts';
import { Backup } from '../run/backup.ts';
import { engineSources } from '../sources/engine-service.ts';

const REGION_ID = 'test';
const ACME: RealmId = '/orgs/acme';
const NAMESPACE = 'shop';
/** Of the project and of what is in it, by name. */
const UIDS = {
  shop: '10000000-0000-4000-8000-000000000000',
  data: '20000000-0000-4000-8000-000000000000',
  half: '30000000-0000-4000-8000-000000000000',
  copy: '40000000-0000-4000-8000-000000000000',
  web: '50000000-0000-4000-8000-000000000000',
} as const;
/** Runs: one that goes on, one that has ended, and one that no object tells of. */
export const LIVE = '60000000-0000-4000-8000-000000000000';
export const ENDED = '70000000-0000-4000-8000-000000000000';
export const UNKNOWN = '80000000-0000-4000-8000-000000000000';

/** The engine's project of what is backed up. */
export const PROJECT = engineProject(UIDS.shop);
const CARRIERS = `cm-carriers-${REGION_ID}`;
const SIZE_BYTES = 32 * 1024 ** 2;
const WEB = engineInstance(UIDS.web);
/** In a row, without anything that went wrong: what one leaves to the next is gone then. */
const SWEEPS = 2;

/** The volumes `data` and `half`, and the instance `web`: the engine has them throughout. */
export type Holder = 'data' | 'half' | 'web';

export interface LeftCase {
  readonly of: 'Backup' | 'Restore';
  readonly snapshots: Partial<Readonly<Record<Holder, readonly string[]>>>;
  /** What is said to be written by a restore; of `copy`, nothing but its object is there. */
  readonly restoring?: Partial<Readonly<Record<Holder | 'copy', string>>>;
  readonly hasCarrier?: boolean;
  /** The region was put back from its own backup. */
  readonly isRestored?: boolean;
}

export interface Seen {
  readonly snapshots: Readonly<Record<Holder, readonly string[]>>;
  /** Of each volume and instance that there is an object of. */
  readonly restoring: Readonly<Record<string, string | undefined>>;
  /** `before`, as it was when its snapshots were taken, or `since`. */
  readonly content: Readonly<Record<Holder, string>>;
  /** In the engine. */
  readonly projects: readonly string[];
}

interface Snapshots {
  /** A file of what they are of. */
  readonly mark: string;
  list(): Promise<readonly string[]>;
  make(name: string): Promise<void>;
  remove(name: string): Promise<void>;
}

const RUNS = {
  Backup: {
    kind: Backup,
    spec: { plan: 'nightly' },
    live: { phase: 'Running' },
    ended: { phase: 'Failed' },
  },
  Restore: {
    kind: Restore,
    spec: { backup: 'one' },
    live: { phase: 'Running' },
    ended: { phase: 'Failed', finishedAt: '2026-01-01T00:00:00Z' },
  },
} as const;

export interface LeftEngine {
  setUp(disturber: Disturber, left: LeftCase): Promise<World<Seen>>;
  close(): Promise<void>;
}

export async function leftEngine(): Promise<LeftEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'casemate-left-'));
  const engine = await startTestIncus();
  try {
    const { incus, pool } = engine;
    const fingerprint = await importSmallest(engine, folder);
    await incus.projects.create(PROJECT, 'shop', { 'features.images': 'false' });
    for (const uid of [UIDS.data, UIDS.half]) {
      const config = { size: `${SIZE_BYTES}B` };
      await incus.volumes.create(PROJECT, pool, {
        name: engineVolume(uid),
        content_type: 'filesystem',
        config,
      });
    }
    await makeContainer(engine, PROJECT, WEB, fingerprint);
    const holders = await holdersOf(engine);
    return {
      async setUp(disturber, left) {
        await leave(engine, holders, left, fingerprint);
        return openWorld(engine, holders, left, disturber);
      },
      async close() {
        await engine.close();
        rmSync(folder, { recursive: true });
      },
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** An image that nothing ever runs from. */
async function importSmallest({ incus }: TestIncus, folder: string): Promise<string> {
  mkdirSync(join(folder, 'rootfs'));
  const metadata = 'architecture: x86_64\ncreation_date: 1767225600\nproperties: {os: none}\n';
  writeFileSync(join(folder, 'metadata.yaml'), metadata);
  const file = join(folder, 'image.tar');
  execFileSync('tar', ['-C', folder, '-cf', file, 'metadata.yaml', 'rootfs']);
  return incus.images.import({ file, properties: {} });
}

const makeContainer = (
  { incus, pool }: TestIncus,
  project: string,
  name: string,
  fingerprint: string,
): Promise<void> =>
  incus.instances.create(project, {
    name,
    type: 'container',
    source: { type: 'image', fingerprint },
    profiles: [],
    config: {},
    devices: { root: { type: 'disk', path: '/', pool } },
  });

async function holdersOf({ incus, pool }: TestIncus): Promise<Readonly<Record<Holder, Snapshots>>> {
  const { volumes, instances } = incus;
  const [found] = await incus.pools.list();
  assert.ok(found);
  const where = poolFolder(found);
  const ofVolume = (uid: string): Snapshots => {
    const name = engineVolume(uid);
    return {
      mark: join(volumePlace(where, { project: PROJECT, name }), 'mark'),
      list: () => volumes.snapshots(PROJECT, pool, name),
      make: (snapshot) => volumes.createSnapshot(PROJECT, pool, name, snapshot),
      remove: (snapshot) => volumes.deleteSnapshot(PROJECT, pool, name, snapshot),
    };
  };
  return {
    data: ofVolume(UIDS.data),
    half: ofVolume(UIDS.half),
    web: {
      mark: join(containerPlace(where, { project: PROJECT, name: WEB }), 'mark'),
      list: async () => (await instances.snapshots(PROJECT, WEB)).map(({ name }) => name),
      make: (snapshot) => instances.createSnapshot(PROJECT, WEB, snapshot),
      remove: (snapshot) => instances.deleteSnapshot(PROJECT, WEB, snapshot),
    },
  };
}

/** As a kill leaves it: snapshots of when all was well, what was written since, and a carrier. */
async function leave(
  engine: TestIncus,
  holders: Readonly<Record<Holder, Snapshots>>,
  { snapshots, hasCarrier = false }: LeftCase,
  fingerprint: string,
): Promise<void> {
  for (const name of ['data', 'half', 'web'] as const) {
    const { mark, list, make, remove } = holders[name];
    const wanted = new Set(snapshots[name]);
    const there = await list();
    for (const one of there) if (!wanted.has(one)) await remove(one);
    writeFileSync(mark, 'before');
    for (const one of wanted) if (!there.includes(one)) await make(one);
    writeFileSync(mark, 'since');
  }
  if (!hasCarrier) return;
  await unlessThere(engine.incus.projects.create(CARRIERS, '', { 'features.images': 'false' }));
  await unlessThere(makeContainer(engine, CARRIERS, 'read-left', fingerprint));
}

/** As after a start of the process. A read that fails is no other case than the change after it that never came. */
function controllers(
  { incus, pool }: TestIncus,
  disturber: Disturber,
  { isRestored = false, hasCarrier = false }: LeftCase,
): readonly Controller[] {
  const snapshots = ['createSnapshot', 'deleteSnapshot', 'restoreSnapshot'] as const;
  const { service } = engineSources({
    incus: {
      ...incus,
      // Sweeps try the carriers' project each time: that says something only where there is one.
      ...(hasCarrier
        ? { projects: instrument(incus.projects, disturber, { name: 'projects', only: ['delete'] }) }
        : {}),
      instances: instrument(incus.instances, disturber, {
        name: 'instances',
        only: ['setState', 'delete', ...snapshots],
      }),
      volumes: instrument(incus.volumes, disturber, {
        name: 'volumes',
        only: ['configure', 'delete', ...snapshots],
      }),
    } as Incus,
    regionId: REGION_ID,
    logger: silentLogger,
    random: { uuid: unasked, below: unasked },
    realms: () => ({ use: unasked }),
    pool,
    ...(isRestored ? { lastRestore: async () => 0 } : {}),
  });
  return service.controllers ?? [];
}

async function openWorld(
  engine: TestIncus,
  holders: Readonly<Record<Holder, Snapshots>>,
  left: LeftCase,
  disturber: Disturber,
): Promise<World<Seen>> {
  const storage = storageService({ incus: engine.incus, logger: silentLogger, regionId: REGION_ID });
  const volumes = storage.controllers?.find(({ kind }) => kind === Volume);
  const test = await openTestRealms({
    kinds: [Namespace, Network, Instance, Backup, Restore, ...storage.kinds],
    create: [REGION, ACME],
  });
  const { realm, release } = await test.realms.acquire(ACME);
  const { view } = realm;
  const make = async (kind: Kind, name: string, uid: string, spec: object, status: object) => {
    const born = { uid, status: { ...status } };
    const namespace = kind === Namespace ? undefined : NAMESPACE;
    await realm.resources.create(kind, namespace, { metadata: { name }, spec }, test.context(ACME), { born });
  };
  const writer = (name: Holder | 'copy') => {
    const restoring = left.restoring?.[name];
    return restoring === undefined ? {} : { restoring };
  };
  await make(Namespace, NAMESPACE, UIDS.shop, {}, { phase: 'Active' });
  const { kind, spec, live, ended } = RUNS[left.of];
  await make(kind, 'live', LIVE, spec, live);
  await make(kind, 'ended', ENDED, spec, ended);
  const size = { size: `${SIZE_BYTES}` };
  for (const name of ['data', 'half'] as const)
    await make(Volume, name, UIDS[name], size, { madeAt: '2026-01-01T00:00:00Z', ...writer(name) });
  if (left.restoring?.copy !== undefined) await make(Volume, 'copy', UIDS.copy, size, writer('copy'));
  const small = { image: 'none', memory: '256Mi', disk: '1Gi', powerState: 'Stopped' };
  await make(Instance, 'web', UIDS.web, small, { node: 'here', phase: 'Stopped', ...writer('web') });

  const seen = instrumentRealm(realm, disturber);
  let ours = controllers(engine, disturber, left);
  let clean = 0;
  return {
    async pass() {
      const before = clean;
      clean = 0;
      for (const { name, sweep } of ours) await sweep?.(testContext(test, seen, name));
      for (const { metadata } of view.list(Volume).filter(isDeleting)) {
        const key = { namespace: NAMESPACE, name: metadata.name };
        await volumes?.reconcile(key, testContext(test, realm, 'volume'));
      }
      clean = before + 1;
      return clean < SWEEPS ? 'again' : 'settled';
    },
    async restart() {
      clean = 0;
      ours = controllers(engine, disturber, left);
    },
    async state() {
      const objects = [...view.list(Volume), ...view.list(Instance)];
      return {
        snapshots: await ofEach(holders, async ({ list }) => [...(await list())].sort()),
        restoring: Object.fromEntries(
          objects.map(({ metadata, status }) => [metadata.name, status?.restoring]),
        ),
        content: await ofEach(holders, async ({ mark }) => readFileSync(mark, 'utf8')),
        projects: (await engine.incus.projects.list()).map(({ name }) => name).sort(),
      };
    },
    async tearDown() {
      release();
      await test.close();
    },
  };
}

async function ofEach<T>(
  { data, half, web }: Readonly<Record<Holder, Snapshots>>,
  look: (one: Snapshots) => Promise<T>,
): Promise<Readonly<Record<Holder, T>>> {
  return { data: await look(data), half: await look(half), web: await look(web) };
}

function unasked(): never {
  throw new Error('nobody asks in this test');
}

async function unlessThere(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isIncusError(error, 'AlreadyExists')) throw error;
  }
}

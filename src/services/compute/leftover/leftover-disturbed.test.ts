/** What operators decide of leftovers, repeated, failed and killed at every call to Incus, which is real, and at every write. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Incus } from '#engines/incus/client.ts';
import { isIncusError } from '#engines/incus/errors.ts';
import { projectConfig } from '#engines/incus/projects.ts';
import { startTestIncus, type TestIncus, testClock } from '#engines/incus/test-incus.ts';
import type { Controller } from '#kernel/controller.ts';
import { silentLogger } from '#kernel/logger.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance, type World } from '#kernel/reconcile/testing/harness.ts';
import {
  type Disturber,
  instrument,
  instrumentRealm,
  instrumentRealms,
} from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { Network } from '#services/network/network.ts';
import { Volume } from '#services/storage/volume.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import { Instance } from '../instance.ts';
import { engineInstance, engineProject, engineVolume, LABELS, projectLabels } from '../names.ts';
import { COMPUTE_KINDS, computeService } from '../service.ts';
import { offerImage } from '../testing/offer-image.ts';
import { reportLeftover } from './find.ts';
import { foundInstance, foundVolume } from './found.ts';
import { Leftover, type LeftoverObject } from './leftover.ts';

const REGION_ID = 'test';
const ACME: RealmId = '/orgs/acme';
/** Nothing but what is left is there of it. */
const SHOP = { name: 'shop', uid: '10000000-0000-4000-8000-000000000000' };
/** Of this one too; nobody has decided anything yet. */
const LAB = { name: 'lab', uid: '20000000-0000-4000-8000-000000000000' };
const WEB = { name: 'web', uid: '30000000-0000-4000-8000-000000000000' };
const DATA = { name: 'data', uid: '40000000-0000-4000-8000-000000000000' };
const OTHER = { name: 'other', uid: '50000000-0000-4000-8000-000000000000' };

type Named = typeof SHOP;

type Made = 'Instance' | 'Volume';

interface Case {
  readonly decision: 'Adopt' | 'Remove';
  /** What is left of the shop. */
  readonly of: readonly Made[];
}

interface Seen {
  /** Why each that is left waits. */
  readonly leftovers: readonly string[];
  /** Each object of the organization with its uid; of a project, the engine’s. */
  readonly objects: readonly string[];
  readonly engine: readonly string[];
}

const UNDECIDED = ['other: Undecided'];
const UNTOUCHED = [engineProject(LAB.uid), engineVolume(OTHER.uid)];

describe('leftovers, with their controller disturbed at every call', () => {
  let engine: TestIncus;
  let folder: string;
  let fingerprint: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'casemate-leftover-'));
    engine = await startTestIncus();
    fingerprint = await importSmallest();
    await makeProject(LAB);
    await makeVolume(LAB, OTHER);
  });
  after(async () => {
    await engine?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  /** Nothing ever runs from it. */
  async function importSmallest(): Promise<string> {
    mkdirSync(join(folder, 'rootfs'));
    const metadata = 'architecture: x86_64\ncreation_date: 1767225600\nproperties: {os: none}\n';
    writeFileSync(join(folder, 'metadata.yaml'), metadata);
    const file = join(folder, 'image.tar');
    execFileSync('tar', ['-C', folder, '-cf', file, 'metadata.yaml', 'rootfs']);
    return engine.incus.images.import({ file, properties: {} });
  }

  const ownerOf = ({ name }: Named) => ({ region: REGION_ID, realm: ACME, project: name });
  const labelsOf = (project: Named, { name, uid }: Named) => ({
    ...projectLabels(ownerOf(project)),
    [LABELS.uid]: uid,
    [LABELS.name]: name,
  });

  async function makeProject(project: Named): Promise<void> {
    const { incus } = engine;
    const config = projectConfig(await incus.extensions(), [], projectLabels(ownerOf(project)));
    await unlessThere(incus.projects.create(engineProject(project.uid), project.name, config));
  }

  async function makeVolume(project: Named, volume: Named): Promise<void> {
    const config = { ...labelsOf(project, volume), size: `${32 * 1024 ** 2}B` };
    const draft = { name: engineVolume(volume.uid), content_type: 'filesystem', config } as const;
    await unlessThere(engine.incus.volumes.create(engineProject(project.uid), engine.pool, draft));
  }

  async function makeInstance(project: Named, instance: Named): Promise<void> {
    const draft = {
      name: engineInstance(instance.uid),
      type: 'container',
      source: { type: 'image', fingerprint },
      profiles: [],
      config: {
        ...labelsOf(project, instance),
        'limits.cpu': '1',
        'limits.memory': `${256 * 1024 ** 2}B`,
        'security.idmap.isolated': 'true',
      },
      devices: { root: { type: 'disk', path: '/', pool: engine.pool, size: `${1024 ** 3}B` } },
    } as const;
    await unlessThere(engine.incus.instances.create(engineProject(project.uid), draft));
  }

  /** A controller as after a start of the process. A read that fails is no other case than the change after it that never came. */
  function controller(disturber: Disturber): Controller {
    const { incus } = engine;
    const service = computeService({
      incus: {
        ...incus,
        projects: instrument(incus.projects, disturber, { name: 'projects', only: ['delete'] }),
        instances: instrument(incus.instances, disturber, {
          name: 'instances',
          only: ['setState', 'delete'],
        }),
        volumes: instrument(incus.volumes, disturber, { name: 'volumes', only: ['delete'] }),
      } as Incus,
      clock: testClock,
      logger: silentLogger,
      regionId: REGION_ID,
      imageFile: async () => undefined,
    });
    const found = service.controllers?.find(({ name }) => name === 'leftover');
    assert.ok(found);
    return found;
  }

  /** Says what is left, as sweeps do; and then what is to become of what was the shop’s. */
  async function tell(test: TestRealms, decision: Case['decision']): Promise<void> {
    const { incus, pool } = engine;
    const context = { realms: test.realms, change: test.context(REGION), clock: test.clock };
    for (const one of await incus.instances.list()) {
      await reportLeftover(foundInstance(one), context, silentLogger);
    }
    for (const one of await incus.volumes.list(pool)) {
      await reportLeftover(foundVolume(one), context, silentLogger);
    }
    await test.realms.use(REGION, async ({ view, resources }) => {
      for (const { metadata, spec } of view.list(Leftover)) {
        if (spec.found.project !== SHOP.name) continue;
        await resources.modify(Leftover, { name: metadata.name }, test.context(REGION), (current) => ({
          ...current,
          spec: { ...current.spec, decision } as LeftoverObject['spec'],
        }));
      }
    });
  }

  async function setUp(disturber: Disturber, { decision, of }: Case): Promise<World<Seen>> {
    await makeProject(SHOP);
    if (of.includes('Volume')) await makeVolume(SHOP, DATA);
    if (of.includes('Instance')) await makeInstance(SHOP, WEB);
    const test = await openTestRealms({
      kinds: [Namespace, Network, Volume, ...COMPUTE_KINDS],
      create: [REGION, ACME],
    });
    await offerImage(test, fingerprint, test.context(REGION));
    await tell(test, decision);
    const realms = instrumentRealms(test.realms, disturber);
    const { realm, release } = await test.realms.acquire(REGION);
    const region = instrumentRealm(realm, disturber);
    let ours = controller(disturber);
    const undone = () => realm.view.list(Leftover).filter(({ spec }) => spec.decision !== undefined);
    return {
      async pass() {
        for (const { metadata } of realm.view.list(Leftover)) {
          await ours.reconcile({ name: metadata.name }, testContext(test, region, ours.name, realms));
        }
        return undone().length === 0 ? 'settled' : 'again';
      },
      async restart() {
        ours = controller(disturber);
      },
      state: () => stateOf(test),
      async tearDown() {
        release();
        await test.close();
      },
    };
  }

  async function stateOf({ realms }: TestRealms): Promise<Seen> {
    const { incus, pool } = engine;
    const leftovers = await realms.use(REGION, async ({ view }) =>
      view.list(Leftover).map(({ spec, status }) => `${spec.found.name}: ${status?.conditions?.[0]?.reason}`),
    );
    const objects = await realms.use(ACME, async ({ view }) => [
      ...view
        .list(Namespace)
        .map(({ metadata: { name, uid }, status }) => `${name} ${status?.phase} ${engineProject(uid)}`),
      // What says that it was made to its end keeps it from being made anew.
      ...view
        .list(Volume)
        .map(({ metadata: { name, uid }, status }) => `${name} ${uid} ${status?.madeAt !== undefined}`),
      ...view
        .list(Instance)
        .map(({ metadata: { name, uid }, status }) => `${name} ${uid} ${status?.node !== undefined}`),
    ]);
    const held = [
      ...(await incus.projects.list()).filter(({ name }) => name !== 'default'),
      ...(await incus.volumes.list(pool)),
      ...(await incus.instances.list()),
    ];
    return { leftovers, objects, engine: held.map(({ name }) => name).sort() };
  }

  async function endsAlways(case_: Case, expected: Seen): Promise<void> {
    let outcomes = 0;
    const scenario = { setUp: (disturber: Disturber) => setUp(disturber, case_) };
    for await (const { title, state } of everyDisturbance(scenario)) {
      assert.deepEqual(state, expected, title);
      outcomes++;
    }
    assert.ok(outcomes > 20, `${outcomes} outcomes`);
  }

  for (const kind of ['Volume', 'Instance'] as const) {
    it(`${kind}: what is removed ends gone, with its project in the engine, and nothing else`, () =>
      endsAlways(
        { decision: 'Remove', of: [kind] },
        { leftovers: UNDECIDED, objects: [], engine: UNTOUCHED },
      ));
  }

  it('what is adopted ends with its object, once, with the uid that it had, in its project', () =>
    endsAlways(
      { decision: 'Adopt', of: ['Instance', 'Volume'] },
      {
        leftovers: UNDECIDED,
        objects: [`shop Active ${engineProject(SHOP.uid)}`, `data ${DATA.uid} true`, `web ${WEB.uid} true`],
        engine: [
          ...UNTOUCHED,
          engineProject(SHOP.uid),
          engineVolume(DATA.uid),
          engineInstance(WEB.uid),
        ].sort(),
      },
    ));
});

async function unlessThere(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isIncusError(error, 'AlreadyExists')) throw error;
  }
}

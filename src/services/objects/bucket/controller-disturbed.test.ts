import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { type Disturber, instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { reconcileKey } from '#trust/keys/key/controller.ts';
import { Key } from '#trust/keys/key/key.ts';
import { ACME } from '#trust/testing/fixture.ts';
import type { ObjectsEngine } from '../engine.ts';
import { type ObjectsWorld, objectsWorld, PROJECT } from '../testing/world.ts';
import { Bucket } from './bucket.ts';
import { bucketController } from './controller.ts';
import { bucketKeys } from './keys.ts';

const AT = { namespace: PROJECT, name: 'data' };

/** What would serve objects, as far as controllers see of it. */
class Shelves implements ObjectsEngine {
  /** Objects by the bucket's uid. */
  readonly held = new Map<string, number>();
  readonly erased: string[] = [];

  async want() {
    return { serves: true } as const;
  }
  async close(_realm: string, uid: string) {
    return this.held.get(uid) ?? 0;
  }
  async erase(_realm: string, uid: string) {
    this.held.delete(uid);
    if (!this.erased.includes(uid)) this.erased.push(uid);
  }
  end() {}
}

interface Prepared {
  readonly world: ObjectsWorld;
  readonly shelves: Shelves;
  /** As it is before anything is disturbed. */
  reconcile(): Promise<void>;
}

async function endsAlways(prepare: (prepared: Prepared) => Promise<void>, expected: unknown): Promise<void> {
  let outcomes = 0;
  const scenario = {
    async setUp(disturber: Disturber) {
      const world = await objectsWorld();
      const shelves = new Shelves();
      const controllerOf = (engine: ObjectsEngine, keys: typeof world.keys) =>
        bucketController({
          engine: () => engine,
          keys,
          endpoint: 'https://s3.lux.casemate.internal:7480',
          isOrganizationLeaving: async () => false,
        });
      const plain = controllerOf(shelves, world.keys);
      const pass = async (
        controller: typeof plain,
        realm = (one: Parameters<typeof instrumentRealm>[0]) => one,
      ) => {
        const { context, release } = await world.context('buckets');
        try {
          const again = await controller.reconcile(AT, { ...context, realm: realm(context.realm) });
          return again === undefined ? ('settled' as const) : ('again' as const);
        } finally {
          release();
        }
      };
      await prepare({ world, shelves, reconcile: async () => void (await pass(plain)) });
      const material = instrument(world.region.keyring.material, disturber, { name: 'material' });
      const keysOf = () => bucketKeys({ material, backends: world.backends, onUse: async () => {} });
      const engine = instrument<ObjectsEngine>(shelves, disturber, {
        name: 'engine',
        only: ['want', 'close', 'erase'],
      });
      let disturbed = controllerOf(engine, keysOf());
      return {
        pass: () => pass(disturbed, (realm) => instrumentRealm(realm, disturber)),
        async restart() {
          disturbed = controllerOf(engine, keysOf());
        },
        async state() {
          const bucket = await world.read('data');
          const names = await world.region.keyring.material.names(ACME, 'bucket.');
          const ready = bucket?.status?.conditions?.find(({ type }) => type === 'Ready');
          return {
            ready: ready?.status,
            version: bucket?.status?.keyVersion,
            key: bucket?.status?.key,
            keys: names.map((name) => Number(name.slice(-6))),
            objects: [...shelves.held.values()],
            erased: shelves.erased.length,
          };
        },
        tearDown: () => world.close(),
      };
    },
  };
  for await (const outcome of everyDisturbance(scenario)) {
    assert.deepEqual(outcome.state, expected, outcome.title);
    outcomes++;
  }
  assert.ok(outcomes > 5, `${outcomes} outcomes`);
}

async function makeKey({ region }: ObjectsWorld): Promise<void> {
  await region.make(
    ACME,
    Key,
    {
      metadata: { name: 'own' },
      spec: { purpose: 'encrypt', algorithm: 'AES-256-GCM', destroyNotice_days: 1 },
    },
    PROJECT,
  );
}

describe('the controller of buckets, repeated, failed and killed at every call', () => {
  it('a new bucket ends ready, with one key', () =>
    endsAlways(async ({ world }) => void (await world.bucket('data')), {
      ready: 'True',
      version: 1,
      key: undefined,
      keys: [1],
      objects: [],
      erased: 0,
    }));

  it('a bucket that names a Key from now on ends with a second key under that, and keeps the first', () =>
    endsAlways(
      async ({ world, reconcile }) => {
        await makeKey(world);
        const { context, release } = await world.context('keys');
        await reconcileKey({ namespace: PROJECT, name: 'own' }, world.backends, context);
        release();
        await world.bucket('data');
        await reconcile();
        await world.patch(Bucket, 'data', (now) => ({
          ...now,
          spec: { ...(now.spec as object), key: 'own' },
        }));
      },
      { ready: 'True', version: 2, key: 'own', keys: [1, 2], objects: [], erased: 0 },
    ));

  it('a bucket that was deleted ends gone: its keys first, then what the process holds of it', () =>
    endsAlways(
      async ({ world, reconcile }) => {
        await world.bucket('data');
        await reconcile();
        await world.remove(Bucket, 'data');
      },
      { ready: undefined, version: undefined, key: undefined, keys: [], objects: [], erased: 1 },
    ));
});

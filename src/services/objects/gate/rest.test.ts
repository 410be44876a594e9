/** The end of the process that serves objects, once nobody needs it: both halves of the gate. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RealmId } from '#kernel/realm-id.ts';
import { Bucket } from '../bucket/bucket.ts';
import { bucketController } from '../bucket/controller.ts';
import { QUIET_MS, Rest } from '../server/rest.ts';
import { type GateWorld, gateWorld, PROJECT } from '../testing/world.ts';

let world: GateWorld;
let rest: Rest;
let freed: { readonly id: number; readonly blob: string }[] = [];
before(async () => {
  world = await gateWorld({
    erase: () => {
      rest.look();
      return { ok: true };
    },
  });
  rest = restOf(world.gate);
});
after(() => world.close());

const restOf = (gate: GateWorld['gate']) =>
  new Rest({
    gate: () => gate,
    metadata: async () => ({ freed: async () => freed }),
    clock: world.region.clock,
    onFault: (error) => {
      throw error;
    },
  });

async function settle(name: string): Promise<void> {
  const { context, release } = await world.context('buckets');
  const controller = bucketController({
    engine: () => world.engine,
    keys: world.keys,
    endpoint: 'https://s3.lux.casemate.internal:7480',
    isOrganizationLeaving: async () => false,
  });
  await controller.reconcile({ namespace: PROJECT, name }, context);
  release();
}
const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
};
const remove = async (name: string) => {
  await world.remove(Bucket, name);
  await settle(name);
};

test('it runs while there is a bucket, and ends some time after the last one is gone and nobody asked for anything', async () => {
  const { clock } = world.region;
  for (const name of ['first', 'last']) {
    await world.bucket(name);
    await settle(name);
  }
  await remove('first');
  await clock.advance(QUIET_MS);
  await turns();
  assert.equal(world.gate.isOpen, true, 'a bucket is there');
  freed = [{ id: 1, blob: 'a' }];
  await remove('last');
  await clock.advance(QUIET_MS);
  await turns();
  assert.equal(world.gate.isOpen, true, 'room is given back first');
  freed = [];
  rest.request();
  await clock.advance(QUIET_MS - 1);
  await turns();
  assert.equal(world.gate.isOpen, true, 'somebody was there');
  await clock.advance(QUIET_MS);
  await turns();
  assert.equal(world.gate.isOpen, false);
  await clock.advance(QUIET_MS);
  assert.equal(world.started(), 1, 'it is not started without need');
});

test('the next bucket starts it again', async () => {
  await world.bucket('next');
  await settle('next');
  assert.equal(world.started(), 2);
  assert.match((await world.read('next'))?.status?.conditions?.[0]?.message ?? '', /being started/);
});

test('one that is wanted while it asks stays, even if no bucket is there yet', async () => {
  await world.remove(Bucket, 'next');
  const { keys, engine } = world;
  const gate = world.latest();
  await gate.ask('serves', {});
  await settle('next');
  const { uids } = keys;
  // In the middle of looking.
  Object.assign(keys, {
    uids: async (realm: RealmId) => {
      await engine.want();
      return uids(realm);
    },
  });
  assert.deepEqual(await gate.ask('rest', {}), { ends: false });
  Object.assign(keys, { uids });
  assert.deepEqual(await gate.ask('rest', {}), { ends: true });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ACME } from '#trust/testing/fixture.ts';
import { bucketController } from '../bucket/controller.ts';
import { type GateWorld, gateWorld, PROJECT } from '../testing/world.ts';

describe('what goes on beside requests', () => {
  let world: GateWorld;
  before(async () => {
    world = await gateWorld();
  });
  after(() => world.close());

  const all = async () => (await world.gate.ask('allBuckets', {})).buckets;
  const damaged = (uid: string, keys: readonly string[], isAll: boolean) =>
    world.gate.ask('damaged', {
      realm: ACME,
      uid,
      objects: keys.map((key) => ({ key, version: 'null' })),
      count: keys.length,
      isAll,
    });
  const condition = async () =>
    (await world.read('archive'))?.status?.conditions?.find(({ type }) => type === 'Intact');

  it('learns of all buckets, which of them have rules, and goes on from any of them', async () => {
    const archive = await world.bucket('archive', {
      lifecycle: [{ id: 'a', expiration: { days: 1 } }],
    });
    const plain = await world.bucket('plain', {
      lifecycle: [{ id: 'a', enabled: false, expiration: { days: 1 } }],
      inventory: { weekly: { targetBucket: 'archive' } },
    });
    const told = { realm: ACME, isDamaged: false };
    assert.deepEqual(await all(), [
      { ...told, uid: archive.metadata.uid, name: 'archive', expires: true, isReported: false },
      { ...told, uid: plain.metadata.uid, name: 'plain', expires: false, isReported: true },
    ]);
    const rest = await world.gate.ask('allBuckets', { after: { realm: ACME, name: 'archive' } });
    assert.deepEqual(
      rest.buckets.map(({ name }) => name),
      ['plain'],
    );
    assert.equal(rest.next, undefined);
  });

  it('tells the organization which objects are damaged, once, until a round finds them no more', async () => {
    const { uid } = (await world.read('archive'))?.metadata ?? assert.fail('it is there');
    await damaged(uid, [], true);
    assert.equal(await condition(), undefined);
    await damaged(uid, ['a/1'], false);
    await damaged(uid, ['a/1', 'b'], false);
    assert.equal((await condition())?.status, 'False');
    assert.match((await condition())?.message ?? '', /a\/1 \(version null\), b \(version null\)/);
    assert.deepEqual(
      (await world.read('archive'))?.status?.damaged?.map(({ key }) => key),
      ['a/1', 'b'],
    );
    assert.equal((await all())[0]?.isDamaged, true);
    await damaged(uid, ['b'], true);
    assert.deepEqual(
      (await world.read('archive'))?.status?.damaged?.map(({ key }) => key),
      ['b'],
    );
    const { context, release } = await world.context('buckets');
    const told: string[] = [];
    const events = { record: (_: unknown, __: string, reason: string) => void told.push(reason) };
    const controller = bucketController({
      engine: () => world.engine,
      keys: world.keys,
      endpoint: 'https://s3.lux.casemate.internal:7480',
      isOrganizationLeaving: async () => false,
    });
    for (let round = 0; round < 2; round++) {
      await controller.reconcile({ namespace: PROJECT, name: 'archive' }, { ...context, events });
    }
    release();
    assert.deepEqual(told, ['Damaged']);
    await damaged(uid, [], true);
    assert.equal((await condition())?.status, 'True');
    assert.equal((await world.read('archive'))?.status?.damaged, undefined);
    assert.equal((await all())[0]?.isDamaged, false);
  });
});

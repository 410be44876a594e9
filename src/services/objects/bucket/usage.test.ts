import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ACME } from '#trust/testing/fixture.ts';
import { type ObjectsWorld, objectsWorld } from '../testing/world.ts';
import { UsageReports } from './usage.ts';

describe('what a bucket holds', () => {
  let world: ObjectsWorld;
  let reports: UsageReports;
  let uid: string;
  before(async () => {
    world = await objectsWorld();
    const { region } = world;
    reports = new UsageReports({
      realms: () => region.realms,
      clock: region.clock,
      change: (realm) => region.context(realm),
      onFault: (error) => {
        throw error;
      },
    });
    uid = (await world.bucket('data')).metadata.uid;
  });
  after(async () => {
    reports.close();
    await world.close();
  });

  const note = (objects: number, bytes: number) => reports.note({ realm: ACME, uid, objects, bytes });
  const read = async () => {
    const { usage } = (await world.read('data'))?.status ?? {};
    return usage && [usage.objects, usage.bytes];
  };
  const revision = async () => (await world.read('data'))?.metadata.resourceVersion;

  it('is told within seconds when it is empty no longer, and once a minute after that', async () => {
    const { clock } = world.region;
    note(1, 10);
    await clock.advance(5_000);
    assert.deepEqual(await read(), [1, 10]);
    const before = await revision();
    for (let round = 2; round < 10; round++) {
      note(round, 10 * round);
      await clock.advance(5_000);
    }
    assert.equal(await revision(), before);
    await clock.advance(20_000);
    assert.deepEqual(await read(), [9, 90]);
  });

  it('is told within seconds when it is empty again', async () => {
    note(0, 0);
    await world.region.clock.advance(5_000);
    assert.deepEqual(await read(), [0, 0]);
  });

  it('is no leaf of its own while nothing changes', async () => {
    const before = await revision();
    for (let round = 0; round < 30; round++) {
      note(0, 0);
      await world.region.clock.advance(5_000);
    }
    assert.equal(await revision(), before);
    reports.note({ realm: '/orgs/gone', uid, objects: 1, bytes: 1 });
    await world.region.clock.advance(5_000);
  });
});

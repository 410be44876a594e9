import assert from 'node:assert/strict';
import { it } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import { EMPTY_FRONTIER } from '#kernel/log/merkle.ts';
import { describeRecords } from '#kernel/store/records-conformance.ts';
import { openPool } from './database.ts';
import { openPostgres } from './open-postgres.ts';
import { PostgresRecords } from './records.ts';
import { startTestPostgres } from './test-cluster.ts';

describeRecords('PostgreSQL', async (clock) => {
  const server = await startTestPostgres();
  const one = await openPostgres({ connection: server.connection, clock });
  const two = await openPostgres({ connection: server.connection, clock });
  const pool = openPool(server.connection, () => {});
  return {
    records: one.records,
    replica: two.records,
    small: (records_max) => new PostgresRecords({ pool, clock, records_max }),
    async close() {
      await pool.end();
      await one.close();
      await two.close();
      await server.stop();
    },
  };
});

it('short-lived records go with their realm, and those of others stay', async (t) => {
  const server = await startTestPostgres();
  const { records, log, close } = await openPostgres({ connection: server.connection });
  t.after(async () => {
    await close();
    await server.stop();
  });
  const nothing = { leaves: [], frontier: EMPTY_FRONTIER, tileNodes: [] };
  const [mine, other] = [crypto.randomUUID(), crypto.randomUUID()];
  await log.createRealm({ id: '/orgs/mine', uid: mine, changes: nothing, access: nothing });
  await log.createRealm({ id: '/orgs/other', uid: other, changes: nothing, access: nothing });
  const record = { id: 'a', payload: Buffer.from('x'), expires_ms: systemClock.now() + 60_000, keys: ['k'] };
  for (const realm of [mine, other]) await records.put(realm, 'codes', record);
  await log.destroyRealm(mine);
  assert.equal(await records.get(mine, 'codes', 'a'), undefined);
  assert.deepEqual(await records.findBy(mine, 'codes', 'k'), []);
  assert.equal((await records.findBy(other, 'codes', 'k')).length, 1);
});

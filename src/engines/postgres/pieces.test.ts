import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EMPTY_FRONTIER } from '#kernel/log/merkle.ts';
import { describePieces } from '#kernel/store/pieces-conformance.ts';
import { openPostgres } from './open-postgres.ts';
import { startTestPostgres } from './test-cluster.ts';

describePieces('PostgreSQL', async () => {
  const server = await startTestPostgres();
  const one = await openPostgres({ connection: server.connection });
  const two = await openPostgres({ connection: server.connection });
  return {
    pieces: one.pieces,
    replica: two.pieces,
    async close() {
      await one.close();
      await two.close();
      await server.stop();
    },
  };
});

it('pieces go with their realm, and those of others stay', async (t) => {
  const server = await startTestPostgres();
  const { pieces, log, close } = await openPostgres({ connection: server.connection });
  t.after(async () => {
    await close();
    await server.stop();
  });
  const nothing = { leaves: [], frontier: EMPTY_FRONTIER, tileNodes: [] };
  const [mine, other, whole] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
  await log.createRealm({ id: '/orgs/mine', uid: mine, changes: nothing, access: nothing });
  await log.createRealm({ id: '/orgs/other', uid: other, changes: nothing, access: nothing });
  for (const realm of [mine, other]) await pieces.add(realm, whole, 0, Buffer.from('x'));
  await log.destroyRealm(mine);
  assert.deepEqual(await pieces.held(mine), { pieces: 0, bytes: 0 });
  assert.deepEqual(await pieces.held(other), { pieces: 1, bytes: 1 });
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openPostgres } from './open-postgres.ts';
import { startTestPostgres } from './test-cluster.ts';

it('wrapped keys are kept by realm and name, added once, replaced, listed and deleted', async (t) => {
  const server = await startTestPostgres();
  const { keys, close } = await openPostgres({ connection: server.connection });
  t.after(async () => {
    await close();
    await server.stop();
  });
  const realm = '/orgs/acme';
  assert.equal(await keys.get(realm, 'sealer'), undefined);
  const added = await Promise.all([
    keys.add(realm, 'sealer', Buffer.from('one')),
    keys.add(realm, 'sealer', Buffer.from('two')),
  ]);
  assert.equal(added.filter(Boolean).length, 1);
  await keys.put(realm, 'sealer', Buffer.from('three'));
  await keys.put(realm, 'log/access', Buffer.from([0, 1, 255]));
  await keys.add('/', 'sealer', Buffer.from('of the region'));
  assert.equal(String(await keys.get(realm, 'sealer')), 'three');
  assert.deepEqual(await keys.get(realm, 'log/access'), Buffer.from([0, 1, 255]));
  assert.deepEqual(await keys.list(realm), ['log/access', 'sealer']);
  const more = [
    ['sealer', Buffer.from('four')],
    ['authority', Buffer.from('five')],
  ] as const;
  const kept = [
    ['authority', Buffer.from('five')],
    ['log/access', Buffer.from([0, 1, 255])],
    ['sealer', Buffer.from('three')],
  ];
  assert.deepEqual([...(await keys.addAll(realm, new Map(more)))], kept);
  assert.deepEqual([...(await keys.all(realm))], kept);
  await keys.delete(realm, 'authority');
  await keys.delete(realm, 'sealer');
  assert.deepEqual(await keys.list(realm), ['log/access']);
  await keys.deleteAll(realm);
  assert.deepEqual(await keys.list(realm), []);
  assert.equal(String(await keys.get('/', 'sealer')), 'of the region');
  await assert.rejects(keys.put(realm, '', Buffer.from('x')), /1 to 253 characters/);
  await assert.rejects(keys.put(realm, 'x', Buffer.alloc(70_000)), /at most 65536 bytes/);
});

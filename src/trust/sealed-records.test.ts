import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ExpiringRecords, NewRecord } from '#kernel/records.ts';
import { MemoryRecords } from '#kernel/store/memory-records.ts';
import { memoryKeyStorage } from './keys/memory-key-storage.ts';
import { realmSealing } from './realm-sealing.ts';
import { type SealedRecords, sealedRecords } from './sealed-records.ts';
import { ACME, RIVAL, type TrustFixture, trustFixture } from './testing/fixture.ts';

describe('sealed records', () => {
  let region: TrustFixture;
  let records: SealedRecords;
  let kept: ExpiringRecords;
  const stored: { readonly realmUid: string; readonly record: NewRecord }[] = [];
  const storage = memoryKeyStorage();
  const value = { user: 'alice', secret: 'a-refresh-token' };
  before(async () => {
    region = await trustFixture();
    const memory = new MemoryRecords(region.clock);
    kept = Object.assign(Object.create(memory) as MemoryRecords, {
      put: async (realmUid: string, collection: string, record: NewRecord) => {
        stored.push({ realmUid, record });
        await memory.put(realmUid, collection, record);
      },
      get: memory.get.bind(memory),
      findBy: memory.findBy.bind(memory),
      take: memory.take.bind(memory),
      deleteBy: memory.deleteBy.bind(memory),
    });
    const { realms, keyring } = region;
    records = sealedRecords(kept, realmSealing({ realms, keyring, storage }));
  });
  after(() => region.close());
  const record = (id: string) => ({
    id,
    value,
    expires_ms: region.clock.now() + 60_000,
    keys: ['user:alice'],
  });

  it('come back as they were kept, by id and by key', async () => {
    await records.put(ACME, 'tokens', record('the-token'));
    assert.deepEqual((await records.get(ACME, 'tokens', 'the-token'))?.value, value);
    const [found] = await records.findBy(ACME, 'tokens', 'user:alice');
    assert.deepEqual([found?.id, found?.value], ['the-token', value]);
    assert.equal(await records.get(RIVAL, 'tokens', 'the-token'), undefined);
  });

  it('tell the storage nothing: neither id, nor key, nor value', async () => {
    await records.put(ACME, 'tokens', record('the-token'));
    const seen = JSON.stringify(stored, (_key, each) => (each?.type === 'Buffer' ? each.data : each));
    const raw = stored.map(({ record: { payload } }) => Buffer.from(payload).toString('latin1')).join();
    for (const word of ['the-token', 'alice', 'a-refresh-token']) {
      assert.ok(!seen.includes(word) && !raw.includes(word), word);
    }
    await records.put(RIVAL, 'tokens', record('the-token'));
    const [one, other] = [stored.at(-2)?.record, stored.at(-1)?.record];
    assert.notEqual(one?.id, other?.id);
    assert.notEqual(one?.keys?.[0], other?.keys?.[0]);
  });

  it('do not open in another place: not under another id, not in another collection', async () => {
    await records.put(ACME, 'tokens', record('low'));
    const low = stored.at(-1);
    await records.put(ACME, 'tokens', record('high'));
    const high = stored.at(-1);
    assert.ok(low && high);
    await kept.put(low.realmUid, 'tokens', { ...high.record, payload: low.record.payload });
    await assert.rejects(records.get(ACME, 'tokens', 'high'), { name: 'SealError' });
  });

  it('open after a new sealing key was made, also one that another process made', async () => {
    const { realms, keyring } = region;
    const other = sealedRecords(kept, realmSealing({ realms, keyring, storage }));
    await records.put(ACME, 'tokens', record('before'));
    await region.keyring.rotateSealer(ACME);
    await other.put(ACME, 'tokens', record('after'));
    assert.ok(await other.get(ACME, 'tokens', 'before'));
    assert.ok(await records.get(ACME, 'tokens', 'after'));
  });

  it('are gone for a realm that was made anew under an old name', async () => {
    const realm = '/orgs/phoenix';
    await region.realms.create(realm);
    await records.put(realm, 'tokens', record('old'));
    await region.realms.destroy(realm);
    await assert.rejects(records.get(realm, 'tokens', 'old'), { reason: 'NotFound' });
    await storage.deleteAll(realm);
    await region.realms.create(realm);
    assert.equal(await records.get(realm, 'tokens', 'old'), undefined);
  });
});

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { startTestPostgres, type TestPostgres } from '#engines/postgres/test-cluster.ts';
import { ACME } from '#trust/testing/fixture.ts';
import { openMetadata } from '../../metadata/postgres/open.ts';
import type { MetadataStore } from '../../metadata/store.ts';
import { counted, UsageNotes } from './usage.ts';

describe('what buckets hold', () => {
  let postgres: TestPostgres;
  let plain: MetadataStore;
  let metadata: MetadataStore;
  let notes: UsageNotes;
  const told: unknown[] = [];
  let isGateOpen = true;
  const bucket = randomUUID();
  before(async () => {
    postgres = await startTestPostgres();
    plain = await openMetadata({
      connection: postgres.connection,
      clock: { now: () => 1_800_000_000_000 },
      onFault: (error) => assert.fail(String(error)),
    });
    metadata = counted(plain, (uid) => notes.changed(uid));
    notes = new UsageNotes({
      gate: () => ({
        async ask(call: string, asked: unknown) {
          if (!isGateOpen) throw new Error('the other end is gone');
          told.push([call, asked]);
          return { ok: true } as never;
        },
      }),
      metadata: plain,
      clock: { after: () => () => {} },
      realmOf: (uid) => (uid === bucket ? ACME : undefined),
      onFault: (error) => assert.fail(String(error)),
    });
  });
  after(async () => {
    notes.stop();
    await plain.close();
    await postgres.stop();
  });

  const next = async () => {
    told.length = 0;
    await notes.turn();
    return told.slice();
  };
  const says = (objects: number, bytes: number) => [
    ['used', { buckets: [{ uid: bucket, realm: ACME, objects, bytes }] }],
  ];
  const version = (key: string) => ({
    bucket,
    key,
    versioning: 'off' as const,
    size: 10,
    etag: 'e',
    checksums: {},
    sealed: Buffer.from('s'),
    tagCount: 0,
    lock: {},
    pieces: [],
  });

  it('is told of those that changed, once however often they did, and of no others', async () => {
    for (let at = 0; at < 5; at++) await metadata.put(version(`k${at}`));
    await metadata.put({ ...version('other'), bucket: randomUUID() });
    await metadata.get(bucket, 'k1');
    assert.deepEqual(await next(), says(5, 50));
    assert.deepEqual(await next(), []);
    await metadata.remove({ bucket, key: 'k1', versioning: 'off' });
    assert.deepEqual(await next(), says(4, 40));
  });

  it('counts uploads that are not complete, until they are completed or given up', async () => {
    const upload = await metadata.createUpload({ bucket, key: 'u', sealed: Buffer.from('s'), wanted: {} });
    assert.deepEqual(await next(), says(5, 40));
    await metadata.abortUpload(upload.id);
    assert.deepEqual(await next(), says(4, 40));
  });

  it('is told again when the region did not hear it', async () => {
    await metadata.put(version('more'));
    isGateOpen = false;
    await assert.rejects(next(), /gone/);
    isGateOpen = true;
    assert.deepEqual(await next(), says(5, 50));
  });
});

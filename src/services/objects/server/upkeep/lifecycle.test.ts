import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { startTestPostgres, type TestPostgres } from '#engines/postgres/test-cluster.ts';
import { ACME } from '#trust/testing/fixture.ts';
import { bucketKey } from '../../encryption/bucket-key.ts';
import { sealHeaders } from '../../encryption/object-keys.ts';
import type { GateClient } from '../../gate/client.ts';
import type { BucketSettings, GateAccessRecord } from '../../gate/protocol.ts';
import { openMetadata } from '../../metadata/postgres/open.ts';
import type { Lock, MetadataStore, Versioning } from '../../metadata/store.ts';
import { RealmAnswers } from '../answers.ts';
import type { Parts } from '../parts.ts';
import { RunningReads } from '../running-reads.ts';
import { Lifecycle, lifecycleTask } from './lifecycle.ts';
import type { LifecycleRule } from './lifecycle-rules.ts';

const DAY_MS = 86_400_000;
const BEGIN_MS = Date.parse('2026-01-15T10:30:00Z');

describe('what a bucket’s rules remove', () => {
  let postgres: TestPostgres;
  let metadata: MetadataStore;
  let now_ms = BEGIN_MS;
  const clock = { now: () => now_ms, after: () => () => {} };
  before(async () => {
    postgres = await startTestPostgres();
    metadata = await openMetadata({
      connection: postgres.connection,
      clock,
      onFault: (error) => assert.fail(String(error)),
    });
  });
  after(async () => {
    await metadata.close();
    await postgres.stop();
  });

  function world(versioning: Versioning, rules: readonly Partial<LifecycleRule>[]) {
    now_ms = BEGIN_MS;
    const uid = randomUUID();
    const key = randomBytes(32);
    const records: GateAccessRecord[] = [];
    const settings: BucketSettings = {
      uid,
      realm: ACME,
      project: 'lab',
      name: 'data',
      spec: {
        versioning,
        lifecycle: rules.map((rule, at) => ({ id: `rule-${at}`, enabled: true, ...rule })),
      },
      created_ms: 0,
      key: key.toString('base64'),
      keyVersion: 1,
      isDeleting: false,
    };
    const gate = { ask: async () => settings } as unknown as GateClient;
    const abort = new AbortController();
    const parts: Parts = {
      gate,
      answers: new RealmAnswers(() => gate, clock),
      metadata,
      blobs: undefined as unknown as Parts['blobs'],
      reads: new RunningReads(),
      clock,
      domain: 'lux',
    };
    const lifecycle = new Lifecycle({
      parts,
      recorder: { record: async (record) => void records.push(record) },
      signal: abort.signal,
      page: 20,
    });
    return {
      uid,
      records,
      abort,
      calls: () => records.map(({ details, decision }) => `${decision} ${details.call} ${details.key}`),
      async put(name: string, more: { size?: number; lock?: Lock; tags?: Record<string, string> } = {}) {
        const { size = 10, lock = {}, tags = {} } = more;
        const pieces = [{ blob: randomUUID(), size, wrappedKey: randomBytes(68) }];
        const headers = { tags: Object.entries(tags).map(([tag, value]) => ({ key: tag, value })) };
        const outcome = await metadata.put({
          bucket: uid,
          key: name,
          versioning,
          size,
          etag: 'e',
          checksums: {},
          sealed: sealHeaders(bucketKey(1, Buffer.from(key)), headers, { bucket: uid, key: name }, pieces),
          tagCount: headers.tags.length,
          lock,
          pieces,
        });
        assert.equal(outcome.outcome, 'done');
      },
      remove: (name: string) => metadata.remove({ bucket: uid, key: name, versioning }),
      async run(days: number) {
        now_ms = BEGIN_MS + days * DAY_MS;
        return lifecycle.run(ACME, 'data', uid);
      },
      /** Names with their versions, newest first: `+` one, `-` a delete marker. */
      async left() {
        const names: Record<string, string> = {};
        const { entries } = await metadata.listVersions({ bucket: uid, prefix: '', limit: 1_000 });
        for (const entry of entries) {
          if (!('version' in entry)) continue;
          const { key: name, isMarker } = entry.version;
          names[name] = (names[name] ?? '') + (isMarker ? '-' : '+');
        }
        return names;
      },
    };
  }

  it('are objects of an age, where there are no versions, and each is on record', async () => {
    const { put, run, left, records, uid } = world('off', [
      { filter: { prefix: 'logs/' }, expiration: { days: 3 } },
    ]);
    for (const name of ['a', 'logs/1', 'logs/2', 'z']) await put(name);
    assert.equal(await run(3), 0);
    now_ms = BEGIN_MS + 3 * DAY_MS;
    await put('logs/2');
    assert.equal(await run(4), 1);
    assert.deepEqual(await left(), { a: '+', 'logs/2': '+', z: '+' });
    const [record] = records;
    assert.deepEqual(
      [record?.actor, record?.bucket, record?.project, record?.verb, record?.decision, record?.details],
      [
        'system:lifecycle',
        'data',
        'lab',
        'delete',
        'allowed',
        { call: 'S3.EXPIRE.OBJECT', key: 'logs/1', rule: 'rule-0', version: 'null' },
      ],
    );
    assert.deepEqual(await metadata.progress(lifecycleTask(uid)), { done_ms: now_ms });
  });

  it('get a delete marker where there are versions; what is noncurrent goes after its days, and the marker last', async () => {
    const { put, run, left, calls } = world('enabled', [
      { expiration: { days: 1 }, noncurrentVersionExpiration: { noncurrentDays: 2 } },
    ]);
    await put('a');
    await put('a');
    assert.equal(await run(2), 1);
    assert.deepEqual(await left(), { a: '-++' });
    // The older one has been behind another for two days and a midnight; the newer one not.
    assert.equal(await run(3), 1);
    assert.deepEqual(await left(), { a: '-+' });
    assert.equal(await run(5), 1);
    assert.deepEqual(await left(), { a: '-' });
    assert.equal(await run(6), 1);
    assert.deepEqual(await left(), {});
    assert.deepEqual(calls(), [
      'allowed S3.CREATE.DELETEMARKER a',
      'allowed S3.EXPIRE.OBJECT a',
      'allowed S3.EXPIRE.OBJECT a',
      'allowed S3.EXPIRE.OBJECT a',
    ]);
  });

  it('leave the newest noncurrent versions that a rule keeps', async () => {
    const { put, run, left } = world('enabled', [
      { noncurrentVersionExpiration: { noncurrentDays: 1, newerNoncurrentVersions: 2 } },
    ]);
    for (let at = 0; at < 6; at++) await put('a');
    await put('b');
    assert.equal(await run(30), 3);
    assert.deepEqual(await left(), { a: '+++', b: '+' });
  });

  it('are not versions that are locked, for as long as they are, and nothing is on record of them', async () => {
    const { put, run, left, records } = world('enabled', [
      { expiration: { days: 1 }, noncurrentVersionExpiration: { noncurrentDays: 1 } },
    ]);
    const retainUntil_ms = BEGIN_MS + 20 * DAY_MS;
    await put('held', { lock: { legalHold: true } });
    await put('kept', { lock: { mode: 'GOVERNANCE', retainUntil_ms } });
    assert.equal(await run(2), 2);
    assert.equal(await run(10), 0);
    assert.equal(records.length, 2);
    assert.deepEqual(await left(), { held: '-+', kept: '-+' });
    assert.equal(await run(21), 1);
    assert.deepEqual(await left(), { held: '-+', kept: '-' });
  });

  it('are those with the tags and the size that a rule names', async () => {
    const { put, run, left } = world('off', [
      { filter: { tags: { class: 'old' }, sizeGreaterThan: 5 }, expiration: { days: 1 } },
    ]);
    await put('old', { tags: { class: 'old', more: 'x' } });
    await put('small', { tags: { class: 'old' }, size: 5 });
    await put('new', { tags: { class: 'new' } });
    await put('none');
    assert.equal(await run(2), 1);
    assert.deepEqual(await left(), { new: '+', none: '+', small: '+' });
  });

  it('are delete markers with nothing behind them', async () => {
    const { put, remove, run, left } = world('enabled', [
      { expiration: { expiredObjectDeleteMarker: true } },
    ]);
    await put('a');
    await remove('a');
    await remove('b');
    assert.equal(await run(0), 1);
    assert.deepEqual(await left(), { a: '-+' });
  });

  it('are uploads that nobody completed, however many', async () => {
    const { uid, run, calls } = world('off', [
      { filter: { prefix: 'tmp/' }, abortIncompleteMultipartUpload: { daysAfterInitiation: 1 } },
    ]);
    const begin = (key: string) =>
      metadata.createUpload({ bucket: uid, key, sealed: Buffer.from('s'), wanted: {} });
    for (let at = 0; at < 110; at++) await begin(`tmp/${at % 40}`);
    await begin('stays');
    assert.equal(await run(1), 0);
    assert.equal(await run(2), 110);
    assert.equal(calls()[0], 'allowed S3.DELETE.UPLOAD tmp/0');
    const { entries } = await metadata.uploads({ bucket: uid, prefix: '', limit: 10 });
    assert.deepEqual(
      entries.map(({ key }) => key),
      ['stays'],
    );
  });

  it('go on where a round was broken off, and take pages of names with many versions', async () => {
    const { put, remove, run, left, abort, uid } = world('enabled', [
      { noncurrentVersionExpiration: { noncurrentDays: 1 }, expiration: { expiredObjectDeleteMarker: true } },
    ]);
    for (let at = 0; at < 2; at++) await put('a');
    for (let at = 0; at < 50; at++) await put('many');
    await remove('z');
    await metadata.noteProgress(lifecycleTask(uid), { done_ms: 7, place: 'a' });
    // 49 that are noncurrent, and the delete marker.
    assert.equal(await run(2), 50);
    assert.equal((await left()).a, '++');
    assert.equal((await left()).many, '+');
    abort.abort();
    await metadata.noteProgress(lifecycleTask(uid), { done_ms: 7, place: 'a' });
    assert.equal(await run(3), 0);
    assert.deepEqual(await metadata.progress(lifecycleTask(uid)), { done_ms: 7, place: 'a' });
  });
});

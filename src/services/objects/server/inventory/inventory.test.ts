import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { chunked } from '../../blobs/testing/backend-conformance.ts';
import { bucketKey } from '../../encryption/bucket-key.ts';
import { newDataKey, sealHeaders } from '../../encryption/object-keys.ts';
import type { BucketSettings } from '../../gate/protocol.ts';
import type { Lock, Versioning } from '../../metadata/store.ts';
import { findVersion } from '../calls/read.ts';
import { ownSession } from '../own-writes.ts';
import { readBytes } from '../stored.ts';
import { REALM, type TestParts, testParts } from '../testing/parts.ts';
import { InventoryReports, inventoryTask, REPORTER } from './inventory.ts';

const ALL_FIELDS = [
  'ChecksumAlgorithm',
  'Size',
  'LastModifiedDate',
  'ETag',
  'StorageClass',
  'IsMultipartUploaded',
  'EncryptionStatus',
  'ObjectLockRetainUntilDate',
  'ObjectLockMode',
  'ObjectLockLegalHoldStatus',
  'BucketKeyStatus',
];

describe('a report of what a bucket holds', () => {
  let world: TestParts;
  before(async () => {
    world = await testParts();
  });
  after(() => world.close());

  const reports = (more: object = {}) =>
    new InventoryReports({
      parts: world.parts,
      record: async (one) => void world.records.push(one),
      signal: new AbortController().signal,
      ...more,
    });
  const reported = (more: object = {}) => ({
    enabled: true,
    targetBucket: 'reports',
    prefix: 'daily',
    includedObjectVersions: 'Current',
    schedule: 'Daily',
    optionalFields: ['Size', 'ETag'],
    ...more,
  });

  /** As if it had been put: what stands in a report needs no bytes. */
  async function put(
    bucket: BucketSettings,
    key: string,
    more: { etag?: string; lock?: Lock; versioning?: Versioning; customer?: boolean } = {},
  ): Promise<string> {
    const own = bucketKey(bucket.keyVersion, Buffer.from(bucket.key, 'base64'));
    const place = { bucket: bucket.uid, key };
    const customer = bucketKey(0, randomBytes(32));
    const stored = await world.parts.blobs.put(chunked(Buffer.from(key)));
    const { wrapped } = newDataKey(more.customer === true ? customer : own, place);
    const pieces = [{ blob: stored.id, size: 5, wrappedKey: wrapped }];
    const headers = { metadata: {}, tags: [], encryption: { type: 'AES256' } };
    const outcome = await world.parts.metadata.put({
      ...place,
      versioning: more.versioning ?? 'off',
      size: 5,
      etag: more.etag ?? createHash('md5').update(key).digest('hex'),
      checksums: { CRC32: 'AAAAAA==' },
      checksumType: 'FULL_OBJECT',
      sealed: sealHeaders(own, headers, place, pieces),
      tagCount: 0,
      lock: more.lock ?? {},
      pieces,
    });
    assert.ok(outcome.outcome === 'done');
    return outcome.versionId;
  }

  async function read(bucket: string, key: string): Promise<Buffer> {
    const { signal } = new AbortController();
    const session = ownSession({ parts: world.parts, realm: REALM, signal });
    const open = await session.bucket(bucket);
    const version = await findVersion(session, open, key);
    const range = { from: 0, to: version.size };
    const chunks: Buffer[] = [];
    for await (const chunk of readBytes(session, open, version, range, undefined))
      chunks.push(Buffer.from(chunk));
    session.end();
    return Buffer.concat(chunks);
  }

  /** The report, read as whoever finds its manifest does: everything in it is held against what is there. */
  async function follow(manifestKey: string | undefined) {
    assert.ok(manifestKey !== undefined);
    const bytes = await read('reports', manifestKey);
    const checksum = await read('reports', manifestKey.replace('.json', '.checksum'));
    assert.equal(checksum.toString(), createHash('md5').update(bytes).digest('hex'));
    const manifest = JSON.parse(bytes.toString());
    const files = await Promise.all(
      manifest.files.map(async ({ key, size, MD5checksum }: Record<string, string>) => {
        const file = await read('reports', key ?? '');
        assert.deepEqual([file.length, createHash('md5').update(file).digest('hex')], [size, MD5checksum]);
        return gunzipSync(file).toString();
      }),
    );
    return { manifest, files, text: files.join('') };
  }

  it('is a CSV file and a manifest, as S3 has them, of what a listing shows', async () => {
    world.bucket('reports', {});
    const data = world.bucket('data', { inventory: { all: reported() } });
    for (const key of ['b "quoted", comma', 'a/ü', 'z\nline']) await put(data, key);
    const manifestKey = await reports().run(REALM, 'data', data.uid, 'all');
    assert.match(manifestKey ?? '', /^daily\/data\/all\/\d{4}-\d\d-\d\dT\d\d-\d\dZ\/manifest\.json$/);
    const { manifest, text } = await follow(manifestKey);
    assert.deepEqual(Object.keys(manifest), [
      'sourceBucket',
      'destinationBucket',
      'version',
      'creationTimestamp',
      'fileFormat',
      'fileSchema',
      'files',
    ]);
    assert.deepEqual(
      [manifest.sourceBucket, manifest.destinationBucket, manifest.fileSchema],
      ['data', 'arn:aws:s3:::reports', 'Bucket, Key, Size, ETag'],
    );
    assert.match(manifest.files[0].key, /^daily\/data\/all\/data\/[0-9a-f-]{36}\.csv\.gz$/);
    const md5 = (key: string) => createHash('md5').update(key).digest('hex');
    assert.equal(
      text,
      [
        `"data","a/%C3%BC","5","${md5('a/ü')}"`,
        `"data","b%20%22quoted%22%2C%20comma","5","${md5('b "quoted", comma')}"`,
        `"data","z%0Aline","5","${md5('z\nline')}"`,
        '',
      ].join('\n'),
    );
    const day = manifestKey?.split('/').at(-2)?.replace('T', '-').replace('Z', '');
    const links = await read('reports', `daily/data/all/hive/dt=${day}/symlink.txt`);
    assert.equal(links.toString(), `s3://reports/${manifest.files[0].key}`);
    assert.ok((await world.parts.metadata.progress(inventoryTask('all', data.uid)))?.done_ms);
  });

  it('of all versions tells which is the newest, delete markers, locks and encryption', async () => {
    const inventory = { all: reported({ includedObjectVersions: 'All', optionalFields: ALL_FIELDS }) };
    const data = world.bucket('versions', { versioning: 'enabled', inventory });
    const retainUntil_ms = Date.parse('2036-01-31T00:00:00Z');
    const versioning = 'enabled';
    const first = await put(data, 'a', {
      versioning,
      etag: 'e-2',
      lock: { mode: 'COMPLIANCE', retainUntil_ms },
    });
    const second = await put(data, 'a', { versioning, etag: 'f', lock: { legalHold: true }, customer: true });
    await world.parts.metadata.remove({ bucket: data.uid, key: 'a', versioning });
    const marker = (await world.parts.metadata.get(data.uid, 'a'))?.versionId;
    // A page for each: what is the newest of a name is known over the edge of a page.
    const { manifest, text } = await follow(
      await reports({ page: 1 }).run(REALM, 'versions', data.uid, 'all'),
    );
    assert.equal(
      manifest.fileSchema,
      'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass, IsMultipartUploaded, EncryptionStatus, ObjectLockRetainUntilDate, ObjectLockMode, ObjectLockLegalHoldStatus, BucketKeyStatus, ChecksumAlgorithm',
    );
    const lines = text.replaceAll(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","/g, '"TIME","').split('\n');
    assert.deepEqual(lines, [
      `"versions","a","${marker}","true","true","","TIME","","","","","","","","",""`,
      `"versions","a","${second}","false","false","5","TIME","f","STANDARD","false","SSE-C","","","On","DISABLED","CRC32"`,
      `"versions","a","${first}","false","false","5","TIME","e-2","STANDARD","true","SSE-S3","TIME","COMPLIANCE","Off","DISABLED","CRC32"`,
      '',
    ]);
  });

  it('goes over pages and files, keeps to its prefix, and is empty of an empty bucket', async () => {
    const inventory = { some: reported({ filter: { prefix: 'in/' }, prefix: '' }) };
    const data = world.bucket('pages', { inventory });
    const keys = Array.from({ length: 25 }, (_, at) => `in/${String(at).padStart(2, '0')}`);
    for (const key of [...keys, 'before', 'in', 'in0', 'out']) await put(data, key);
    const run = reports({ page: 4, fileBytes: 1 });
    const { files, text } = await follow(await run.run(REALM, 'pages', data.uid, 'some'));
    assert.ok(files.length > 1);
    assert.deepEqual(
      [...text.matchAll(/"pages","([^"]+)"/g)].map(([, key]) => key),
      keys,
    );
    const empty = world.bucket('empty', { inventory: { some: reported() } });
    const none = await follow(await reports().run(REALM, 'empty', empty.uid, 'some'));
    assert.deepEqual(none.manifest.files, []);
  });

  it('is on record as the region’s own, object by object; into another project’s bucket nothing is put', async () => {
    const data = world.bucket('recorded', { inventory: { one: reported() } });
    await put(data, 'a');
    world.records.length = 0;
    await reports().run(REALM, 'recorded', data.uid, 'one');
    assert.deepEqual(
      world.records.map(({ actor, verb, bucket, details }) => [
        actor,
        verb,
        bucket,
        details.call,
        details.source,
      ]),
      Array.from({ length: 4 }, () => [REPORTER, 'create', 'reports', 'S3.PUT.INVENTORY', 'recorded']),
    );
    world.bucket('foreign', {}, 'elsewhere');
    const careless = world.bucket('careless', { inventory: { one: reported({ targetBucket: 'foreign' }) } });
    await assert.rejects(reports().run(REALM, 'careless', careless.uid, 'one'), /of another project/);
    const off = world.bucket('off', { inventory: { one: reported({ enabled: false }) } });
    assert.equal(await reports().run(REALM, 'off', off.uid, 'one'), undefined);
  });
});

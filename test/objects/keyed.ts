/** Buckets with a Key of their tenant's, whose objects have ETags that are no MD5, used by the clients that people have. Cases of `test/objects.test.ts`. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import type { ObjectsTenant } from '../support/objects.ts';
import { bytesOf, failure } from './sdk.ts';

const MIB = 2 ** 20;
const KEY = 'etags';
const ANY_ETAG = /^"[0-9a-f]{32}"$/;

const md5 = (bytes: Uint8Array, encoding: 'hex' | 'base64') =>
  createHash('md5').update(bytes).digest(encoding);
const quotedMd5 = (bytes: Uint8Array) => `"${md5(bytes, 'hex')}"`;

export function keyedCases(tenant: () => ObjectsTenant, scratch: () => string): void {
  const keyed = async (Bucket: string) => {
    const { admin, sdk } = tenant();
    const metadata = { name: KEY, namespace: 'default' };
    const spec = { purpose: 'encrypt', algorithm: 'AES-256-GCM' };
    await admin.apply(
      JSON.stringify({ apiVersion: 'keys.casemate.internal/v1', kind: 'Key', metadata, spec }),
    );
    await admin.casemate('bucket', 'create', Bucket, '--key', KEY);
    return { sdk: sdk(), Bucket };
  };

  test('SDK: with a Key, and with one of the client’s, an ETag is each content’s own, MD5 only where that came along', async () => {
    const { sdk, Bucket } = await keyed('keyed-etags');
    const [small, large] = [bytesOf(10, 1), bytesOf(3 * MIB, 2)];
    for (const Body of [small, large]) {
      const put = await sdk.send(new s3.PutObjectCommand({ Bucket, Key: 'a', Body }));
      assert.deepEqual([put.ServerSideEncryption, put.SSEKMSKeyId], ['aws:kms', KEY]);
      assert.match(put.ETag ?? '', ANY_ETAG);
      assert.notEqual(put.ETag, quotedMd5(Body));
      const again = await sdk.send(new s3.PutObjectCommand({ Bucket, Key: 'a', Body }));
      assert.notEqual(again.ETag, put.ETag);
      const head = await sdk.send(new s3.HeadObjectCommand({ Bucket, Key: 'a' }));
      assert.deepEqual([head.ETag, head.ServerSideEncryption], [again.ETag, 'aws:kms']);
      const listed = await sdk.send(new s3.ListObjectsV2Command({ Bucket }));
      assert.equal(listed.Contents?.[0]?.ETag, again.ETag);
      const since = { Bucket, Key: 'a', IfNoneMatch: again.ETag };
      assert.match(await failure(sdk.send(new s3.GetObjectCommand(since))), /^304 /);
      const stale = { Bucket, Key: 'a', Body, IfMatch: put.ETag };
      assert.equal(await failure(sdk.send(new s3.PutObjectCommand(stale))), '412 PreconditionFailed');
      const ContentMD5 = md5(Body, 'base64');
      const told = await sdk.send(new s3.PutObjectCommand({ Bucket, Key: 'told', Body, ContentMD5 }));
      assert.equal(told.ETag, quotedMd5(Body));
      const wrong = { Bucket, Key: 'told', Body: bytesOf(Body.length, 9), ContentMD5 };
      assert.equal(await failure(sdk.send(new s3.PutObjectCommand(wrong))), '400 BadDigest');
      const lying = { Bucket, Key: 'told', Body, ChecksumCRC32: 'AAAAAA==' };
      assert.equal(await failure(sdk.send(new s3.PutObjectCommand(lying))), '400 BadDigest');
    }
    const key = bytesOf(32, 3);
    const customer = {
      SSECustomerAlgorithm: 'AES256',
      SSECustomerKey: key.toString('base64'),
      SSECustomerKeyMD5: md5(key, 'base64'),
    };
    const first = 'acme-first';
    const own = await sdk.send(
      new s3.PutObjectCommand({ Bucket: first, Key: 'c', Body: small, ...customer }),
    );
    assert.match(own.ETag ?? '', ANY_ETAG);
    assert.notEqual(own.ETag, quotedMd5(small));
  });

  test('SDK: with a Key, a copy keeps its ETag within, and has the MD5 outside; parts make an object', async () => {
    const { sdk, Bucket } = await keyed('keyed-copies');
    const bytes = bytesOf(5 * MIB, 4);
    const put = await sdk.send(new s3.PutObjectCommand({ Bucket, Key: 'a', Body: bytes }));
    const copy = (to: string, Key: string, from: string) =>
      sdk.send(new s3.CopyObjectCommand({ Bucket: to, Key, CopySource: from }));
    const within = await copy(Bucket, 'b', `${Bucket}/a`);
    assert.equal(within.CopyObjectResult?.ETag, put.ETag);
    const outside = await copy('acme-first', 'b', `${Bucket}/a`);
    assert.equal(outside.CopyObjectResult?.ETag, quotedMd5(bytes));
    const back = await copy(Bucket, 'c', 'acme-first/b');
    assert.equal(back.CopyObjectResult?.ETag, quotedMd5(bytes));

    const Key = 'parts';
    const { UploadId } = await sdk.send(new s3.CreateMultipartUploadCommand({ Bucket, Key }));
    const upload = { Bucket, Key, UploadId };
    const one = await sdk.send(new s3.UploadPartCommand({ ...upload, PartNumber: 1, Body: bytes }));
    assert.equal(one.ServerSideEncryption, 'aws:kms');
    assert.notEqual(one.ETag, quotedMd5(bytes));
    const two = await sdk.send(
      new s3.UploadPartCopyCommand({ ...upload, PartNumber: 2, CopySource: `${Bucket}/a` }),
    );
    const Parts = [one.ETag, two.CopyPartResult?.ETag].map((ETag, at) => ({ PartNumber: at + 1, ETag }));
    const other = { ...upload, MultipartUpload: { Parts: [{ PartNumber: 1, ETag: quotedMd5(bytes) }] } };
    assert.equal(await failure(sdk.send(new s3.CompleteMultipartUploadCommand(other))), '400 InvalidPart');
    const done = await sdk.send(
      new s3.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }),
    );
    assert.match(done.ETag ?? '', /^"[0-9a-f]{32}-2"$/);
    const got = await sdk.send(new s3.GetObjectCommand({ Bucket, Key }));
    assert.equal(got.ETag, done.ETag);
    const body = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
    assert.ok(body.equals(Buffer.concat([bytes, bytes])));
    const whole = await copy(Bucket, 'd', `${Bucket}/${Key}`);
    assert.match(whole.CopyObjectResult?.ETag ?? '', ANY_ETAG);
  });

  test('with a Key: awscli, s3cmd, rclone and restic put, find and get with what they do by default', async () => {
    const { Bucket } = await keyed('keyed-tools');
    const { tool, tryTool, endpoint } = tenant();
    const folder = mkdtempSync(join(scratch(), 'keyed-'));
    const FILES = {
      'large.bin': bytesOf(9 * MIB, 7),
      'small.txt': Buffer.from('small\n'),
      empty: Buffer.alloc(0),
    };
    mkdirSync(join(folder, 'in'));
    for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder, 'in', name), content);
    const assertCameBack = (out: string) => {
      for (const [name, content] of Object.entries(FILES))
        assert.ok(readFileSync(join(folder, out, name)).equals(content), `${out}: ${name}`);
    };
    const below = (name: string) => `s3://${Bucket}/${name}/`;

    await tool('aws', ['s3', 'sync', '--quiet', join(folder, 'in'), below('aws')]);
    assert.equal(await tool('aws', ['s3', 'sync', join(folder, 'in'), below('aws')]), '');
    await tool('aws', ['s3', 'sync', '--quiet', below('aws'), join(folder, 'aws')]);
    assertCameBack('aws');

    // In one piece, and in parts.
    for (const size of ['15', '5']) {
      const put = ['--multipart-chunk-size-mb', size, 'put', '--recursive', `${folder}/in/`, below('s3cmd')];
      const said = await tryTool('s3cmd', put);
      assert.equal(said.code, 0, said.stderr);
      assert.doesNotMatch(said.stderr, /MD5/);
      mkdirSync(join(folder, `s3cmd${size}`));
      const got = await tryTool('s3cmd', ['get', '--recursive', below('s3cmd'), `${folder}/s3cmd${size}/`]);
      assert.equal(got.code, 0, got.stderr);
      assert.doesNotMatch(got.stderr, /MD5/);
      assertCameBack(`s3cmd${size}`);
    }

    for (const cutoff of ['15M', '5M']) {
      const paths = [join(folder, 'in'), `region:${Bucket}/rclone${cutoff}`];
      await tool('rclone', ['sync', `--s3-upload-cutoff=${cutoff}`, '--s3-chunk-size=5M', ...paths]);
      await tool('rclone', ['check', '--download', ...paths]);
      await tool('rclone', ['check', ...paths]);
      const synced = await tryTool('rclone', ['sync', '--verbose', '--checksum', ...paths]);
      assert.doesNotMatch(synced.stderr, /Copied/);
    }
    await tool('rclone', ['copy', `region:${Bucket}/rclone15M`, `region:${Bucket}/copied`]);
    await tool('rclone', ['check', '--download', join(folder, 'in'), `region:${Bucket}/copied`]);

    const repository = ['--repo', `s3:${endpoint}/${Bucket}/restic`];
    await tool('restic', [...repository, 'init']);
    await tool('restic', [...repository, 'backup', join(folder, 'in')]);
    assert.match(await tool('restic', [...repository, 'check', '--read-data']), /no errors were found/);
    await tool('restic', [...repository, 'restore', 'latest', '--target', join(folder, 'restic')]);
    assertCameBack(join('restic', folder, 'in'));
  });
}

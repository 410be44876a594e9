/** Amazon's SDK for JavaScript with its defaults of today: checksums in trailers, `aws-chunked`, requests sent again. Cases of `test/objects.test.ts`. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import type { ObjectsTenant } from '../support/objects.ts';

const MIB = 2 ** 20;
const MINUTE_MS = 60_000;

/** Bytes that are the same each time, and not each other's. */
export const bytesOf = (size: number, seed = 1): Buffer => {
  const block = createHash('sha512').update(String(seed)).digest();
  return Buffer.alloc(size, block);
};

/** The name of the error that it fails with, and its status. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    const { name, $metadata } = error as s3.S3ServiceException;
    return `${$metadata?.httpStatusCode} ${name}`;
  }
  return 'did not fail';
}

const bodyOf = async (answer: s3.GetObjectCommandOutput): Promise<Buffer> =>
  Buffer.from((await answer.Body?.transformToByteArray()) ?? []);

export function sdkCases(tenant: () => ObjectsTenant): void {
  const client = () => tenant().sdk();
  const made = async (Bucket: string, more: Partial<s3.CreateBucketCommandInput> = {}) => {
    const sdk = client();
    await sdk.send(new s3.CreateBucketCommand({ Bucket, ...more }));
    return { sdk, Bucket };
  };

  test('SDK: a bucket is made, an object put, told, read, listed and deleted, the bucket too', async () => {
    const { sdk, Bucket } = await made('sdk-plain');
    assert.equal(
      await failure(sdk.send(new s3.DeleteBucketCommand({ Bucket: 'sdk-none' }))),
      '404 NoSuchBucket',
    );
    const Key = 'folder/größe + ?&#%2F名.txt';
    const put = await sdk.send(
      new s3.PutObjectCommand({
        Bucket,
        Key,
        Body: 'hello',
        ContentType: 'text/plain',
        CacheControl: 'no-cache',
        Metadata: { colour: 'blue' },
      }),
    );
    assert.equal(put.ETag, '"5d41402abc4b2a76b9719d911017c592"');
    assert.equal(put.ServerSideEncryption, 'AES256');
    assert.equal(put.VersionId, undefined);
    const head = await sdk.send(new s3.HeadObjectCommand({ Bucket, Key }));
    assert.deepEqual(
      [head.ContentLength, head.ContentType, head.CacheControl, head.Metadata],
      [5, 'text/plain', 'no-cache', { colour: 'blue' }],
    );
    const got = await sdk.send(new s3.GetObjectCommand({ Bucket, Key }));
    assert.equal((await bodyOf(got)).toString(), 'hello');
    const listed = await sdk.send(new s3.ListObjectsV2Command({ Bucket }));
    assert.deepEqual(
      listed.Contents?.map(({ Key: key, Size, ETag }) => [key, Size, ETag]),
      [[Key, 5, put.ETag]],
    );
    assert.equal(await failure(sdk.send(new s3.DeleteBucketCommand({ Bucket }))), '409 BucketNotEmpty');
    await sdk.send(new s3.DeleteObjectCommand({ Bucket, Key }));
    assert.equal(await failure(sdk.send(new s3.GetObjectCommand({ Bucket, Key }))), '404 NoSuchKey');
    await sdk.send(new s3.DeleteBucketCommand({ Bucket }));
    assert.equal(await failure(sdk.send(new s3.HeadBucketCommand({ Bucket }))), '404 NotFound');
  });

  test('SDK: streams are sent with trailing checksums, of every algorithm, and kept with the object', async () => {
    const { sdk, Bucket } = await made('sdk-checksums');
    const Body = bytesOf(300_000);
    for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
      await sdk.send(
        new s3.PutObjectCommand({
          Bucket,
          Key: ChecksumAlgorithm,
          Body: Readable.from([Body.subarray(0, 100_000), Body.subarray(100_000)], { objectMode: false }),
          ContentLength: Body.length,
          ChecksumAlgorithm,
        }),
      );
      // The SDK looks at the checksum as it reads.
      const got = await sdk.send(
        new s3.GetObjectCommand({ Bucket, Key: ChecksumAlgorithm, ChecksumMode: 'ENABLED' }),
      );
      assert.ok(got[`Checksum${ChecksumAlgorithm}`], ChecksumAlgorithm);
      assert.equal(got.ContentEncoding, undefined);
      assert.ok(Body.equals(await bodyOf(got)), ChecksumAlgorithm);
    }
  });

  test('SDK: an upload in parts, at once and in any order, is one object; each part can be read', async () => {
    const { sdk, Bucket } = await made('sdk-parts');
    const Key = 'large';
    const { UploadId } = await sdk.send(new s3.CreateMultipartUploadCommand({ Bucket, Key }));
    const parts = [bytesOf(5 * MIB, 1), bytesOf(5 * MIB, 2), bytesOf(1_000, 3)];
    const sent = await Promise.all(
      parts.map(async (Body, index) => {
        const PartNumber = index + 1;
        const { ETag, ChecksumCRC32 } = await sdk.send(
          new s3.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
        );
        return { PartNumber, ETag, ChecksumCRC32 };
      }),
    );
    const kept = await sdk.send(new s3.ListPartsCommand({ Bucket, Key, UploadId }));
    assert.deepEqual(
      kept.Parts?.map(({ Size }) => Size),
      [5 * MIB, 5 * MIB, 1_000],
    );
    const sizes: (number | undefined)[] = [];
    for await (const { Parts = [] } of s3.paginateListParts(
      { client: sdk, pageSize: 2 },
      { Bucket, Key, UploadId },
    )) {
      sizes.push(...Parts.map(({ Size }) => Size));
      assert.ok(sizes.length <= parts.length);
    }
    assert.equal(sizes.length, parts.length);
    assert.equal((await sdk.send(new s3.ListObjectsV2Command({ Bucket }))).KeyCount, 0);
    const complete = new s3.CompleteMultipartUploadCommand({
      Bucket,
      Key,
      UploadId,
      MultipartUpload: { Parts: sent },
    });
    const done = await sdk.send(complete);
    assert.match(done.ETag ?? '', /^"[0-9a-f]{32}-3"$/);
    // Whoever has not heard the answer asks again.
    assert.equal((await sdk.send(complete)).ETag, done.ETag);
    const whole = await bodyOf(await sdk.send(new s3.GetObjectCommand({ Bucket, Key })));
    assert.ok(Buffer.concat(parts).equals(whole));
    const second = await sdk.send(new s3.GetObjectCommand({ Bucket, Key, PartNumber: 2 }));
    assert.equal(second.PartsCount, 3);
    assert.ok(parts[1]?.equals(await bodyOf(second)));
    const Range = `bytes=${5 * MIB - 3}-${5 * MIB + 2}`;
    const over = await sdk.send(new s3.GetObjectCommand({ Bucket, Key, Range }));
    assert.equal(over.ContentRange, `bytes ${5 * MIB - 3}-${5 * MIB + 2}/${10 * MIB + 1_000}`);
    assert.deepEqual(await bodyOf(over), whole.subarray(5 * MIB - 3, 5 * MIB + 3));
    const last = await sdk.send(new s3.GetObjectCommand({ Bucket, Key, Range: 'bytes=-7' }));
    assert.deepEqual(await bodyOf(last), whole.subarray(-7));
    const beyond = sdk.send(new s3.GetObjectCommand({ Bucket, Key, Range: 'bytes=99999999-' }));
    assert.equal(await failure(beyond), '416 InvalidRange');
  });

  test('SDK: uploads that are given up leave nothing; parts that are too small or not there are refused', async () => {
    const { sdk, Bucket } = await made('sdk-aborted');
    const Key = 'never';
    const { UploadId } = await sdk.send(new s3.CreateMultipartUploadCommand({ Bucket, Key }));
    const part = async (PartNumber: number) => {
      const { ETag } = await sdk.send(
        new s3.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body: 'small' }),
      );
      return { PartNumber, ETag };
    };
    const Parts = [await part(1), await part(2)];
    const complete = (parts: s3.CompletedPart[]) =>
      failure(
        sdk.send(
          new s3.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: parts } }),
        ),
      );
    assert.equal(await complete(Parts), '400 EntityTooSmall');
    assert.equal(await complete(Parts.toReversed()), '400 InvalidPartOrder');
    assert.equal(await complete([{ PartNumber: 3, ETag: Parts[0]?.ETag }]), '400 InvalidPart');
    const uploads = await sdk.send(new s3.ListMultipartUploadsCommand({ Bucket }));
    assert.deepEqual(
      uploads.Uploads?.map((upload) => [upload.Key, upload.UploadId]),
      [[Key, UploadId]],
    );
    assert.equal(await failure(sdk.send(new s3.DeleteBucketCommand({ Bucket }))), '409 BucketNotEmpty');
    await sdk.send(new s3.AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    assert.equal(await complete(Parts), '404 NoSuchUpload');
    await sdk.send(new s3.DeleteBucketCommand({ Bucket }));
  });

  test('SDK: what was overwritten or deleted is there as a version', async () => {
    const { sdk, Bucket } = await made('sdk-versions');
    const Key = 'report';
    await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'before' }));
    await sdk.send(
      new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    assert.equal((await sdk.send(new s3.GetBucketVersioningCommand({ Bucket }))).Status, 'Enabled');
    const { VersionId } = await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'one' }));
    await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'two' }));
    const deleted = await sdk.send(new s3.DeleteObjectCommand({ Bucket, Key }));
    assert.equal(deleted.DeleteMarker, true);
    assert.equal(await failure(sdk.send(new s3.GetObjectCommand({ Bucket, Key }))), '404 NoSuchKey');
    const text = async (version: string | undefined) =>
      (await bodyOf(await sdk.send(new s3.GetObjectCommand({ Bucket, Key, VersionId: version })))).toString();
    assert.deepEqual([await text(VersionId), await text('null')], ['one', 'before']);
    const versions = await sdk.send(new s3.ListObjectVersionsCommand({ Bucket }));
    assert.deepEqual(
      versions.Versions?.map(({ IsLatest, Size }) => [IsLatest, Size]),
      [
        [false, 3],
        [false, 3],
        [false, 6],
      ],
    );
    assert.equal(versions.DeleteMarkers?.[0]?.IsLatest, true);
    await sdk.send(new s3.DeleteObjectCommand({ Bucket, Key, VersionId: deleted.VersionId }));
    assert.equal(await text(undefined), 'two');
    await sdk.send(
      new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
    );
    await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'three' }));
    assert.deepEqual([await text('null'), await text(VersionId)], ['three', 'one']);
  });

  test('SDK: a locked version stays: governance until somebody may pass over it, compliance in any case, a legal hold until it is lifted', async () => {
    const { sdk, Bucket } = await made('sdk-locked', { ObjectLockEnabledForBucket: true });
    assert.equal((await sdk.send(new s3.GetBucketVersioningCommand({ Bucket }))).Status, 'Enabled');
    const suspend = sdk.send(
      new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
    );
    assert.equal(await failure(suspend), '409 InvalidBucketState');
    const ObjectLockRetainUntilDate = new Date(Date.now() + 60 * MINUTE_MS);
    const locked = async (Key: string, more: Partial<s3.PutObjectCommandInput>) => {
      const put = await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: Key, ...more }));
      return { Bucket, Key, VersionId: put.VersionId };
    };
    const governed = await locked('governed', { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate });
    const complying = await locked('complying', { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate });
    const held = await locked('held', { ObjectLockLegalHoldStatus: 'ON' });
    const remove = (one: object, BypassGovernanceRetention = false) =>
      failure(sdk.send(new s3.DeleteObjectCommand({ Bucket, Key: '', ...one, BypassGovernanceRetention })));
    for (const one of [governed, complying, held]) assert.equal(await remove(one), '403 AccessDenied');
    assert.equal(await remove(complying, true), '403 AccessDenied');
    assert.equal(await remove(governed, true), 'did not fail');
    const shorter = sdk.send(
      new s3.PutObjectRetentionCommand({
        ...complying,
        Retention: { Mode: 'COMPLIANCE', RetainUntilDate: new Date(Date.now() + MINUTE_MS) },
      }),
    );
    assert.equal(await failure(shorter), '403 AccessDenied');
    const longer = new Date(ObjectLockRetainUntilDate.getTime() + MINUTE_MS);
    await sdk.send(
      new s3.PutObjectRetentionCommand({
        ...complying,
        Retention: { Mode: 'COMPLIANCE', RetainUntilDate: longer },
      }),
    );
    const { Retention } = await sdk.send(new s3.GetObjectRetentionCommand(complying));
    assert.deepEqual([Retention?.Mode, Retention?.RetainUntilDate], ['COMPLIANCE', longer]);
    assert.equal((await sdk.send(new s3.GetObjectLegalHoldCommand(held))).LegalHold?.Status, 'ON');
    await sdk.send(new s3.PutObjectLegalHoldCommand({ ...held, LegalHold: { Status: 'OFF' } }));
    assert.equal(await remove(held), 'did not fail');
    const Rule = { DefaultRetention: { Mode: 'GOVERNANCE' as const, Days: 3 } };
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' as const, Rule };
    await sdk.send(new s3.PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    const told = await sdk.send(new s3.GetObjectLockConfigurationCommand({ Bucket }));
    assert.deepEqual(told.ObjectLockConfiguration, ObjectLockConfiguration);
    const byDefault = await locked('by-default', {});
    const head = await sdk.send(new s3.HeadObjectCommand(byDefault));
    assert.equal(head.ObjectLockMode, 'GOVERNANCE');
  });

  test('SDK: of ten who create the same object at once one succeeds; a change that was not seen is not overwritten', async () => {
    const { sdk, Bucket } = await made('sdk-conditions');
    const Key = 'one';
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        failure(sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: String(index), IfNoneMatch: '*' }))),
      ),
    );
    assert.equal(answers.filter((answer) => answer === 'did not fail').length, 1);
    assert.equal(
      answers.filter((answer) => /^(412 PreconditionFailed|409 ConditionalRequestConflict)$/.test(answer))
        .length,
      9,
      answers.join(),
    );
    const { ETag } = await sdk.send(new s3.HeadObjectCommand({ Bucket, Key }));
    await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'new', IfMatch: ETag }));
    const late = sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'late', IfMatch: ETag }));
    assert.equal(await failure(late), '412 PreconditionFailed');
    const unchanged = sdk.send(new s3.GetObjectCommand({ Bucket, Key, IfMatch: ETag }));
    assert.equal(await failure(unchanged), '412 PreconditionFailed');
    const now = await sdk.send(new s3.HeadObjectCommand({ Bucket, Key }));
    const same = sdk.send(new s3.GetObjectCommand({ Bucket, Key, IfNoneMatch: now.ETag }));
    assert.match(await failure(same), /^304 /);
  });

  test('SDK: copies take or replace what is said of an object, whole and in parts; a thousand are deleted at once', async () => {
    const { sdk, Bucket } = await made('sdk-copies');
    const Key = 'source/ü';
    const Tagging = 'team=red&place=Esch';
    await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'copied', Metadata: { a: '1' }, Tagging }));
    const CopySource = encodeURI(`${Bucket}/${Key}`);
    await sdk.send(new s3.CopyObjectCommand({ Bucket, Key: 'same', CopySource }));
    await sdk.send(
      new s3.CopyObjectCommand({
        Bucket,
        Key: 'other',
        CopySource,
        MetadataDirective: 'REPLACE',
        Metadata: { b: '2' },
        TaggingDirective: 'REPLACE',
        Tagging: 'team=blue',
      }),
    );
    const told = async (key: string) => {
      const { Metadata } = await sdk.send(new s3.HeadObjectCommand({ Bucket, Key: key }));
      const { TagSet } = await sdk.send(new s3.GetObjectTaggingCommand({ Bucket, Key: key }));
      return { Metadata, tags: TagSet?.map((tag) => `${tag.Key}=${tag.Value}`).sort() };
    };
    assert.deepEqual(await told('same'), { Metadata: { a: '1' }, tags: ['place=Esch', 'team=red'] });
    assert.deepEqual(await told('other'), { Metadata: { b: '2' }, tags: ['team=blue'] });
    const { UploadId } = await sdk.send(new s3.CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
    const { CopyPartResult } = await sdk.send(
      new s3.UploadPartCopyCommand({
        Bucket,
        Key: 'parts',
        UploadId,
        PartNumber: 1,
        CopySource,
        CopySourceRange: 'bytes=0-2',
      }),
    );
    const Parts = [{ PartNumber: 1, ETag: CopyPartResult?.ETag }];
    await sdk.send(
      new s3.CompleteMultipartUploadCommand({ Bucket, Key: 'parts', UploadId, MultipartUpload: { Parts } }),
    );
    const copied = await sdk.send(new s3.GetObjectCommand({ Bucket, Key: 'parts' }));
    assert.equal((await bodyOf(copied)).toString(), 'cop');
    await sdk.send(new s3.DeleteObjectTaggingCommand({ Bucket, Key: 'same' }));
    assert.deepEqual((await told('same')).tags, []);
    const many = Array.from({ length: 1_000 }, (_, index) => ({ Key: `none/${index}` }));
    const Objects = [...many.slice(4), { Key }, { Key: 'same' }, { Key: 'other' }, { Key: 'parts' }];
    const deleted = await sdk.send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    assert.equal(deleted.Deleted?.length, 1_000);
    assert.equal(deleted.Errors, undefined);
    assert.equal((await sdk.send(new s3.ListObjectsV2Command({ Bucket }))).KeyCount, 0);
  });

  test('SDK: lists go page by page, by folders of any delimiter, and from where one says', async () => {
    const { sdk, Bucket } = await made('sdk-lists');
    const keys = ['a', 'b/1', 'b/2', 'b//3', 'c|1', 'c|2', 'd\u{1f600}e', 'd\u{1f600}f', 'z'];
    await Promise.all(keys.map((Key) => sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'x' }))));
    const pages: (readonly string[])[] = [];
    for await (const page of s3.paginateListObjectsV2({ client: sdk, pageSize: 4 }, { Bucket })) {
      pages.push(page.Contents?.map(({ Key }) => Key ?? '') ?? []);
    }
    assert.deepEqual(
      pages.map(({ length }) => length),
      [4, 4, 1],
    );
    assert.deepEqual(
      pages.flat(),
      keys.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
    );
    const below = async (Delimiter: string, more = {}) => {
      const page = await sdk.send(new s3.ListObjectsV2Command({ Bucket, Delimiter, ...more }));
      return page.CommonPrefixes?.map(({ Prefix }) => Prefix) ?? [];
    };
    assert.deepEqual(await below('/'), ['b/']);
    assert.deepEqual(await below('/', { Prefix: 'b/' }), ['b//']);
    assert.deepEqual(await below('|'), ['c|']);
    assert.deepEqual(await below('\u{1f600}'), ['d\u{1f600}']);
    const after = await sdk.send(new s3.ListObjectsV2Command({ Bucket, StartAfter: 'd' }));
    assert.equal(after.KeyCount, 3);
    const old = await sdk.send(new s3.ListObjectsCommand({ Bucket, Delimiter: '/', MaxKeys: 2 }));
    assert.deepEqual([old.IsTruncated, old.NextMarker], [true, 'b/']);
  });

  test('SDK: an object under a key of the client’s is read with that key alone', async () => {
    const { sdk, Bucket } = await made('sdk-customer-key');
    const customer = (seed: number) => {
      const key = bytesOf(32, seed);
      return {
        SSECustomerAlgorithm: 'AES256',
        SSECustomerKey: key.toString('base64'),
        SSECustomerKeyMD5: createHash('md5').update(key).digest('base64'),
      };
    };
    const Key = 'own';
    await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'mine', ...customer(1) }));
    assert.equal(await failure(sdk.send(new s3.GetObjectCommand({ Bucket, Key }))), '400 InvalidRequest');
    const other = sdk.send(new s3.GetObjectCommand({ Bucket, Key, ...customer(2) }));
    assert.equal(await failure(other), '403 AccessDenied');
    const got = await sdk.send(new s3.GetObjectCommand({ Bucket, Key, ...customer(1) }));
    assert.equal((await bodyOf(got)).toString(), 'mine');
  });

  test('SDK: settings of a bucket come back as they were sent, are those of the Bucket, and go', async () => {
    const { sdk, Bucket } = await made('sdk-settings');
    const CORSRules = [
      {
        AllowedOrigins: ['https://app.example'],
        AllowedMethods: ['PUT', 'GET'],
        AllowedHeaders: ['*'],
        MaxAgeSeconds: 60,
      },
    ];
    await sdk.send(new s3.PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
    assert.deepEqual((await sdk.send(new s3.GetBucketCorsCommand({ Bucket }))).CORSRules, CORSRules);
    const Rules = [
      {
        ID: 'old',
        Status: 'Enabled' as const,
        Filter: { Prefix: 'tmp/' },
        Expiration: { Days: 3 },
        NoncurrentVersionExpiration: { NoncurrentDays: 2 },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ];
    await sdk.send(
      new s3.PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }),
    );
    const lifecycle = await sdk.send(new s3.GetBucketLifecycleConfigurationCommand({ Bucket }));
    assert.deepEqual(lifecycle.Rules, Rules);
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:GetObject',
          Resource: `arn:aws:s3:::${Bucket}/secret/*`,
        },
      ],
    });
    await sdk.send(new s3.PutBucketPolicyCommand({ Bucket, Policy }));
    assert.equal((await sdk.send(new s3.GetBucketPolicyCommand({ Bucket }))).Policy, Policy);
    for (const Key of ['secret/a', 'open'])
      await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: Key }));
    assert.equal(
      await failure(sdk.send(new s3.GetObjectCommand({ Bucket, Key: 'secret/a' }))),
      '403 AccessDenied',
    );
    assert.equal(await failure(sdk.send(new s3.GetObjectCommand({ Bucket, Key: 'open' }))), 'did not fail');
    const TagSet = [{ Key: 'cost', Value: 'red' }];
    await sdk.send(new s3.PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    assert.deepEqual((await sdk.send(new s3.GetBucketTaggingCommand({ Bucket }))).TagSet, TagSet);
    const object = JSON.parse(await tenant().admin.kubectl('get', 'bucket', Bucket, '-o', 'json'));
    assert.deepEqual(
      Object.keys(object.spec)
        .sort()
        .filter((name) => ['cors', 'lifecycle', 'policy', 'tags'].includes(name)),
      ['cors', 'lifecycle', 'policy', 'tags'],
    );
    const encryption = await sdk.send(new s3.GetBucketEncryptionCommand({ Bucket }));
    assert.equal(
      encryption.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault
        ?.SSEAlgorithm,
      'AES256',
    );
    const blocked = await sdk.send(new s3.GetPublicAccessBlockCommand({ Bucket }));
    assert.equal(blocked.PublicAccessBlockConfiguration?.BlockPublicPolicy, true);
    assert.equal(
      (await sdk.send(new s3.GetBucketAclCommand({ Bucket }))).Grants?.[0]?.Permission,
      'FULL_CONTROL',
    );
    await sdk.send(new s3.DeleteBucketCorsCommand({ Bucket }));
    await sdk.send(new s3.DeleteBucketLifecycleCommand({ Bucket }));
    await sdk.send(new s3.DeleteBucketPolicyCommand({ Bucket }));
    await sdk.send(new s3.DeleteBucketTaggingCommand({ Bucket }));
    const gone = await Promise.all([
      failure(sdk.send(new s3.GetBucketCorsCommand({ Bucket }))),
      failure(sdk.send(new s3.GetBucketLifecycleConfigurationCommand({ Bucket }))),
      failure(sdk.send(new s3.GetBucketPolicyCommand({ Bucket }))),
      failure(sdk.send(new s3.GetBucketTaggingCommand({ Bucket }))),
    ]);
    assert.deepEqual(gone, [
      '404 NoSuchCORSConfiguration',
      '404 NoSuchLifecycleConfiguration',
      '404 NoSuchBucketPolicy',
      '404 NoSuchTagSet',
    ]);
  });

  test('SDK: reports of what a bucket holds are asked for, told, changed and taken away one by one', async () => {
    const { sdk, Bucket } = await made('sdk-inventory');
    const configured = (
      Id: string,
      more: Partial<s3.InventoryConfiguration> = {},
    ): s3.InventoryConfiguration => ({
      Id,
      IsEnabled: true,
      IncludedObjectVersions: 'Current',
      Destination: {
        S3BucketDestination: { Bucket: `arn:aws:s3:::${Bucket}`, Format: 'CSV', Prefix: 'reports' },
      },
      Schedule: { Frequency: 'Daily' },
      ...more,
    });
    const put = (InventoryConfiguration: s3.InventoryConfiguration, Id = InventoryConfiguration.Id) =>
      sdk.send(new s3.PutBucketInventoryConfigurationCommand({ Bucket, Id, InventoryConfiguration }));
    const get = async (Id: string) =>
      (await sdk.send(new s3.GetBucketInventoryConfigurationCommand({ Bucket, Id }))).InventoryConfiguration;
    const narrow = configured('narrow', {
      IncludedObjectVersions: 'All',
      Filter: { Prefix: 'in/' },
      OptionalFields: ['Size', 'ETag', 'EncryptionStatus'],
      Schedule: { Frequency: 'Weekly' },
    });
    // At once: neither takes the other's place.
    await Promise.all([put(narrow), put(configured('whole'))]);
    assert.deepEqual(await get('narrow'), narrow);
    const listed = await sdk.send(new s3.ListBucketInventoryConfigurationsCommand({ Bucket }));
    assert.deepEqual(
      [listed.InventoryConfigurationList, listed.IsTruncated],
      [[narrow, configured('whole')], false],
    );
    await put(configured('narrow'));
    assert.deepEqual(await get('narrow'), configured('narrow'));
    const { spec } = JSON.parse(await tenant().admin.kubectl('get', 'bucket', Bucket, '-o', 'json'));
    assert.deepEqual(Object.keys(spec.inventory).sort(), ['narrow', 'whole']);
    const orc = { S3BucketDestination: { Bucket: `arn:aws:s3:::${Bucket}`, Format: 'ORC' as const } };
    assert.equal(await failure(put(configured('orc', { Destination: orc }))), '501 NotImplemented');
    assert.equal(await failure(put(configured('one'), 'another')), '400 InvalidArgument');
    for (const Id of ['narrow', 'whole'])
      await sdk.send(new s3.DeleteBucketInventoryConfigurationCommand({ Bucket, Id }));
    assert.equal(await failure(get('narrow')), '404 NoSuchConfiguration');
  });
}

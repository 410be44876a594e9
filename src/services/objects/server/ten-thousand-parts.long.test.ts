/** An object of 10,000 parts of 5 MiB, S3's smallest. So that it takes neither 50 GB nor their hashing, the parts are one part's bytes, entered as often as there are parts; all else is as with any other upload. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Agent } from 'node:https';
import { after, before, describe, it } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import { type TlsEndpoint, tlsEndpoint } from './testing/endpoint.ts';
import { ACCESS_KEY, SECRET, type TestParts, testParts } from './testing/parts.ts';

const PARTS = 10_000;
const PART_BYTES = 5 * 2 ** 20;
const AT_ONCE = 16;

describe('an object of 10,000 parts', () => {
  let world: TestParts;
  let endpoint: TlsEndpoint;
  let sdk: s3.S3Client;
  before(async () => {
    world = await testParts();
    endpoint = await tlsEndpoint(world.parts);
    sdk = new s3.S3Client({
      endpoint: `https://localhost:${endpoint.port}`,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET },
      requestHandler: { httpsAgent: new Agent({ ca: endpoint.ca, keepAlive: true }) },
    });
  });
  after(async () => {
    sdk?.destroy();
    endpoint?.close();
    await world?.close();
  });

  it('is completed, told, read by part and over their bounds, copied from, and deleted', async () => {
    const [Bucket, Key] = ['data', 'whole'];
    const { metadata } = world.parts;
    const { uid } = world.bucket(Bucket, {});
    const Body = randomBytes(PART_BYTES);
    const { UploadId = '' } = await sdk.send(new s3.CreateMultipartUploadCommand({ Bucket, Key }));
    const { ETag } = await sdk.send(new s3.UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body }));
    const [first] = await metadata.parts(UploadId, 0, 1);
    assert.ok(first !== undefined);
    let next = 2;
    const worker = async () => {
      for (let number = next++; number <= PARTS; number = next++)
        assert.ok(await metadata.putPart(UploadId, { ...first, number }));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const Parts = Array.from({ length: PARTS }, (_, at) => ({ PartNumber: at + 1, ETag }));
    const done = await sdk.send(
      new s3.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
    assert.match(done.ETag ?? '', /-10000"$/);
    const head = await sdk.send(new s3.HeadObjectCommand({ Bucket, Key, PartNumber: PARTS }));
    assert.deepEqual([head.PartsCount, head.ContentLength], [PARTS, PART_BYTES]);
    const whole = await sdk.send(new s3.HeadObjectCommand({ Bucket, Key }));
    assert.equal(whole.ContentLength, PARTS * PART_BYTES);
    const read = async (more: object) => {
      const got = await sdk.send(new s3.GetObjectCommand({ Bucket, Key, ...more }));
      return Buffer.from((await got.Body?.transformToByteArray()) ?? []);
    };
    assert.ok(Body.equals(await read({ PartNumber: PARTS })));
    const bound = 9_999 * PART_BYTES;
    const over = await read({ Range: `bytes=${bound - 10}-${bound + 9}` });
    assert.deepEqual(over, Buffer.concat([Body.subarray(-10), Body.subarray(0, 10)]));
    assert.deepEqual(await read({ Range: 'bytes=-5' }), Body.subarray(-5));
    const told = await sdk.send(
      new s3.GetObjectAttributesCommand({
        Bucket,
        Key,
        ObjectAttributes: ['ObjectParts'],
        PartNumberMarker: '9998',
      }),
    );
    assert.deepEqual(
      told.ObjectParts?.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]),
      [
        [9_999, PART_BYTES],
        [10_000, PART_BYTES],
      ],
    );
    assert.equal((await metadata.usage(uid)).bytes, PARTS * PART_BYTES);
    await sdk.send(new s3.DeleteObjectCommand({ Bucket, Key }));
    assert.deepEqual(await metadata.usage(uid), { versions: 0, bytes: 0 });
    let freed = 0;
    for (let after = 0; ; ) {
      const page = await metadata.freed(1_000, { after });
      freed += page.length;
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.id;
    }
    assert.equal(freed, PARTS);
  });
});

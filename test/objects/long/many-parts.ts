/** Uploads of 10,000 parts. Cases of `test/objects.long.test.ts`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import type { ObjectsTenant } from '../../support/objects.ts';
import { bytesOf, failure } from '../sdk.ts';

const PARTS = 10_000;
/** A pager that never ends would hang the test. */
const PAGES_MAX = 20;
const AT_ONCE = 16;

export function manyPartsCases(tenant: () => ObjectsTenant): void {
  test('an upload of 10,000 parts is taken part by part, told in pages, refused where parts are too small, and given up whole', async () => {
    const [Bucket, Key] = ['many-parts', 'large'];
    const sdk = tenant().sdk(undefined, { maxAttempts: 1 });
    await sdk.send(new s3.CreateBucketCommand({ Bucket }));
    const { UploadId } = await sdk.send(new s3.CreateMultipartUploadCommand({ Bucket, Key }));
    const etags: (string | undefined)[] = [];
    let next = 1;
    const worker = async () => {
      for (let PartNumber = next++; PartNumber <= PARTS; PartNumber = next++) {
        const Body = bytesOf(100, PartNumber);
        const { ETag } = await sdk.send(
          new s3.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
        );
        etags[PartNumber] = ETag;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const told: (string | undefined)[] = [];
    let pages = 0;
    for await (const { Parts = [] } of s3.paginateListParts({ client: sdk }, { Bucket, Key, UploadId })) {
      for (const { PartNumber = 0, ETag } of Parts) told[PartNumber] = ETag;
      assert.ok(++pages <= PAGES_MAX);
    }
    assert.deepEqual(told, etags);
    const complete = (Parts: s3.CompletedPart[]) =>
      failure(
        sdk.send(
          new s3.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
        ),
      );
    const all = Array.from({ length: PARTS }, (_, at) => ({ PartNumber: at + 1, ETag: etags[at + 1] }));
    // 5 MiB each, as in S3: but for the last.
    assert.equal(await complete(all), '400 EntityTooSmall');
    assert.match(await complete([...all, { PartNumber: PARTS + 1, ETag: etags[1] }]), /^400 /);
    assert.equal(await complete(all.slice(-1)), 'did not fail');
    const one = await sdk.send(new s3.GetObjectCommand({ Bucket, Key }));
    assert.deepEqual(Buffer.from((await one.Body?.transformToByteArray()) ?? []), bytesOf(100, PARTS));
    assert.equal(
      await failure(sdk.send(new s3.ListPartsCommand({ Bucket, Key, UploadId }))),
      '404 NoSuchUpload',
    );
  });
}

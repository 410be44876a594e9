/** What the region says of buckets by itself, once they were used. Cases of `test/objects.test.ts`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import type { ObjectsTenant } from '../support/objects.ts';

export function besideRequestCases(tenant: () => ObjectsTenant): void {
  test('beside requests: what a bucket holds is in its status, uploads that are not complete too', async () => {
    const sdk = tenant().sdk();
    const Bucket = 'counted';
    await sdk.send(new s3.CreateBucketCommand({ Bucket }));
    await sdk.send(new s3.PutObjectCommand({ Bucket, Key: 'a', Body: 'hello' }));
    await sdk.send(new s3.CreateMultipartUploadCommand({ Bucket, Key: 'b' }));
    await tenant().admin.kubectl(
      'wait',
      '--for=jsonpath={.status.usage.objects}=2',
      `bucket/${Bucket}`,
      '--timeout=90s',
    );
    const { status } = JSON.parse(await tenant().admin.kubectl('get', 'bucket', Bucket, '-o', 'json'));
    assert.deepEqual([status.usage.objects, status.usage.bytes], [2, 5]);
  });
}

/** A report of what a bucket holds, made by a running region at its own time. Cases of `test/objects.long.test.ts`. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import * as s3 from '@aws-sdk/client-s3';
import { until } from '../../crashes/until.ts';
import type { ObjectsTenant } from '../../support/objects.ts';

/** A minute after the process began it looks for what is due. */
const MADE_LIMIT_MS = 180_000;
const [Bucket, Target, Id] = ['reported', 'reports', 'daily'];
const KEYS = ['a/1', 'a/2', 'b ü'];

/** Before that minute is over. */
export async function askForReport(tenant: ObjectsTenant): Promise<void> {
  const sdk = tenant.sdk();
  for (const one of [Bucket, Target]) await sdk.send(new s3.CreateBucketCommand({ Bucket: one }));
  for (const Key of KEYS) await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: Key }));
  const InventoryConfiguration: s3.InventoryConfiguration = {
    Id,
    IsEnabled: true,
    IncludedObjectVersions: 'Current',
    Destination: { S3BucketDestination: { Bucket: `arn:aws:s3:::${Target}`, Format: 'CSV' } },
    Schedule: { Frequency: 'Daily' },
    OptionalFields: ['Size', 'EncryptionStatus'],
  };
  await sdk.send(new s3.PutBucketInventoryConfigurationCommand({ Bucket, Id, InventoryConfiguration }));
}

export function reportCases(tenant: () => ObjectsTenant): void {
  test('a report of what a bucket holds is made by the region itself, is in the target with its manifest, and on record', async () => {
    const sdk = tenant().sdk();
    const read = async (Key: string) => {
      const { Body } = await sdk.send(new s3.GetObjectCommand({ Bucket: Target, Key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    };
    const checksum = await until('the report is made', MADE_LIMIT_MS, async () => {
      const { Contents = [] } = await sdk.send(new s3.ListObjectsV2Command({ Bucket: Target }));
      return Contents.find(({ Key }) => Key?.endsWith('/manifest.checksum'))?.Key;
    });
    const bytes = await read(checksum.replace('.checksum', '.json'));
    assert.equal((await read(checksum)).toString(), createHash('md5').update(bytes).digest('hex'));
    const manifest = JSON.parse(bytes.toString());
    assert.equal(manifest.fileSchema, 'Bucket, Key, Size, EncryptionStatus');
    const text = gunzipSync(await read(manifest.files[0].key)).toString();
    assert.equal(
      text,
      `"${Bucket}","a/1","3","SSE-S3"\n"${Bucket}","a/2","3","SSE-S3"\n"${Bucket}","b%20%C3%BC","4","SSE-S3"\n`,
    );
    const log = await tenant().admin.casemate('ledger', 'show', '--log', 'access', '-o', 'json');
    assert.equal(log.match(/"actor":"system:inventory"/g)?.length, 4);
  });
}

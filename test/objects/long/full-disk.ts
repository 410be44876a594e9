/** A disk that is full. Cases of `test/objects.long.test.ts`. */
import assert from 'node:assert/strict';
import { globSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import { until } from '../../crashes/until.ts';
import type { ObjectsTenant } from '../../support/objects.ts';
import { bytesOf, failure } from '../sdk.ts';

const MIB = 2 ** 20;
const LARGE = 12 * MIB;
const SMALL = 60_000;
const WRITERS = 8;
const ROOM_LIMIT_MS = 120_000;
export const DISK = 256 * MIB;

export function fullDiskCases(tenant: () => ObjectsTenant, data: () => string): void {
  const Bucket = 'filled';
  const folder = () => join(data(), 'objects');
  const free = () => {
    const { bavail, bsize } = statfsSync(folder());
    return bavail * bsize;
  };
  /** Free before any of it, in bytes. */
  let beginning = 0;
  const sdkOf = () => tenant().sdk(undefined, { maxAttempts: 1 });
  const contentOf = (key: string): Buffer =>
    bytesOf(key.startsWith('large') ? LARGE : SMALL, Number(key.split('/')[1]));
  /** Puts until the disk takes no more; gives what was acknowledged. */
  async function fill(sdk: s3.S3Client, kind: 'large' | 'small'): Promise<string[]> {
    const acknowledged: string[] = [];
    let number = 0;
    const writer = async () => {
      for (;;) {
        const Key = `${kind}/${number++}`;
        const answer = await failure(
          sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: contentOf(Key) })),
        );
        if (answer !== 'did not fail') {
          assert.equal(answer, '507 InsufficientStorage', Key);
          return;
        }
        acknowledged.push(Key);
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, writer));
    return acknowledged;
  }
  const listed = async (sdk: s3.S3Client) => {
    const found: string[] = [];
    for await (const { Contents = [] } of s3.paginateListObjectsV2({ client: sdk }, { Bucket }))
      found.push(...Contents.map(({ Key }) => Key ?? ''));
    return found;
  };

  test('a disk that is full: 507, what was acknowledged is whole, what was refused is not there, reading goes on, and deleting makes room', async () => {
    const sdk = sdkOf();
    await sdk.send(new s3.CreateBucketCommand({ Bucket }));
    beginning = free();
    const large = await fill(sdk, 'large');
    const small = await fill(sdk, 'small');
    assert.ok(large.length > 2 && small.length > 2, `${large.length} and ${small.length}`);
    const kept = [...large, ...small];
    assert.deepEqual((await listed(sdk)).sort(), kept.toSorted());
    for (const Key of kept) {
      const { Body } = await sdk.send(new s3.GetObjectCommand({ Bucket, Key }));
      assert.ok(contentOf(Key).equals(Buffer.from((await Body?.transformToByteArray()) ?? [])), Key);
    }
    assert.deepEqual(globSync(join(folder(), 'incoming/*')), []);
    // Whoever tries on leaves nothing that takes room, or that has to be looked through later.
    const packs = globSync(join(folder(), 'packs/*')).length;
    for (let tries = 0; tries < 20; tries++)
      await failure(sdk.send(new s3.PutObjectCommand({ Bucket, Key: 'again', Body: bytesOf(SMALL) })));
    assert.ok(globSync(join(folder(), 'packs/*')).length <= packs + 1);
    const part = { Bucket, Key: 'parts', PartNumber: 1, Body: bytesOf(LARGE) };
    const { UploadId } = await sdk.send(new s3.CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
    const refused = await failure(sdk.send(new s3.UploadPartCommand({ ...part, UploadId })));
    assert.equal(refused, '507 InsufficientStorage');
    await sdk.send(new s3.AbortMultipartUploadCommand({ Bucket, Key: 'parts', UploadId }));
    // Small ones first: packs are written anew to give room back, which takes some.
    for (const keys of [small, large]) {
      const Objects = keys.map((Key) => ({ Key }));
      for (let at = 0; at < Objects.length; at += 1_000)
        await sdk.send(
          new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects: Objects.slice(at, at + 1_000) } }),
        );
    }
    const wanted = large.length * LARGE;
    await until(
      'the room is given back',
      ROOM_LIMIT_MS,
      () => free() >= wanted,
      () => `${free()} of ${wanted}`,
    );
    for (const Key of ['large/1', 'small/1'])
      await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: contentOf(Key) }));
    assert.deepEqual(await listed(sdk), ['large/1', 'small/1']);
  });

  test('a disk that small objects have filled: deleting them makes room, though not one byte is left to begin with', async () => {
    const sdk = sdkOf();
    await sdk.send(
      new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'large/1' }, { Key: 'small/1' }] } }),
    );
    const before = await until(
      'the room of the last test is given back',
      ROOM_LIMIT_MS,
      () => free() > beginning / 2 && free(),
    );
    const small = await fill(sdk, 'small');
    assert.ok(small.length > 1_000, String(small.length));
    for (let at = 0; at < small.length; at += 1_000) {
      const Objects = small.slice(at, at + 1_000).map((Key) => ({ Key }));
      await sdk.send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    }
    await until(
      'most of the room is given back',
      ROOM_LIMIT_MS,
      () => free() > before / 2,
      () => `${free()} of ${before}`,
    );
  });
}

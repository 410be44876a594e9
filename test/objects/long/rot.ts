/** Bits that flip on the disk of a running region: found by its own scrub, named, never given out. Cases of `test/objects.long.test.ts`. */
import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import { until } from '../../crashes/until.ts';
import type { ObjectsTenant } from '../../support/objects.ts';
import { bytesOf, failure } from '../sdk.ts';

/** A minute after its process began the first scrub does. */
const SCRUB_LIMIT_MS = 180_000;

export function rotCases(tenant: () => ObjectsTenant, data: () => string): void {
  test('bits that flip where nobody reads: the region’s own scrub finds them, the Bucket names them, nobody is given them, and a new upload heals', async () => {
    const Bucket = 'rotten';
    const sdk = tenant().sdk(undefined, { maxAttempts: 1 });
    await sdk.send(new s3.CreateBucketCommand({ Bucket }));
    const files = () =>
      new Map(
        globSync(join(data(), 'objects/{files,packs}/**/*'))
          .filter((path) => statSync(path).isFile())
          .map((path) => [path, statSync(path).size]),
      );
    const putAndFlip = async (Key: string, Body: Buffer) => {
      const before = files();
      await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body }));
      const [path, size] = [...files()].find(([one, now]) => before.get(one) !== now) ?? ['', 0];
      const from = before.get(path) ?? 0;
      const bytes = readFileSync(path);
      const at = Math.floor((from + size) / 2);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      writeFileSync(path, bytes);
    };
    await sdk.send(new s3.PutObjectCommand({ Bucket, Key: 'whole', Body: 'whole' }));
    await putAndFlip('small', bytesOf(10_000, 3));
    await putAndFlip('large', bytesOf(5_000_000, 4));
    const bucket = async () =>
      JSON.parse(await tenant().admin.kubectl('get', 'bucket', Bucket, '-o', 'json'));
    const named = await until('the scrub names both', SCRUB_LIMIT_MS, async () => {
      const { damaged = [] } = (await bucket()).status;
      return damaged.length === 2 && damaged;
    });
    assert.deepEqual(named.map(({ key }: { key: string }) => key).sort(), ['large', 'small']);
    const { conditions } = (await bucket()).status;
    assert.equal(conditions.find(({ type }: { type: string }) => type === 'Intact')?.status, 'False');
    const events = await tenant().admin.kubectl('get', 'events', '-o', 'json');
    assert.match(events, /"name": ?"rotten"/);
    for (const Key of ['small', 'large']) {
      const got = sdk
        .send(new s3.GetObjectCommand({ Bucket, Key }))
        .then(({ Body }) => Body?.transformToByteArray());
      assert.notEqual(await failure(got), 'did not fail', Key);
    }
    const whole = await sdk.send(new s3.GetObjectCommand({ Bucket, Key: 'whole' }));
    assert.equal(await whole.Body?.transformToString(), 'whole');
    for (const Key of ['small', 'large']) {
      await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: Key }));
      const healed = await sdk.send(new s3.GetObjectCommand({ Bucket, Key }));
      assert.equal(await healed.Body?.transformToString(), Key);
    }
  });
}

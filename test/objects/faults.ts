/** The process that serves objects is killed, and disks forget: what was acknowledged is whole, what is damaged is not given out. Cases of `test/objects.test.ts`. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, globSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import { systemClock } from '#kernel/clock.ts';
import { filesystemBackend } from '#services/objects/blobs/filesystem/backend.ts';
import type { ObjectsTenant } from '../support/objects.ts';
import { bytesOf, failure } from './sdk.ts';
import { hostOf, send, signed } from './wire.ts';

const KILLS = 3;
const WRITERS = 8;
/** Acknowledged between two kills. */
const ACKNOWLEDGED = 40;
const RETURN_LIMIT_MS = 60_000;

/** Sizes on both sides of what is packed, and uploads in parts. */
const SIZES: readonly number[] = [0, 100, 5_000, 70_000, 400_000, 1_500_000];
const contentOf = (key: string): Buffer => {
  const number = Number(key.split('/').at(-1));
  return bytesOf(SIZES[number % SIZES.length] ?? 0, number);
};

export function faultCases(tenant: () => ObjectsTenant, data: () => string): void {
  const portOf = () => hostOf(tenant()).split(':')[1] ?? '';
  const processOf = (): number | undefined => {
    const listening = execFileSync('ss', ['-Hltnp', `sport = :${portOf()}`], { encoding: 'utf8' });
    const [, pid] = /pid=(\d+)/.exec(listening) ?? [];
    return pid === undefined ? undefined : Number(pid);
  };
  const untilServed = async () => {
    const begin_ms = performance.now();
    for (;;) {
      const { status } = await send(tenant(), signed(tenant(), { method: 'GET', target: '/' }));
      if (status === 200) return;
      if (performance.now() - begin_ms > RETURN_LIMIT_MS) throw new Error(`not served: ${status}`);
    }
  };
  const bodyOf = async (sdk: s3.S3Client, Bucket: string, Key: string): Promise<Buffer> => {
    const { Body } = await sdk.send(new s3.GetObjectCommand({ Bucket, Key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };

  test('kill -9 in the middle of puts and completes: it comes back by itself, what was acknowledged is whole, what was not sent to its end is not seen', async () => {
    const Bucket = 'killed';
    const sdk = tenant().sdk(undefined, { maxAttempts: 1 });
    await sdk.send(new s3.CreateBucketCommand({ Bucket }));
    const acknowledged = new Set<string>();
    let number = 0;
    const put = async (Key: string, Body: Buffer) => {
      if (number % 5 !== 0) return void (await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body })));
      const { UploadId } = await sdk.send(new s3.CreateMultipartUploadCommand({ Bucket, Key }));
      const part = await sdk.send(new s3.UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body }));
      const Parts = [{ PartNumber: 1, ETag: part.ETag }];
      await sdk.send(
        new s3.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
      );
    };
    for (let kill = 0; kill < KILLS; kill++) {
      const pid = processOf();
      assert.ok(pid !== undefined);
      const aim = acknowledged.size + ACKNOWLEDGED;
      let isKilled = false;
      // One that never sends all of its bytes.
      const half = signed(tenant(), {
        method: 'PUT',
        target: `/${Bucket}/half-${kill}`,
        headers: { 'content-length': '1000000' },
        body: bytesOf(500_000),
      });
      const halfAnswer = send(tenant(), half);
      const writer = async () => {
        while (!isKilled) {
          const Key = `written/${number++}`;
          try {
            await put(Key, contentOf(Key));
          } catch (error) {
            if (!isKilled) throw error;
            return;
          }
          acknowledged.add(Key);
          if (acknowledged.size >= aim && !isKilled) {
            isKilled = true;
            process.kill(pid, 'SIGKILL');
          }
        }
      };
      await Promise.all(Array.from({ length: WRITERS }, writer));
      assert.equal((await halfAnswer).status, 0);
      await untilServed();
      assert.notEqual(processOf(), pid);
    }
    const seen: string[] = [];
    for await (const page of s3.paginateListObjectsV2({ client: sdk, pageSize: 50 }, { Bucket })) {
      seen.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''));
    }
    assert.ok(acknowledged.size >= KILLS * ACKNOWLEDGED);
    for (const key of acknowledged) assert.ok(seen.includes(key), key);
    // Those whose answer was lost may be there as well, and are whole then.
    for (const key of seen) {
      assert.match(key, /^written\//);
      assert.ok(contentOf(key).equals(await bodyOf(sdk, Bucket, key)), key);
    }
    // What was half there is removed as the process begins.
    assert.deepEqual(globSync(join(data(), 'objects/incoming/*')), []);
  });

  test('bits that flip on the disk: never given out, in files and in packs, and named by the scrub', async () => {
    const Bucket = 'flipped';
    const sdk = tenant().sdk(undefined, { maxAttempts: 1 });
    await sdk.send(new s3.CreateBucketCommand({ Bucket }));
    const folder = join(data(), 'objects');
    const filesNow = () =>
      new Map(
        globSync(join(folder, '{files,packs}/**/*'))
          .filter((path) => statSync(path).isFile())
          .map((path) => [path, statSync(path).size]),
      );
    /** Flips a bit of what a put has added to the disk. */
    const putAndFlip = async (Key: string, Body: Buffer, at: number) => {
      const before = filesNow();
      await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body }));
      const [grown] = [...filesNow()].filter(([path, size]) => before.get(path) !== size);
      assert.ok(grown !== undefined);
      const [path, size] = grown;
      const bytes = readFileSync(path);
      const place = (before.get(path) ?? 0) + Math.floor((size - (before.get(path) ?? 0)) * at);
      bytes.writeUInt8(bytes.readUInt8(place) ^ 4, place);
      writeFileSync(path, bytes);
    };
    await putAndFlip('small', bytesOf(20_000), 0.5);
    await putAndFlip('begin', bytesOf(3_000_000), 0.001);
    await putAndFlip('end', bytesOf(3_000_000, 2), 0.9);
    for (const key of ['small', 'begin']) {
      const got = await failure(sdk.send(new s3.GetObjectCommand({ Bucket, Key: key })));
      assert.equal(got, '500 InternalError', key);
    }
    // What was damaged after the answer has begun breaks off: the client knows that bytes are missing.
    const broken = await send(tenant(), signed(tenant(), { method: 'GET', target: `/${Bucket}/end` }));
    assert.equal(broken.status, 200);
    assert.ok(broken.body.length < 3_000_000);
    assert.ok(bytesOf(3_000_000, 2).subarray(0, broken.body.length).equals(broken.body));
    const whole = await sdk.send(new s3.GetObjectCommand({ Bucket, Key: 'end', Range: 'bytes=0-99999' }));
    const first = Buffer.from((await whole.Body?.transformToByteArray()) ?? []);
    assert.ok(bytesOf(3_000_000, 2).subarray(0, 100_000).equals(first));
    // The scrub of a copy: one process at a time has the folder.
    const copy = mkdtempSync(join(tmpdir(), 'scrub-'));
    cpSync(folder, copy, { recursive: true });
    const backend = await filesystemBackend({ folder: copy, clock: systemClock });
    const faults: string[] = [];
    for await (const { id, fault } of backend.scrub())
      if (fault !== undefined) faults.push(`${id}: ${fault}`);
    await backend.close();
    assert.equal(faults.length, 3, faults.join('\n'));
  });

  test('on the disk and in the database nothing of what an object says can be read', async () => {
    const Bucket = 'sealed';
    const sdk = tenant().sdk();
    const word = createHash('sha256').update('nobody else knows').digest('hex');
    await sdk.send(new s3.CreateBucketCommand({ Bucket }));
    const Metadata = { word: `${word}-metadata` };
    await sdk.send(
      new s3.PutObjectCommand({ Bucket, Key: 'small', Body: word, Metadata, Tagging: `t=${word}` }),
    );
    await sdk.send(new s3.PutObjectCommand({ Bucket, Key: 'large', Body: word.repeat(20_000) }));
    const places = [join(data(), 'objects'), join(data(), 'postgres/cluster')];
    const found = spawnSync('grep', ['-rlaF', word, ...places], { encoding: 'utf8' });
    assert.deepEqual([found.stdout, found.status], ['', 1]);
  });
}

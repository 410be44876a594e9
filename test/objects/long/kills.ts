/** The process that serves objects is killed, again and again, under the clients that people have. Cases of `test/objects.long.test.ts`. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { globSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import { killNow } from '../../crashes/machine.ts';
import { until } from '../../crashes/until.ts';
import type { ObjectsTenant } from '../../support/objects.ts';
import { bytesOf } from '../sdk.ts';
import { hostOf, send, signed } from '../wire.ts';

const MIB = 2 ** 20;
const RETURN_LIMIT_MS = 60_000;
const KILLS = 6;
const TRIES_MAX = 20;
/** Of the points at which it is killed. */
const SEED = 20_261_122;

/** Bytes that cannot be told from random ones, the same each time: restic stores what repeats once. */
function noise(size: number, seed: number): Buffer {
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, seed), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(size));
}

/** The same numbers each time, from 0 up to `max`. */
function numbers(seed: number): (max: number) => number {
  let state = seed;
  return (max) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * max);
  };
}

export function killCases(tenant: () => ObjectsTenant, data: () => string, scratch: () => string): void {
  const pidOf = (): number | undefined => {
    const port = hostOf(tenant()).split(':')[1] ?? '';
    const listening = execFileSync('ss', ['-Hltnp', `sport = :${port}`], { encoding: 'utf8' });
    const [, pid] = /pid=(\d+)/.exec(listening) ?? [];
    return pid === undefined ? undefined : Number(pid);
  };
  const untilServed = () =>
    until('objects are served', RETURN_LIMIT_MS, async () => {
      const { status } = await send(tenant(), signed(tenant(), { method: 'GET', target: '/' }));
      return status === 200;
    });
  /** What lies in the folder of blobs, in bytes: how far writing has come. */
  const written = () =>
    Number(execFileSync('du', ['-sb', join(data(), 'objects')], { encoding: 'utf8' }).split('\t')[0]);

  /** Runs it again until it succeeds, as somebody at a terminal would; meanwhile the process is killed each time that so much more was written. */
  async function under(
    what: string,
    random: (max: number) => number,
    run: () => Promise<{ readonly code: number | null }>,
  ): Promise<number> {
    let kills = 0;
    let isDone = false;
    const killer = async () => {
      while (!isDone && kills < KILLS) {
        const aim = written() + random(4 * MIB);
        await until('more is written', RETURN_LIMIT_MS, () => isDone || written() > aim);
        const pid = isDone ? undefined : pidOf();
        if (pid === undefined) continue;
        killNow(pid);
        kills += 1;
        await untilServed();
      }
    };
    const killing = killer();
    for (let tries = 1; ; tries++) {
      const { code } = await run();
      if (code === 0) break;
      assert.ok(tries < TRIES_MAX, `${what} does not come to its end`);
      await untilServed();
    }
    isDone = true;
    await killing;
    return kills;
  }

  function folderOf(files: number): string {
    const folder = mkdtempSync(join(scratch(), 'files-'));
    mkdirSync(join(folder, 'in'));
    for (let at = 0; at < files; at++) {
      const size = [500, 40_000, 900_000, 7 * MIB][at % 4] ?? 0;
      writeFileSync(join(folder, 'in', `file-${at}`), noise(size, at));
    }
    return folder;
  }

  test('kill -9 under awscli, s3cmd, rclone and restic: run again, each comes to its end, and all that it put is whole', async () => {
    const random = numbers(SEED);
    const folder = folderOf(12);
    const { tool, tryTool, endpoint } = tenant();
    const counts: Record<string, number> = {};
    await tool('aws', ['s3', 'mb', 's3://killed-aws']);
    counts.aws = await under('aws', random, () =>
      tryTool('aws', ['s3', 'sync', '--quiet', join(folder, 'in'), 's3://killed-aws/kept/']),
    );
    await tool('rclone', ['check', '--download', join(folder, 'in'), 'region:killed-aws/kept']);

    await tool('s3cmd', ['mb', 's3://killed-s3cmd']);
    const part = ['--multipart-chunk-size-mb', '5'];
    counts.s3cmd = await under('s3cmd', random, () =>
      tryTool('s3cmd', [...part, 'sync', `${folder}/in/`, 's3://killed-s3cmd/kept/']),
    );
    await tool('rclone', ['check', '--download', join(folder, 'in'), 'region:killed-s3cmd/kept']);

    await tool('rclone', ['mkdir', 'region:killed-rclone']);
    const paths = [join(folder, 'in'), 'region:killed-rclone/kept'];
    counts.rclone = await under('rclone', random, () =>
      tryTool('rclone', ['sync', '--s3-upload-cutoff=5M', '--s3-chunk-size=5M', ...paths]),
    );
    await tool('rclone', ['check', '--download', ...paths]);

    const repository = ['--repo', `s3:${endpoint}/killed-restic`];
    await tool('restic', [...repository, 'init']);
    counts.restic = await under('restic', random, () =>
      tryTool('restic', [...repository, 'backup', join(folder, 'in')]),
    );
    await tool('restic', [...repository, 'unlock', '--remove-all']);
    assert.match(await tool('restic', [...repository, 'check', '--read-data']), /no errors were found/);
    const sdk = tenant().sdk();
    for (const Bucket of ['killed-aws', 'killed-s3cmd', 'killed-rclone', 'killed-restic']) {
      // What was begun and killed: a rule of lifecycle would remove it in days.
      const { Uploads = [] } = await sdk.send(new s3.ListMultipartUploadsCommand({ Bucket }));
      for (const { Key, UploadId } of Uploads)
        await sdk.send(new s3.AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      await tool('rclone', ['purge', `region:${Bucket}`]);
    }
    for (const [client, kills] of Object.entries(counts)) assert.ok(kills > 0, `${client}: never killed`);
    // Nothing half written is left.
    assert.deepEqual(globSync(join(data(), 'objects/incoming/*')), []);
  });

  test('kill -9 at completes: each upload that was acknowledged is there once, whole, and can be completed again; others are as they were', async () => {
    const Bucket = 'killed-completes';
    const sdk = tenant().sdk(undefined, { maxAttempts: 1 });
    await sdk.send(new s3.CreateBucketCommand({ Bucket }));
    await sdk.send(
      new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    const random = numbers(SEED + 1);
    const contentOf = (at: number) => bytesOf(400_000, at);
    for (let round = 0; round < KILLS; round++) {
      const uploads = await Promise.all(
        Array.from({ length: 4 }, async (_, index) => {
          const at = round * 4 + index;
          const Key = `upload/${at}`;
          const { UploadId } = await sdk.send(new s3.CreateMultipartUploadCommand({ Bucket, Key }));
          const Parts = await Promise.all(
            [contentOf(at)].map(async (Body, part) => {
              const PartNumber = part + 1;
              const { ETag } = await sdk.send(
                new s3.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
              );
              return { PartNumber, ETag };
            }),
          );
          return new s3.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } });
        }),
      );
      const pid = pidOf();
      assert.ok(pid !== undefined);
      // So many are sent before it is killed, and the others on the way.
      const before = random(uploads.length);
      const answers: Promise<s3.CompleteMultipartUploadCommandOutput | undefined>[] = [];
      for (const [index, complete] of uploads.entries()) {
        if (index === before) killNow(pid);
        answers.push(sdk.send(complete).catch(() => undefined));
        if (index < before && random(2) === 0) await answers.at(-1);
      }
      const acknowledged = await Promise.all(answers);
      await untilServed();
      for (const [index, complete] of uploads.entries()) {
        // Whoever has heard nothing asks again; whoever has, hears the same.
        const again = await sdk.send(complete);
        const first = acknowledged[index];
        if (first !== undefined)
          assert.deepEqual([again.ETag, again.VersionId], [first.ETag, first.VersionId]);
        const { Key = '' } = complete.input;
        const { Versions } = await sdk.send(new s3.ListObjectVersionsCommand({ Bucket, Prefix: Key }));
        const own = Versions?.filter((version) => version.Key === Key) ?? [];
        assert.deepEqual(
          own.map(({ VersionId }) => VersionId),
          [again.VersionId],
        );
        const got = await sdk.send(new s3.GetObjectCommand({ Bucket, Key }));
        const at = round * 4 + index;
        const bytes = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
        assert.ok(contentOf(at).equals(bytes), Key);
      }
      const { Uploads } = await sdk.send(new s3.ListMultipartUploadsCommand({ Bucket }));
      assert.equal(Uploads, undefined);
      for (const complete of uploads) {
        const { Key = '' } = complete.input;
        const { Versions = [] } = await sdk.send(new s3.ListObjectVersionsCommand({ Bucket, Prefix: Key }));
        for (const { VersionId } of Versions)
          await sdk.send(new s3.DeleteObjectCommand({ Bucket, Key, VersionId }));
      }
    }
  });
}

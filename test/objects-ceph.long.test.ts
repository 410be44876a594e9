/**
 * Objects over somebody else's S3 cluster: Ceph with its RADOS Gateway, of Debian 12. First the blobs alone, by the suite that every backend passes; then a whole region whose bytes lie there, while the
 * cluster is killed in the middle of writes, hangs, refuses its key, and gives back what it was not given.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import { systemClock } from '#kernel/clock.ts';
import { ensureAccounts } from '#region/embedded/accounts.ts';
import { s3Backend } from '#services/objects/blobs/s3/backend.ts';
import { Cluster } from '#services/objects/blobs/s3/client.ts';
import { backendConformance } from '#services/objects/blobs/testing/backend-conformance.ts';
import { bytesOf, failure } from './objects/sdk.ts';
import { hostOf, send, signed } from './objects/wire.ts';
import { type CephCluster, startCeph } from './support/ceph.ts';
import { type ObjectsTenant, objectsTenant } from './support/objects.ts';
import { startRegion, type TestRegion } from './support/region.ts';

const MIB = 2 ** 20;
const WRITERS = 6;
const ACKNOWLEDGED = 40;
const BACK_LIMIT_MS = 120_000;
const BLOBS = 'region';
/** On both sides of what is sent in one request to the cluster. */
const SIZES: readonly number[] = [0, 100, 70_000, 300_000, 6 * MIB];
const contentOf = (key: string): Buffer => {
  const number = Number(key.split('/').at(-1));
  return bytesOf(SIZES[number % SIZES.length] ?? 0, number);
};

suite('objects in a Ceph cluster', { timeout: 30 * 60_000 }, () => {
  let ceph: CephCluster;
  const connection = () => ({
    endpoint: ceph.endpoint,
    region: 'us-east-1',
    accessKey: ceph.accessKey,
    secret: ceph.secret,
    clock: systemClock,
  });

  before(async () => {
    ceph = await startCeph();
    for (const bucket of ['suite', BLOBS]) {
      const cluster = new Cluster({ ...connection(), bucket });
      await cluster.ask({ method: 'PUT' });
      cluster.close();
    }
  });
  after(() => ceph?.close());

  backendConformance('a bucket of Ceph’s gateway', () => s3Backend({ ...connection(), bucket: 'suite' }));

  suite('and a region over it', () => {
    const own = mkdtempSync(join(tmpdir(), 'ceph-'));
    const credentials = join(own, 'credentials');
    let region: TestRegion;
    let acme: ObjectsTenant;
    let sdk: s3.S3Client;
    const Bucket = 'acme-first';
    const giveKey = (secret: string) => {
      const { region: account } = ensureAccounts();
      writeFileSync(credentials, `${ceph.accessKey}\n${secret}\n`, { mode: 0o600 });
      chownSync(credentials, account.uid, account.gid);
    };

    before(async (t) => {
      chmodSync(own, 0o711);
      giveKey(ceph.secret);
      const backend = `type: s3\n    endpoint: ${ceph.endpoint}\n    bucket: ${BLOBS}\n    credentialsFile: ${credentials}`;
      region = await startRegion({ settings: `incus:\n  mode: none\nobjects:\n  backend:\n    ${backend}` });
      acme = await objectsTenant(region, 'acme');
      sdk = acme.sdk(undefined, { maxAttempts: 1 });
      if ('diagnostic' in t) t.diagnostic(ceph.version);
    });
    after(async () => {
      await region?.destroy();
      rmSync(own, { recursive: true, force: true });
    });

    const bodyOf = async (Key: string, more: object = {}): Promise<Buffer> => {
      const { Body } = await sdk.send(new s3.GetObjectCommand({ Bucket, Key, ...more }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    };
    const put = (Key: string, Body: Buffer) => sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body }));
    const raw = (method: string, Key: string) =>
      send(
        acme,
        signed(acme, { method, target: `/${Bucket}/${Key}`, ...(method === 'PUT' ? { body: 'x' } : {}) }),
      );
    const untilServed = async (Key: string) => {
      const begin_ms = performance.now();
      for (;;) {
        const { status } = await raw('PUT', Key);
        if (status === 200) return;
        if (performance.now() - begin_ms > BACK_LIMIT_MS) throw new Error(`not served: ${status}`);
      }
    };
    const kill = () => {
      const port = hostOf(acme).split(':')[1] ?? '';
      const listening = execFileSync('ss', ['-Hltnp', `sport = :${port}`], { encoding: 'utf8' });
      process.kill(Number(/pid=(\d+)/.exec(listening)?.[1]), 'SIGKILL');
    };
    const blobs = async () => {
      const backend = await s3Backend({ ...connection(), bucket: BLOBS });
      const found: string[] = [];
      for await (const { id } of backend.list()) found.push(id);
      await backend.close();
      return found;
    };

    test('objects of all sizes are put, in parts too, read by ranges, copied, listed and deleted; the cluster has bytes under names of its own', async () => {
      const large = bytesOf(20 * MIB, 7);
      await put('large', large);
      assert.ok((await bodyOf('large')).equals(large));
      const range = await bodyOf('large', { Range: 'bytes=7000000-7999999' });
      assert.ok(range.equals(large.subarray(7_000_000, 8_000_000)));
      const { UploadId } = await sdk.send(new s3.CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
      const Parts = await Promise.all(
        [1, 2, 3].map(async (PartNumber) => {
          const Body = bytesOf(PartNumber === 3 ? 1_000 : 6 * MIB, PartNumber);
          const one = { Bucket, Key: 'parts', UploadId, PartNumber, Body };
          return { PartNumber, ETag: (await sdk.send(new s3.UploadPartCommand(one))).ETag };
        }),
      );
      const whole = { Bucket, Key: 'parts', UploadId, MultipartUpload: { Parts } };
      await sdk.send(new s3.CompleteMultipartUploadCommand(whole));
      const joined = Buffer.concat([bytesOf(6 * MIB, 1), bytesOf(6 * MIB, 2), bytesOf(1_000, 3)]);
      assert.ok((await bodyOf('parts')).equals(joined));
      await sdk.send(new s3.CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/parts` }));
      await sdk.send(new s3.DeleteObjectCommand({ Bucket, Key: 'parts' }));
      assert.equal(await failure(bodyOf('parts')), '404 NoSuchKey');
      assert.ok((await bodyOf('copy')).equals(joined));
      const { Contents = [] } = await sdk.send(new s3.ListObjectsV2Command({ Bucket }));
      assert.deepEqual(
        Contents.map(({ Key, Size }) => [Key, Size]),
        [
          ['copy', joined.length],
          ['large', large.length],
        ],
      );
      const names = await blobs();
      assert.ok(names.length >= 3 && names.every((name) => /^s-[0-9a-f]{32}$/.test(name)));
    });

    test('the cluster is killed in the middle of writes: 503 with Retry-After, listing goes on, and all that was acknowledged is there when it is back', async () => {
      const acknowledged = new Set<string>();
      const failures = new Set<string>();
      let number = 0;
      let killed: Promise<void> | undefined;
      const writer = async () => {
        while (killed === undefined) {
          const Key = `written/${number++}`;
          try {
            await put(Key, contentOf(Key));
            acknowledged.add(Key);
          } catch (error) {
            failures.add(await failure(Promise.reject(error)));
          }
          if (acknowledged.size >= ACKNOWLEDGED) killed ??= ceph.kill();
        }
        await killed;
      };
      await Promise.all(Array.from({ length: WRITERS }, writer));
      const [write, read, head] = await Promise.all([
        raw('PUT', 'away'),
        raw('GET', 'large'),
        raw('HEAD', 'large'),
      ]);
      assert.deepEqual(
        [write.status, write.code, write.headers['retry-after']],
        [503, 'ServiceUnavailable', '5'],
      );
      assert.deepEqual(
        [read.status, read.code, read.headers['retry-after']],
        [503, 'ServiceUnavailable', '5'],
      );
      assert.equal(head.status, 200);
      const { KeyCount } = await sdk.send(new s3.ListObjectsV2Command({ Bucket, Prefix: 'written/' }));
      assert.ok((KeyCount ?? 0) >= acknowledged.size);
      await ceph.start();
      await untilServed('back');
      for (const key of acknowledged) assert.ok(contentOf(key).equals(await bodyOf(key)), key);
      assert.equal(await failure(bodyOf('away')), '404 NoSuchKey');
      assert.deepEqual(
        [...failures].filter((one) => one !== '503 ServiceUnavailable'),
        [],
      );
    });

    test('the cluster hangs: whoever waits is told so within its bound, and all goes on where it was', async () => {
      await ceph.freeze();
      try {
        const answers = await Promise.all([raw('PUT', 'hung'), raw('GET', 'large')]);
        assert.deepEqual(
          answers.map(({ status, headers }) => [status, headers['retry-after']]),
          [
            [503, '5'],
            [503, '5'],
          ],
        );
      } finally {
        await ceph.thaw();
      }
      await untilServed('hung-and-back');
      assert.equal(await failure(bodyOf('hung')), '404 NoSuchKey');
      assert.ok((await bodyOf('large')).equals(bytesOf(20 * MIB, 7)));
    });

    test('a cluster that is slow is waited for: all that is asked is done', async (t) => {
      await ceph.slowDown(0.03);
      const begun_ms = performance.now();
      try {
        const keys = Array.from({ length: 30 }, (_, at) => `slow/${at}`);
        await Promise.all(keys.map((key) => put(key, contentOf(key))));
        for (const key of keys) assert.ok(contentOf(key).equals(await bodyOf(key)), key);
        const { KeyCount } = await sdk.send(new s3.ListObjectsV2Command({ Bucket, Prefix: 'slow/' }));
        assert.equal(KeyCount, keys.length);
      } finally {
        await ceph.slowDown(0);
      }
      t.diagnostic(`30 objects put and read in ${((performance.now() - begun_ms) / 1_000).toFixed(1)} s`);
    });

    test('a key that the cluster does not take any more: a new bucket says why it is not served, and is once the right one is there', async () => {
      giveKey('another');
      kill();
      const condition = () =>
        acme.admin.kubectl(
          'get',
          'bucket',
          'waits',
          '-o',
          'jsonpath={.status.conditions[?(@.type=="Ready")].message}',
        );
      const manifest = JSON.stringify({
        apiVersion: 'objects.casemate.internal/v1',
        kind: 'Bucket',
        metadata: { name: 'waits' },
        spec: {},
      });
      await acme.admin.apply(manifest);
      const begin_ms = performance.now();
      while (!/403 SignatureDoesNotMatch/.test(await condition())) {
        assert.ok(performance.now() - begin_ms < BACK_LIMIT_MS, await condition());
      }
      assert.doesNotMatch(await condition(), /another/);
      giveKey(ceph.secret);
      await untilServed('after-the-key');
      assert.ok((await bodyOf('large')).equals(bytesOf(20 * MIB, 7)));
    });

    test('what the cluster gives back that it was not given is not given out', async () => {
      const before = new Set(await blobs());
      const content = bytesOf(400_000, 11);
      await put('changed', content);
      const [id = ''] = (await blobs()).filter((name) => !before.has(name));
      const cluster = new Cluster({ ...connection(), bucket: BLOBS });
      const key = `blobs/${id.slice(2)}`;
      const { body } = await cluster.ask({ method: 'GET', key });
      const flipped = Buffer.from(body);
      flipped[300_000] = (flipped[300_000] ?? 0) ^ 1;
      await cluster.ask({ method: 'PUT', key, body: flipped });
      const damaged = await raw('GET', 'changed');
      // The first block is sound, so it may have begun; nothing from the second one on is ever given out.
      assert.ok(damaged.status === 500 || damaged.body.length < content.length, `${damaged.status}`);
      assert.ok(content.subarray(0, damaged.body.length).equals(damaged.body) || damaged.status === 500);
      await cluster.ask({ method: 'PUT', key, body });
      cluster.close();
      assert.ok((await bodyOf('changed')).equals(content));
    });
  });
});

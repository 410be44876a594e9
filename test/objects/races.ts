/** Several at once at the same name or upload, names with many versions, and numbers at their bounds. Cases of `test/objects.test.ts`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from 'node:tls';
import * as s3 from '@aws-sdk/client-s3';
import type { ObjectsTenant } from '../support/objects.ts';
import { bytesOf, failure } from './sdk.ts';
import { send, signed } from './wire.ts';

const MIB = 2 ** 20;
const AT_ONCE = 8;
const VERSIONS = 120;

export function raceCases(tenant: () => ObjectsTenant): void {
  const Bucket = 'raced';
  const Key = 'one';
  const client = () => tenant().sdk(undefined, { maxAttempts: 1 });
  const uploaded = async (sdk: s3.S3Client, Body: Buffer, key = Key) => {
    const { UploadId } = await sdk.send(new s3.CreateMultipartUploadCommand({ Bucket, Key: key }));
    const part = { Bucket, Key: key, UploadId, PartNumber: 1, Body };
    const { ETag } = await sdk.send(new s3.UploadPartCommand(part));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    return new s3.CompleteMultipartUploadCommand({ Bucket, Key: key, UploadId, MultipartUpload });
  };
  const bodyOf = async (sdk: s3.S3Client, key: string) =>
    Buffer.from(
      (await (await sdk.send(new s3.GetObjectCommand({ Bucket, Key: key }))).Body?.transformToByteArray()) ??
        [],
    );
  const versionsOf = async (sdk: s3.S3Client, Prefix: string) => {
    const found: (string | undefined)[] = [];
    for (let KeyMarker: string | undefined, VersionIdMarker: string | undefined; ; ) {
      const page = await sdk.send(
        new s3.ListObjectVersionsCommand({ Bucket, Prefix, MaxKeys: 100, KeyMarker, VersionIdMarker }),
      );
      found.push(...(page.Versions ?? []).map(({ VersionId }) => VersionId));
      if (page.IsTruncated !== true) return found;
      [KeyMarker, VersionIdMarker] = [page.NextKeyMarker, page.NextVersionIdMarker];
    }
  };

  test('at once: of one upload, however many complete it, comes one version, which all are told of', async () => {
    const sdk = client();
    await sdk.send(new s3.CreateBucketCommand({ Bucket }));
    const Status = 'Enabled';
    await sdk.send(new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
    const body = bytesOf(MIB, 5);
    const complete = await uploaded(sdk, body);
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => sdk.send(complete)));
    const told = new Set(answers.map(({ VersionId, ETag }) => `${VersionId} ${ETag}`));
    assert.equal(told.size, 1);
    assert.deepEqual(await versionsOf(sdk, Key), [answers[0]?.VersionId]);
    assert.ok(body.equals(await bodyOf(sdk, Key)));
  });

  test('at once: an upload that is completed and given up is the one or the other', async () => {
    const sdk = client();
    for (let round = 0; round < AT_ONCE; round++) {
      const key = `either/${round}`;
      const body = bytesOf(1_000, round);
      const complete = await uploaded(sdk, body, key);
      const { UploadId } = complete.input;
      const abort = new s3.AbortMultipartUploadCommand({ Bucket, Key: key, UploadId });
      const [completed] = await Promise.all([failure(sdk.send(complete)), failure(sdk.send(abort))]);
      if (completed === 'did not fail') assert.ok(body.equals(await bodyOf(sdk, key)));
      else {
        assert.equal(completed, '404 NoSuchUpload');
        assert.equal(await failure(sdk.send(new s3.GetObjectCommand({ Bucket, Key: key }))), '404 NoSuchKey');
      }
    }
    const { Uploads } = await sdk.send(new s3.ListMultipartUploadsCommand({ Bucket }));
    assert.equal(Uploads, undefined);
  });

  test('at once: puts, completes and deletions of one name leave versions that are each whole', async () => {
    const sdk = client();
    const key = 'mixed';
    const bodies = Array.from({ length: AT_ONCE }, (_, at) => bytesOf(100_000, at));
    const completes = await Promise.all(bodies.map((body) => uploaded(sdk, body, key)));
    await Promise.all([
      ...bodies.map((Body) => sdk.send(new s3.PutObjectCommand({ Bucket, Key: key, Body }))),
      ...completes.map((complete) => sdk.send(complete)),
      ...bodies.map(() => sdk.send(new s3.DeleteObjectCommand({ Bucket, Key: key }))),
    ]);
    const versions = await versionsOf(sdk, key);
    assert.equal(new Set(versions).size, 2 * AT_ONCE);
    for (const VersionId of versions) {
      const got = await sdk.send(new s3.GetObjectCommand({ Bucket, Key: key, VersionId }));
      const bytes = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
      assert.ok(bodies.some((body) => body.equals(bytes)));
    }
  });

  test('a name that was overwritten hundreds of times has all its versions, newest first, and they go', async () => {
    const sdk = client();
    const key = 'often';
    const written: (string | undefined)[] = [];
    for (let at = 0; at < VERSIONS; at += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, VERSIONS - at) }, (_, index) =>
        sdk.send(new s3.PutObjectCommand({ Bucket, Key: key, Body: String(at + index) })),
      );
      written.push(...(await Promise.all(some)).map(({ VersionId }) => VersionId));
    }
    const listed = await versionsOf(sdk, key);
    assert.deepEqual(listed, listed.toSorted().toReversed());
    assert.deepEqual(listed.toSorted(), written.toSorted());
    const Objects = listed.map((VersionId) => ({ Key: key, VersionId }));
    const { Errors } = await sdk.send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    assert.equal(Errors, undefined);
    assert.deepEqual(await versionsOf(sdk, key), []);
  });

  test('attack: numbers beyond their bounds, and more bytes than were announced', async () => {
    const sdk = client();
    const { UploadId } = await sdk.send(new s3.CreateMultipartUploadCommand({ Bucket, Key }));
    for (const number of ['0', '10001', '-1', '1e3', '99999999999999999999', ' 1', 'x', '']) {
      const target = `/${Bucket}/${Key}?partNumber=${encodeURIComponent(number)}&uploadId=${UploadId}`;
      const { status } = await send(tenant(), signed(tenant(), { method: 'PUT', target, body: 'x' }));
      assert.equal(status, 400, JSON.stringify(number));
    }
    await sdk.send(new s3.AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    const tooLarge = { 'content-length': String(5 * 2 ** 30 + 1) };
    const huge = signed(tenant(), { method: 'PUT', target: `/${Bucket}/huge`, headers: tooLarge });
    assert.equal((await beyond(huge.headers ?? {}, '/huge', 'x')).status, 400);
    // What follows the announced bytes is another request, and a broken one: the connection ends, with an answer or without.
    const short = signed(tenant(), {
      method: 'PUT',
      target: `/${Bucket}/short`,
      headers: { 'content-length': '5' },
    });
    await beyond(short.headers ?? {}, '/short', 'hello and more');
    const { Contents = [] } = await sdk.send(new s3.ListObjectsV2Command({ Bucket, Prefix: 'short' }));
    for (const { Size } of Contents) assert.equal(Size, 5);
  });

  /** Sends exactly that over a connection of its own, and hears all that comes back. */
  function beyond(headers: object, path: string, body: string) {
    const { endpoint, ca } = tenant();
    return new Promise<{ status: number }>((resolve) => {
      const port = Number(endpoint.split(':').at(-1));
      const socket = connect({ host: 'localhost', servername: 'localhost', port, ca });
      let text = '';
      socket.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        // The first answer is all that is waited for.
        if (/\r\n\r\n/.test(text)) socket.end();
      });
      socket.on('error', () => {});
      socket.once('close', () => {
        resolve({ status: Number(/HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0) });
      });
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
      socket.write(`PUT /${Bucket}${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
    });
  }
}

/** Uploads that lie, names that play tricks, and requests that are too large. Cases of `test/objects.test.ts`. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import * as s3 from '@aws-sdk/client-s3';
import { chunkedBody, seedOf } from '#services/objects/s3/testing/client.ts';
import type { ObjectsTenant } from '../support/objects.ts';
import { bytesOf, failure } from './sdk.ts';
import { hostOf, send, signed, signingOf } from './wire.ts';

export function attackCases(tenant: () => ObjectsTenant, data: () => string): void {
  const Bucket = 'attacked';
  const put = async (key: string, headers: Readonly<Record<string, string>>, body: Uint8Array | string) => {
    const { status, code } = await send(
      tenant(),
      signed(tenant(), { method: 'PUT', target: `/${Bucket}/${key}`, headers, body }),
    );
    return `${status} ${code}`;
  };
  const visible = async () =>
    (await tenant().sdk().send(new s3.ListObjectsV2Command({ Bucket }))).Contents?.map(({ Key }) => Key) ??
    [];
  /** The whole of what is written goes over one connection, which then ends or breaks. */
  const broken = (bytes: Buffer) =>
    new Promise<void>((resolve) => {
      const { endpoint, ca } = tenant();
      const socket = connect({
        host: 'localhost',
        servername: 'localhost',
        port: Number(endpoint.split(':').at(-1)),
        ca,
      });
      socket.on('error', () => {});
      socket.once('close', () => resolve());
      socket.resume();
      socket.write(bytes, () => socket.end());
    });
  const headText = (method: string, target: string, headers: object) =>
    Buffer.from(
      [
        `${method} ${target} HTTP/1.1`,
        ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
        '',
        '',
      ].join('\r\n'),
    );

  test('attack: an upload whose MD5, SHA-256, checksum or length is not what it says is refused, and nothing of it is seen', async () => {
    await tenant().sdk().send(new s3.CreateBucketCommand({ Bucket }));
    const md5 = createHash('md5').update('other').digest('base64');
    const sha256 = createHash('sha256').update('other').digest();
    assert.equal(await put('md5', { 'content-md5': md5 }, 'true'), '400 BadDigest');
    assert.equal(await put('md5', { 'content-md5': 'no digest' }, 'true'), '400 InvalidDigest');
    assert.equal(
      await put('sha256', { 'x-amz-content-sha256': sha256.toString('hex') }, 'true'),
      '400 XAmzContentSHA256Mismatch',
    );
    assert.equal(
      await put('sum', { 'x-amz-checksum-sha256': sha256.toString('base64') }, 'true'),
      '400 BadDigest',
    );
    const two = { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-sha256': sha256.toString('base64') };
    assert.equal(await put('sums', two, 'true'), '400 InvalidRequest');
    const chunked = (length: number, body: Buffer, more = {}) =>
      put(
        'chunked',
        {
          'content-encoding': 'aws-chunked',
          'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
          'x-amz-decoded-content-length': String(length),
          'x-amz-trailer': 'x-amz-checksum-crc32',
          ...more,
        },
        body,
      );
    const trailer = { name: 'x-amz-checksum-crc32', value: 'AAAAAA==' };
    const chunks = [bytesOf(70_000), bytesOf(30_000, 2)];
    assert.equal(await chunked(100_000, chunkedBody({ chunks, trailer })), '400 BadDigest');
    const plain = chunkedBody({ chunks });
    for (const length of [99_999, 100_001]) assert.match(await chunked(length, plain), /^400 /);
    assert.match(await chunked(100_000, plain.subarray(0, -40_000)), /^400 /);
    assert.match(await chunked(100_000, Buffer.from('zz\r\n')), /^400 /);
    assert.match(await chunked(100_000, Buffer.from(`${'0'.repeat(20_000)}1\r\nx\r\n`)), /^400 /);
    assert.deepEqual(await visible(), []);
  });

  test('attack: signed chunks whose bytes or signatures were changed are refused', async () => {
    const signing = signingOf(tenant().keys);
    const chunks = [bytesOf(65_536), bytesOf(10_000, 2)];
    const head = signed(
      tenant(),
      {
        method: 'PUT',
        target: `/${Bucket}/signed`,
        headers: {
          'content-encoding': 'aws-chunked',
          'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
          'x-amz-decoded-content-length': '75536',
        },
      },
      signing,
    );
    const body = chunkedBody({ chunks, seed: seedOf({ ...head, headers: head.headers ?? {} }) }, signing);
    for (const at of [100, 66_000, body.length - 10]) {
      const changed = Buffer.from(body);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      const { status } = await send(tenant(), { ...head, body: changed });
      assert.ok(status === 403 || status === 400, `${at}: ${status}`);
    }
    assert.deepEqual(await visible(), []);
    assert.equal((await send(tenant(), { ...head, body })).status, 200);
    await tenant()
      .sdk()
      .send(new s3.DeleteObjectCommand({ Bucket, Key: 'signed' }));
  });

  test('attack: an upload that breaks off halfway is not seen, and leaves no bytes', async () => {
    const head = signed(tenant(), {
      method: 'PUT',
      target: `/${Bucket}/half`,
      headers: { 'content-length': '4000000' },
    });
    const parts = [headText('PUT', `/${Bucket}/half`, head.headers ?? {}), bytesOf(2_000_000)];
    await Promise.all(Array.from({ length: 5 }, () => broken(Buffer.concat(parts))));
    assert.deepEqual(await visible(), []);
    const incoming = join(data(), 'objects/incoming');
    // The server sees the end of a connection when the client does, or a moment later.
    for (let looks = 0; looks < 200 && readdirSync(incoming).length > 0; looks++) await visible();
    assert.deepEqual(readdirSync(incoming), []);
  });

  test('attack: a key is a name and nothing else: no path of the disk, no other bucket, no other key', async () => {
    const sdk = tenant().sdk();
    const keys = [
      '../../../../etc/casemate-was-here',
      '/etc/casemate-was-here',
      './a/../b',
      'a//b',
      'a/./b',
      '..',
      '.',
      '%2e%2e%2f',
      'new\nline\ttab',
      '<script>&"\'',
      '\u{1f600}'.repeat(10),
      'x'.repeat(1_024),
    ];
    const targetOf = (key: string) =>
      `/${Bucket}/${encodeURIComponent(key)
        .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
        .replaceAll('%2F', '/')}`;
    for (const key of keys) {
      const sent = signed(tenant(), { method: 'PUT', target: targetOf(key), body: key });
      assert.equal((await send(tenant(), sent)).status, 200, key);
    }
    const listed = await sdk.send(new s3.ListObjectsV2Command({ Bucket, EncodingType: 'url' }));
    assert.deepEqual(
      listed.Contents?.map(({ Key }) => decodeURIComponent((Key ?? '').replaceAll('+', ' '))).sort(),
      keys.toSorted(),
    );
    for (const key of keys) {
      const got = await send(tenant(), signed(tenant(), { method: 'GET', target: targetOf(key) }));
      assert.equal(got.body.toString(), key);
    }
    assert.equal(existsSync('/etc/casemate-was-here'), false);
    const status = async (key: string) => {
      const { status: answered, code } = await send(
        tenant(),
        signed(tenant(), { method: 'PUT', target: `/${Bucket}/${key}` }),
      );
      return `${answered} ${code}`;
    };
    assert.equal(await status('x'.repeat(1_025)), '400 KeyTooLongError');
    assert.match(await status('%00'), /^400 /);
    assert.match(await status('%ff%fe'), /^400 /);
    assert.match(await status('%zz'), /^400 /);
  });

  test('attack: every odd delimiter and prefix lists what it says, or is refused', async () => {
    for (const text of [
      '/',
      '//',
      '%',
      '\\',
      "'",
      '"; DROP TABLE versions; --',
      '\n',
      '\u{1f600}',
      '<',
      '&',
      '..',
      '\u0001',
      'x'.repeat(1_024),
    ]) {
      const query = `list-type=2&delimiter=${encodeURIComponent(text).replace(/'/g, '%27')}&encoding-type=url`;
      const { status } = await send(
        tenant(),
        signed(tenant(), { method: 'GET', target: `/${Bucket}?${query}` }),
      );
      assert.equal(status, 200, text);
    }
    const answers = await Promise.all(
      [
        'max-keys=-1',
        'max-keys=x',
        'continuation-token=none',
        'delimiter=%ff',
        'prefix=%00',
        'encoding-type=base64',
      ].map(async (one) => {
        const { status } = await send(
          tenant(),
          signed(tenant(), { method: 'GET', target: `/${Bucket}?list-type=2&${one}` }),
        );
        return `${one} ${status}`;
      }),
    );
    for (const answer of answers) assert.match(answer, / (200|400)$/);
  });

  test('attack: huge headers, XML bombs and documents without end are refused, and the region answers on', async () => {
    const huge = await send(tenant(), {
      method: 'GET',
      target: '/',
      headers: { host: hostOf(tenant()), 'x-amz-meta-a': 'x'.repeat(60_000) },
    });
    assert.ok(huge.status === 431 || huge.status === 0, String(huge.status));
    assert.equal(await put('meta', { 'x-amz-meta-a': 'x'.repeat(3_000) }, ''), '400 MetadataTooLarge');
    const bomb = `<!DOCTYPE a [<!ENTITY b "${'c'.repeat(1_000)}"><!ENTITY d "${'&b;'.repeat(1_000)}">]><Delete><Object><Key>&d;</Key></Object></Delete>`;
    const post = async (target: string, body: string) => {
      const { status, code } = await send(
        tenant(),
        signed(tenant(), {
          method: 'POST',
          target,
          headers: { 'content-md5': createHash('md5').update(body).digest('base64') },
          body,
        }),
      );
      return `${status} ${code}`;
    };
    assert.equal(await post(`/${Bucket}?delete=`, bomb), '400 MalformedXML');
    assert.match(await post(`/${Bucket}?delete=`, `<Delete>${'<a>'.repeat(100_000)}`), /^400 /);
    assert.match(await post(`/${Bucket}?delete=`, `<Delete>${' '.repeat(20_000_000)}</Delete>`), /^(400|0) /);
    const many = Array.from({ length: 1_001 }, (_, index) => ({ Key: String(index) }));
    const deleted = tenant()
      .sdk()
      .send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects: many } }));
    assert.equal(await failure(deleted), '400 MalformedXML');
    assert.equal((await send(tenant(), signed(tenant(), { method: 'GET', target: '/' }))).status, 200);
  });
}

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { HashThreads } from '../hashing/hash-threads.ts';
import { type BodyOptions, checkBody, openBody, readSmallBody } from './body.ts';
import { checksumOf } from './checksums/digest.ts';
import { S3Error } from './errors.ts';
import { bodyExpectations } from './headers/body.ts';
import type { PayloadForm } from './signature/payload.ts';
import { chunkedBody } from './testing/client.ts';
import { codeOf as thrownBy } from './testing/thrown.ts';

const UNSIGNED: PayloadForm = { form: 'unsigned' };
const TRAILER: PayloadForm = { form: 'chunked', signed: false, trailer: true };
const TEXT = Buffer.from('the bytes of an object');
const md5 = createHash('md5').update(TEXT);

async function* sent(...pieces: readonly Uint8Array[]) {
  yield* pieces;
}

function optionsFor(headers: Readonly<Record<string, string>>, payload = UNSIGNED): BodyOptions {
  return { expected: bodyExpectations(new Map(Object.entries(headers))), payload };
}

/** What came out, whole or in part, and how it ended: the same, whether the bytes came one after the other or had all come before. */
async function read(bytes: readonly Uint8Array[], options: BodyOptions) {
  const streamed = await readStream(bytes, options);
  const whole = checked(Buffer.concat(bytes), options);
  assert.equal(whole.code, streamed.code);
  if (streamed.result !== undefined) {
    assert.ok(whole.bytes?.equals(streamed.bytes));
    assert.deepEqual(whole.result, streamed.result);
  }
  return streamed;
}

function checked(bytes: Uint8Array, options: BodyOptions) {
  try {
    const body = checkBody(bytes, options);
    return { bytes: Buffer.concat(body.bytes), result: body.result };
  } catch (error) {
    assert.ok(error instanceof S3Error, String(error));
    return { code: error.code };
  }
}

async function readStream(bytes: readonly Uint8Array[], options: BodyOptions) {
  const body = openBody(sent(...bytes), options);
  const out: Uint8Array[] = [];
  try {
    for await (const piece of body.bytes) out.push(piece);
    return { bytes: Buffer.concat(out), result: body.result() };
  } catch (error) {
    assert.ok(error instanceof S3Error, String(error));
    return { bytes: Buffer.concat(out), code: error.code };
  }
}

describe('the bytes of a request', () => {
  it('come out with their size, their ETag and a checksum of the server’s where none was sent', async () => {
    const { bytes, result } = await read(
      [TEXT.subarray(0, 5), TEXT.subarray(5)],
      optionsFor({ 'content-length': '22' }),
    );
    assert.ok(bytes.equals(TEXT));
    assert.deepEqual(result, {
      size: 22,
      etag: md5.copy().digest('hex'),
      checksums: { CRC64NVME: checksumOf('CRC64NVME', TEXT) },
    });
  });

  it('have an ETag of their own instead where nobody takes it for their MD5, which is held to all the same', async () => {
    const any = (headers: Record<string, string>) => ({ ...optionsFor(headers), etag: 'any' as const });
    const plain = any({ 'content-length': '22' });
    const etags = [(await readStream([TEXT], plain)).result?.etag, checked(TEXT, plain).result?.etag];
    for (const etag of etags) assert.match(etag ?? '', /^[0-9a-f]{32}$/);
    assert.equal(new Set([...etags, md5.copy().digest('hex')]).size, 3);
    const told = any({ 'content-length': '22', 'content-md5': md5.copy().digest('base64') });
    assert.equal((await readStream([TEXT], told)).result?.etag, md5.copy().digest('hex'));
    assert.equal((await readStream([Buffer.from('the bytes of an objecT')], told)).code, 'BadDigest');
  });

  it('are held to every digest that was sent, and are never given out whole where one does not hold', async () => {
    const wrong = Buffer.from('the bytes of an objecT');
    const cases: readonly (readonly [
      code: string,
      headers: Record<string, string>,
      payload?: PayloadForm,
    ])[] = [
      ['BadDigest', { 'content-md5': md5.copy().digest('base64') }],
      ['BadDigest', { 'x-amz-checksum-crc32': checksumOf('CRC32', TEXT) }],
      ['BadDigest', { 'x-amz-checksum-crc32c': checksumOf('CRC32C', TEXT) }],
      ['BadDigest', { 'x-amz-checksum-crc64nvme': checksumOf('CRC64NVME', TEXT) }],
      ['BadDigest', { 'x-amz-checksum-sha1': checksumOf('SHA1', TEXT) }],
      ['BadDigest', { 'x-amz-checksum-sha256': checksumOf('SHA256', TEXT) }],
      [
        'XAmzContentSHA256Mismatch',
        {},
        { form: 'hashed', sha256: createHash('sha256').update(TEXT).digest('hex') },
      ],
      ['IncompleteBody', { 'content-length': '23' }],
      ['IncompleteBody', { 'content-length': '21' }],
    ];
    for (const [code, headers, payload] of cases) {
      const options = optionsFor(headers, payload);
      if (code !== 'IncompleteBody') assert.ok((await read([TEXT], options)).result, JSON.stringify(headers));
      const failed = await read([wrong], options);
      assert.equal(failed.code, code);
      assert.equal(failed.bytes.length, 0);
    }
  });

  it('are held to the checksum of the trailer, as current SDKs send it', async () => {
    const headers = {
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': '22',
      'x-amz-trailer': 'x-amz-checksum-crc32',
      'x-amz-sdk-checksum-algorithm': 'CRC32',
      'content-encoding': 'aws-chunked',
    };
    const body = (value: string) =>
      chunkedBody({ chunks: [TEXT], trailer: { name: 'x-amz-checksum-crc32', value } });
    const right = checksumOf('CRC32', TEXT);
    assert.deepEqual((await read([body(right)], optionsFor(headers, TRAILER))).result?.checksums, {
      CRC32: right,
    });
    assert.equal((await read([body('AAAAAA==')], optionsFor(headers, TRAILER))).code, 'BadDigest');
    assert.equal((await read([body('AAAA')], optionsFor(headers, TRAILER))).code, 'InvalidRequest');
    const without = await read([chunkedBody({ chunks: [TEXT] })], optionsFor(headers, TRAILER));
    assert.deepEqual(without.result?.checksums, { CRC32: right });
  });

  it('have their ETag computed on another thread where there is one, with the same outcome', async () => {
    const threads = new HashThreads(1);
    try {
      const bytes = Buffer.alloc(3 * 2 ** 20, 'some bytes ');
      const digest = createHash('md5').update(bytes).digest();
      const options = { ...optionsFor({ 'content-length': String(bytes.length) }), hashing: threads };
      const pieces = Array.from({ length: 48 }, (_, index) =>
        bytes.subarray(index * 65_536, (index + 1) * 65_536),
      );
      assert.equal((await read(pieces, options)).result?.etag, digest.toString('hex'));
      assert.equal((await read(pieces.slice(1), options)).code, 'IncompleteBody');
      const wrong = optionsFor({
        'content-length': String(bytes.length),
        'content-md5': md5.copy().digest('base64'),
      });
      assert.equal((await read(pieces, { ...wrong, hashing: threads })).code, 'BadDigest');
    } finally {
      await threads.close();
    }
  });

  it('are refused with headers that no body can keep', () => {
    const codeOf = (headers: Record<string, string>) =>
      thrownBy(() => bodyExpectations(new Map(Object.entries(headers))));
    assert.equal(codeOf({ 'content-md5': 'abc' }), 'InvalidDigest');
    assert.equal(codeOf({ 'x-amz-checksum-crc32': 'abc' }), 'InvalidRequest');
    assert.equal(
      codeOf({ 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-crc32c': 'AAAAAA==' }),
      'InvalidRequest',
    );
    assert.equal(
      codeOf({ 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-trailer': 'x-amz-checksum-crc32' }),
      'InvalidRequest',
    );
    assert.equal(codeOf({ 'x-amz-checksum-xxhash64': 'AAAAAA==' }), 'NotImplemented');
    assert.equal(codeOf({ 'x-amz-trailer': 'x-amz-meta-a' }), 'NotImplemented');
    assert.equal(
      codeOf({ 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' }),
      'MissingContentLength',
    );
    assert.equal(codeOf({ 'content-length': '-1' }), 'InvalidArgument');
  });

  it('of calls that take a document are bounded, announced or not', async () => {
    const small = (size: number, headers = {}) =>
      readSmallBody(sent(Buffer.alloc(size)), optionsFor(headers), 100);
    assert.equal((await small(100)).length, 100);
    await assert.rejects(small(101), { code: 'MaxMessageLengthExceeded' });
    await assert.rejects(small(0, { 'content-length': '101' }), { code: 'MaxMessageLengthExceeded' });
  });
});

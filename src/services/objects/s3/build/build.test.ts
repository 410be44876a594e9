import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { S3Error } from '../errors.ts';
import { readRequest } from '../request.ts';
import { type Headers, outcomeOf, parse } from '../testing/parse.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_122 });

describe('parameters of a call', () => {
  const of = (method: string, target: string, headers: Headers = {}) => parse(method, target, headers).call;

  it('of a read: range, part, conditions, version, overrides', () => {
    assert.deepEqual(
      of('GET', '/photos/a?versionId=7&response-content-type=text%2Fplain', {
        range: 'bytes=5-',
        'if-none-match': '"abc", def',
        'if-modified-since': 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-checksum-mode': 'ENABLED',
        'x-amz-expected-bucket-owner': 'org',
      }),
      {
        call: 'GetObject',
        bucket: 'photos',
        expectedOwner: 'org',
        key: 'a',
        versionId: '7',
        range: { from: 5 },
        conditions: { ifNoneMatch: ['abc', 'def'], ifModifiedSince_ms: Date.UTC(2013, 4, 24) },
        wantsChecksums: true,
        overrides: { 'content-type': 'text/plain' },
      },
    );
    assert.equal(outcomeOf('GET', '/photos/a?partNumber=0'), 'InvalidArgument');
    assert.equal(outcomeOf('GET', '/photos/a?partNumber=1', { range: 'bytes=0-1' }), 'InvalidRequest');
    assert.equal(outcomeOf('GET', '/photos/a?versionId='), 'InvalidArgument');
    assert.equal(outcomeOf('GET', '/photos/a?response-expires=a%0Ab'), 'InvalidArgument');
  });

  it('of a write: metadata, tags, lock, encryption, condition, body', () => {
    const key = Buffer.alloc(32, 7);
    const keyMd5 = createHash('md5').update(key).digest('base64');
    assert.deepEqual(
      of('PUT', '/photos/a', {
        'content-length': '3',
        'content-type': 'image/png',
        'content-encoding': 'aws-chunked, gzip',
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': '3',
        'x-amz-trailer': 'x-amz-checksum-crc64nvme',
        'x-amz-meta-Title': 'one  two',
        'x-amz-tagging': 'a=b+c&d=%C3%A4',
        'x-amz-object-lock-mode': 'COMPLIANCE',
        'x-amz-object-lock-retain-until-date': '2036-01-31T00:00:00.000Z',
        'x-amz-object-lock-legal-hold': 'OFF',
        'x-amz-server-side-encryption-customer-algorithm': 'AES256',
        'x-amz-server-side-encryption-customer-key': key.toString('base64'),
        'x-amz-server-side-encryption-customer-key-md5': keyMd5,
        'if-none-match': '*',
      }),
      {
        call: 'PutObject',
        bucket: 'photos',
        key: 'a',
        metadata: {
          contentType: 'image/png',
          contentEncoding: 'gzip',
          user: Object.assign(Object.create(null), { title: 'one  two' }),
        },
        tags: [
          { key: 'a', value: 'b c' },
          { key: 'd', value: 'ä' },
        ],
        lock: { mode: 'COMPLIANCE', retainUntil_ms: Date.UTC(2036, 0, 31), legalHold: false },
        encryption: { type: 'customer', key, keyMd5 },
        condition: { ifNoneMatch: '*' },
        body: { size: 3, algorithm: 'CRC64NVME', trailers: ['x-amz-checksum-crc64nvme'], chunked: true },
      },
    );
  });

  it('of a write are refused where S3 refuses them, and not kept silently', () => {
    const cases: readonly (readonly [code: string, headers: Headers])[] = [
      ['MissingContentLength', { 'content-length': '' }],
      ['EntityTooLarge', { 'content-length': String(5 * 2 ** 30 + 1) }],
      ['MetadataTooLarge', { 'x-amz-meta-a': 'x'.repeat(2_048) }],
      ['InvalidStorageClass', { 'x-amz-storage-class': 'GLACIER' }],
      ['InvalidTag', { 'x-amz-tagging': 'a=1&a=2' }],
      ['InvalidTag', { 'x-amz-tagging': Array.from({ length: 11 }, (_, index) => `k${index}=v`).join('&') }],
      ['InvalidTag', { 'x-amz-tagging': 'aws:a=1' }],
      ['InvalidTag', { 'x-amz-tagging': `${'a'.repeat(129)}=1` }],
      ['InvalidArgument', { 'x-amz-object-lock-mode': 'GOVERNANCE' }],
      ['InvalidArgument', { 'x-amz-object-lock-mode': 'NONE' }],
      ['InvalidArgument', { 'x-amz-object-lock-legal-hold': 'on' }],
      ['InvalidEncryptionAlgorithmError', { 'x-amz-server-side-encryption': 'AES128' }],
      ['NotImplemented', { 'x-amz-server-side-encryption': 'aws:kms:dsse' }],
      ['InvalidArgument', { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }],
      ['InvalidArgument', { 'x-amz-server-side-encryption-aws-kms-key-id': 'k' }],
      ['NotImplemented', { 'if-none-match': '"abc"' }],
      ['NotImplemented', { 'if-unmodified-since': 'Fri, 24 May 2013 00:00:00 GMT' }],
      ['InvalidRequest', { 'if-none-match': '*', 'if-match': '"abc"' }],
      ['AccessControlListNotSupported', { 'x-amz-acl': 'public-read' }],
      ['AccessControlListNotSupported', { 'x-amz-grant-read': 'id=1' }],
      ['NotImplemented', { 'x-amz-write-offset-bytes': '1' }],
      ['PutObject', { 'x-amz-acl': 'bucket-owner-full-control', 'x-amz-storage-class': 'STANDARD' }],
    ];
    for (const [code, headers] of cases)
      assert.equal(
        outcomeOf('PUT', '/photos/a', { 'content-length': '3', ...headers }),
        code,
        JSON.stringify(headers),
      );
  });

  it('never has a key of the client’s in an error', () => {
    const key = Buffer.alloc(31, 7).toString('base64');
    const prefix = 'x-amz-server-side-encryption-customer-';
    const headers = { [`${prefix}algorithm`]: 'AES256', [`${prefix}key`]: key, [`${prefix}key-md5`]: 'x' };
    assert.throws(
      () => parse('GET', '/photos/a', headers),
      (error) => error instanceof S3Error && !JSON.stringify([error.message, error.details]).includes(key),
    );
  });

  it('of a copy: its source, however it is written', () => {
    const source = (text: string) => {
      const call = of('PUT', '/photos/a', { 'x-amz-copy-source': text });
      return call.call === 'CopyObject' && [call.source.bucket, call.source.key, call.source.versionId];
    };
    assert.deepEqual(source('/other/b%20c/d'), ['other', 'b c/d', undefined]);
    assert.deepEqual(source('other/b+c?versionId=3'), ['other', 'b+c', '3']);
    assert.deepEqual(source('other%2Fb'), ['other', 'b', undefined]);
    assert.deepEqual(source('other/a%3FversionId=3'), ['other', 'a?versionId=3', undefined]);
    for (const text of ['other', 'other/', '/other/b?versionId=', '/'])
      assert.equal(outcomeOf('PUT', '/photos/a', { 'x-amz-copy-source': text }), 'InvalidArgument', text);
    assert.equal(
      outcomeOf('PUT', '/photos/a', { 'x-amz-copy-source': 'arn:aws:s3:x:y:accesspoint/z' }),
      'NotImplemented',
    );
  });

  it('of uploads in parts: numbers, checksums that can be had, and of completion the object’s own', () => {
    const crc64 = { 'x-amz-checksum-algorithm': 'CRC64NVME' };
    const begin = (headers: Headers) => outcomeOf('POST', '/photos/a?uploads', headers);
    assert.equal(begin({ ...crc64, 'x-amz-checksum-type': 'FULL_OBJECT' }), 'CreateMultipartUpload');
    assert.equal(begin({ ...crc64, 'x-amz-checksum-type': 'COMPOSITE' }), 'InvalidRequest');
    assert.equal(
      begin({ 'x-amz-checksum-algorithm': 'SHA256', 'x-amz-checksum-type': 'FULL_OBJECT' }),
      'InvalidRequest',
    );
    assert.equal(begin({ 'x-amz-checksum-type': 'COMPOSITE' }), 'InvalidRequest');
    assert.equal(begin({ 'x-amz-checksum-algorithm': 'MD4' }), 'InvalidArgument');
    const part = (query: string, headers: Headers = {}) =>
      outcomeOf('PUT', `/photos/a?uploadId=u${query}`, headers);
    const body = { 'content-length': '3' };
    for (const number of ['', '&partNumber=0', '&partNumber=10001', '&partNumber=x'])
      assert.equal(part(number, body), 'InvalidArgument');
    assert.equal(part('&partNumber=1'), 'MissingContentLength');
    const copy = { 'x-amz-copy-source': 'other/b', 'x-amz-copy-source-range': 'bytes=5-9' };
    const copied = of('PUT', '/photos/a?uploadId=u&partNumber=1', copy);
    assert.deepEqual(copied.call === 'UploadPartCopy' && copied.range, { from: 5, last: 9 });
    for (const range of ['bytes=9-5', 'bytes=5-', 'bytes=-5'])
      assert.equal(part('&partNumber=1', { ...copy, 'x-amz-copy-source-range': range }), 'InvalidArgument');
    const completed = of('POST', '/photos/a?uploadId=u', {
      'x-amz-checksum-crc32': 'AAAAAA==',
      'x-amz-checksum-type': 'FULL_OBJECT',
      'x-amz-mp-object-size': '7',
    });
    assert.ok(completed.call === 'CompleteMultipartUpload');
    assert.deepEqual(completed.checksum, { algorithm: 'CRC32', value: 'AAAAAA==' });
    assert.equal(completed.body.checksum, undefined);
    assert.equal(completed.objectSize, 7);
  });

  it('of listings: names of any characters, pages that are bounded', () => {
    const list = of(
      'GET',
      '/photos?list-type=2&prefix=a%20b&delimiter=%2F%2F&max-keys=5000&encoding-type=url&start-after=x',
    );
    assert.deepEqual(list, {
      call: 'ListObjectsV2',
      bucket: 'photos',
      prefix: 'a b',
      delimiter: '//',
      encodeUrl: true,
      startAfter: 'x',
      fetchOwner: false,
      maxKeys: 1_000,
    });
    for (const query of [
      'max-keys=-1',
      'max-keys=x',
      'max-keys=2147483648',
      'encoding-type=xml',
      'list-type=3',
    ])
      assert.equal(outcomeOf('GET', `/photos?${query}`), 'InvalidArgument', query);
    assert.equal(outcomeOf('GET', '/photos?versions&version-id-marker=1'), 'InvalidArgument');
    assert.equal(outcomeOf('GET', '/photos?prefix=a&prefix=b'), 'InvalidArgument');
  });

  it('are taken from the query of a presigned URL, but for checksums, which nobody knew when it was made', () => {
    const presigned =
      'X-Amz-Signature=abc&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32';
    const call = of('PUT', `/photos/a?${presigned}&x-amz-meta-a=b&x-amz-tagging=c%3Dd`, {
      'content-length': '3',
    });
    assert.ok(call.call === 'PutObject');
    assert.equal(call.metadata.user.a, 'b');
    assert.deepEqual(call.tags, [{ key: 'c', value: 'd' }]);
    assert.deepEqual(call.body, { size: 3, trailers: [], chunked: false });
    assert.equal(
      outcomeOf('PUT', `/photos/a?${presigned}&x-amz-meta-a=b%0Ac`, { 'content-length': '3' }),
      'InvalidArgument',
    );
  });

  it('never make anything but a call or an S3Error, whatever comes', () => {
    const names = [
      ...[
        'range',
        'if-match',
        'if-none-match',
        'x-amz-copy-source',
        'x-amz-tagging',
        'content-length',
        'content-md5',
        'origin',
      ],
      ...[
        'x-amz-checksum-crc32',
        'x-amz-trailer',
        'x-amz-decoded-content-length',
        'x-amz-content-sha256',
        'content-encoding',
      ],
      ...[
        'x-amz-object-lock-mode',
        'x-amz-object-lock-retain-until-date',
        'x-amz-object-attributes',
        'x-amz-meta-__proto__',
      ],
      ...['x-amz-server-side-encryption-customer-key', 'x-amz-copy-source-range', 'content-type', 'host'],
    ];
    const parameters = [
      'versionId',
      'uploadId',
      'partNumber',
      'uploads',
      'tagging',
      'retention',
      'list-type',
      'max-keys',
      'delete',
    ];
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }).map((value) => Buffer.from(value).toString('latin1')),
      fc.constantFrom(
        '',
        '0',
        '1',
        '-1',
        'bytes=0-',
        'bytes=-0',
        '*',
        '%',
        'true',
        'a=b',
        'AAAAAA==',
        '2036-01-01T00:00:00Z',
      ),
    );
    const query = fc.array(
      fc.tuple(fc.oneof(fc.constantFrom(...parameters), fc.string({ maxLength: 5 })), text),
      { maxLength: 4 },
    );
    const request = fc.record({
      method: fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'TRACE'),
      path: fc.oneof(
        fc.constantFrom('/', '/photos', '/photos/a', '/photos/%2e%2e/b'),
        text.map((value) => `/photos/${value}`),
      ),
      query: query.map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&')),
      headers: fc.array(fc.tuple(fc.constantFrom(...names), text), { maxLength: 5 }),
    });
    fc.assert(
      fc.property(request, ({ method, path, query: asked, headers }) => {
        outcomeOf(method, `${path}?${asked}`, Object.fromEntries(headers));
      }),
      { numRuns: 300 },
    );
  });

  it('are bounded: targets, queries, headers', () => {
    assert.equal(outcomeOf('GET', `/photos?prefix=${'a'.repeat(20_000)}`), 'InvalidURI');
    assert.equal(
      outcomeOf('GET', `/photos?${Array.from({ length: 65 }, (_, index) => `p${index}`).join('&')}`),
      'InvalidRequest',
    );
    const headers = Object.fromEntries(Array.from({ length: 130 }, (_, index) => [`h${index}`, 'x']));
    assert.equal(outcomeOf('GET', '/photos', headers), 'RequestHeaderSectionTooLarge');
    assert.throws(() => readRequest('GET', '/', ['Host', 'a', 'host', 'b']), { code: 'InvalidRequest' });
  });
});

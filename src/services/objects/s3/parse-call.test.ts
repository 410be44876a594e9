import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { S3Error } from './errors.ts';
import { parseCall } from './parse-call.ts';
import { readRequest } from './request.ts';
import { percentEncode } from './uri.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_122 });

const ENDPOINT = 's3.west.casemate.internal';

type Headers = Readonly<Record<string, string>>;

function parse(method: string, target: string, headers: Headers = {}) {
  return parseCall(
    readRequest(method, target, Object.entries({ host: ENDPOINT, ...headers }).flat()),
    ENDPOINT,
  );
}

function codeOf(method: string, target: string, headers: Headers = {}): string {
  try {
    return parse(method, target, headers).call.call;
  } catch (error) {
    assert.ok(error instanceof S3Error, String(error));
    return error.code;
  }
}

describe('which bucket and object a request means', () => {
  const at = (host: string, target: string) => {
    const { call, organization, addressing } = parse('GET', target, { host });
    return [
      organization,
      'bucket' in call ? call.bucket : undefined,
      'key' in call ? call.key : undefined,
      addressing,
    ];
  };

  it('is in the path, or in the host', () => {
    assert.deepEqual(at(ENDPOINT, '/photos/a/b'), [undefined, 'photos', 'a/b', 'path']);
    assert.deepEqual(at(`org.${ENDPOINT}`, '/photos/a/b'), ['org', 'photos', 'a/b', 'path']);
    assert.deepEqual(at(`photos.org.${ENDPOINT}:8443`, '/a/b'), ['org', 'photos', 'a/b', 'virtual-host']);
    assert.deepEqual(at(`my.photos.org.${ENDPOINT}`, '/'), ['org', 'my.photos', undefined, 'virtual-host']);
    assert.deepEqual(at(`PHOTOS.Org.${ENDPOINT.toUpperCase()}.`, '/A'), [
      'org',
      'photos',
      'A',
      'virtual-host',
    ]);
    assert.deepEqual(at('127.0.0.1:9000', '/photos/'), [undefined, 'photos', undefined, 'path']);
    assert.deepEqual(at('[::1]:9000', '/'), [undefined, undefined, undefined, 'path']);
  });

  it('is of any characters: a key is no path', () => {
    const keys = [
      '..',
      '../../etc/passwd',
      '/',
      '//a',
      'a//b',
      './a',
      'a/',
      ' ',
      '+',
      '%',
      'ä',
      '\u{1f600}',
      '\ufeffx',
      '\u0001',
    ];
    for (const key of keys) assert.deepEqual(at(ENDPOINT, `/photos/${percentEncode(key)}`)[2], key);
    assert.equal(at(ENDPOINT, '/photos/a%2Fb+c')[2], 'a/b+c');
    assert.equal(at(ENDPOINT, '/photos//a')[2], '/a');
    assert.equal(
      at(ENDPOINT, `/photos/${Buffer.from('ä'.repeat(512)).toString('latin1')}`)[2],
      'ä'.repeat(512),
    );
  });

  it('is refused with names that no bucket or object can have', () => {
    const buckets = [
      'ab',
      'Photos',
      'a_b',
      '-abc',
      'abc-',
      'a..b',
      '192.168.0.1',
      'xn--abc',
      'x'.repeat(64),
      '%20%20%20',
    ];
    for (const bucket of buckets) assert.equal(codeOf('GET', `/${bucket}/a`), 'InvalidBucketName', bucket);
    assert.equal(codeOf('GET', '//a'), 'InvalidBucketName');
    for (const target of [
      '/photos/%',
      '/photos/%4',
      '/photos/%zz',
      '/photos/%ff',
      '/photos/a%00b',
      '/photos/%ed%a0%80',
    ])
      assert.equal(codeOf('GET', target), 'InvalidURI', target);
    assert.equal(codeOf('GET', `/photos/${'a'.repeat(1_025)}`), 'KeyTooLongError');
    assert.equal(codeOf('GET', `/photos/${'%C3%A4'.repeat(513)}`), 'KeyTooLongError');
    assert.equal(codeOf('GET', 'http://other/photos/a'), 'InvalidURI');
    assert.equal(codeOf('GET', '*'), 'InvalidURI');
    assert.equal(codeOf('GET', '/photos', { host: `.${ENDPOINT}` }), 'InvalidRequest');
    assert.equal(codeOf('GET', '/photos', { host: '' }), 'InvalidRequest');
  });
});

describe('which call a request is', () => {
  it('goes by method, sub-resource and headers', () => {
    const calls: readonly (readonly [string, string, string, Headers?])[] = [
      ['ListBuckets', 'GET', '/'],
      ['CreateBucket', 'PUT', '/photos'],
      ['CreateBucket', 'PUT', '/photos/'],
      ['HeadBucket', 'HEAD', '/photos'],
      ['DeleteBucket', 'DELETE', '/photos'],
      ['ListObjects', 'GET', '/photos?prefix=a'],
      ['ListObjectsV2', 'GET', '/photos?list-type=2&x-id=ListObjectsV2'],
      ['ListObjectVersions', 'GET', '/photos?versions'],
      ['ListMultipartUploads', 'GET', '/photos?uploads='],
      ['GetBucketLocation', 'GET', '/photos?location'],
      ['PutBucketVersioning', 'PUT', '/photos?versioning'],
      ['DeleteBucketCors', 'DELETE', '/photos?cors'],
      ['GetObjectLockConfiguration', 'GET', '/photos?object-lock'],
      ['DeleteObjects', 'POST', '/photos?delete'],
      ['PostObject', 'POST', '/photos', { 'content-type': 'multipart/form-data; boundary=x' }],
      ['GetObject', 'GET', '/photos/a?versionId=null'],
      ['HeadObject', 'HEAD', '/photos/a'],
      ['PutObject', 'PUT', '/photos/a?x-id=PutObject', { 'content-length': '0' }],
      ['CopyObject', 'PUT', '/photos/a', { 'x-amz-copy-source': '/photos/b' }],
      ['DeleteObject', 'DELETE', '/photos/a?versionId=1'],
      ['CreateMultipartUpload', 'POST', '/photos/a?uploads'],
      ['UploadPart', 'PUT', '/photos/a?uploadId=u&partNumber=10000', { 'content-length': '0' }],
      ['UploadPartCopy', 'PUT', '/photos/a?uploadId=u&partNumber=1', { 'x-amz-copy-source': 'photos/b' }],
      ['CompleteMultipartUpload', 'POST', '/photos/a?uploadId=u'],
      ['AbortMultipartUpload', 'DELETE', '/photos/a?uploadId=u'],
      ['ListParts', 'GET', '/photos/a?uploadId=u'],
      ['PutObjectRetention', 'PUT', '/photos/a?retention&versionId=1'],
      ['GetObjectLegalHold', 'GET', '/photos/a?legal-hold'],
      ['DeleteObjectTagging', 'DELETE', '/photos/a?tagging'],
      [
        'GetObjectAttributes',
        'GET',
        '/photos/a?attributes',
        { 'x-amz-object-attributes': 'ETag,ObjectSize' },
      ],
      ['Preflight', 'OPTIONS', '/photos/a', { origin: 'https://a', 'access-control-request-method': 'PUT' }],
    ];
    for (const [call, method, target, headers] of calls) assert.equal(codeOf(method, target, headers), call);
  });

  it('is 501 for what S3 has and this region has not, and it is named', () => {
    const absent = [
      'accelerate',
      'analytics',
      'inventory',
      'metrics',
      'notification',
      'replication',
      'website',
      'requestPayment',
    ];
    for (const name of absent)
      for (const method of ['GET', 'PUT']) assert.equal(codeOf(method, `/photos?${name}`), 'NotImplemented');
    assert.equal(codeOf('GET', '/photos/a?torrent'), 'NotImplemented');
    assert.equal(codeOf('POST', '/photos/a?restore'), 'NotImplemented');
    assert.equal(codeOf('POST', '/photos/a?select&select-type=2'), 'NotImplemented');
    assert.throws(() => parse('PUT', '/photos?website'), { message: /PutBucketWebsite/ });
    assert.throws(
      () => parse('PUT', '/photos/a', { 'x-amz-website-redirect-location': '/b', 'content-length': '0' }),
      {
        code: 'NotImplemented',
      },
    );
  });

  it('is never a plain PUT or DELETE where the query has something that nobody knows', () => {
    for (const method of ['PUT', 'DELETE', 'POST']) {
      assert.equal(codeOf(method, '/photos?brand-new'), 'NotImplemented');
      assert.equal(codeOf(method, '/photos/a?brand-new', { 'content-length': '0' }), 'NotImplemented');
    }
    assert.equal(codeOf('GET', '/photos/a?brand-new'), 'GetObject');
    assert.equal(codeOf('PUT', '/photos?versioning&cors'), 'InvalidRequest');
    assert.equal(codeOf('PUT', '/photos/a?partNumber=1', { 'content-length': '0' }), 'InvalidArgument');
    assert.equal(codeOf('PATCH', '/photos/a'), 'MethodNotAllowed');
    assert.equal(codeOf('POST', '/'), 'MethodNotAllowed');
    assert.equal(codeOf('DELETE', '/photos?location'), 'MethodNotAllowed');
    assert.equal(codeOf('__proto__', '/photos?constructor'), 'MethodNotAllowed');
  });
});

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
    assert.equal(codeOf('GET', '/photos/a?partNumber=0'), 'InvalidArgument');
    assert.equal(codeOf('GET', '/photos/a?partNumber=1', { range: 'bytes=0-1' }), 'InvalidRequest');
    assert.equal(codeOf('GET', '/photos/a?versionId='), 'InvalidArgument');
    assert.equal(codeOf('GET', '/photos/a?response-expires=a%0Ab'), 'InvalidArgument');
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
        codeOf('PUT', '/photos/a', { 'content-length': '3', ...headers }),
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
      assert.equal(codeOf('PUT', '/photos/a', { 'x-amz-copy-source': text }), 'InvalidArgument', text);
    assert.equal(
      codeOf('PUT', '/photos/a', { 'x-amz-copy-source': 'arn:aws:s3:x:y:accesspoint/z' }),
      'NotImplemented',
    );
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
      assert.equal(codeOf('GET', `/photos?${query}`), 'InvalidArgument', query);
    assert.equal(codeOf('GET', '/photos?versions&version-id-marker=1'), 'InvalidArgument');
    assert.equal(codeOf('GET', '/photos?prefix=a&prefix=b'), 'InvalidArgument');
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
      codeOf('PUT', `/photos/a?${presigned}&x-amz-meta-a=b%0Ac`, { 'content-length': '3' }),
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
        codeOf(method, `${path}?${asked}`, Object.fromEntries(headers));
      }),
      { numRuns: 1_000 },
    );
  });

  it('are bounded: targets, queries, headers', () => {
    assert.equal(codeOf('GET', `/photos?prefix=${'a'.repeat(20_000)}`), 'InvalidURI');
    assert.equal(
      codeOf('GET', `/photos?${Array.from({ length: 65 }, (_, index) => `p${index}`).join('&')}`),
      'InvalidRequest',
    );
    const headers = Object.fromEntries(
      Array.from({ length: 130 }, (_, index) => [`h${index}`, randomBytes(1).toString('hex')]),
    );
    assert.equal(codeOf('GET', '/photos', headers), 'RequestHeaderSectionTooLarge');
    assert.throws(() => readRequest('GET', '/', ['Host', 'a', 'host', 'b']), { code: 'InvalidRequest' });
  });
});

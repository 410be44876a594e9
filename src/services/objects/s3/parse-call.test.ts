import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ENDPOINT, type Headers, outcomeOf, parse } from './testing/parse.ts';
import { percentEncode } from './uri.ts';

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
    for (const bucket of buckets) assert.equal(outcomeOf('GET', `/${bucket}/a`), 'InvalidBucketName', bucket);
    assert.equal(outcomeOf('GET', '//a'), 'InvalidBucketName');
    for (const target of [
      '/photos/%',
      '/photos/%4',
      '/photos/%zz',
      '/photos/%ff',
      '/photos/a%00b',
      '/photos/%ed%a0%80',
    ])
      assert.equal(outcomeOf('GET', target), 'InvalidURI', target);
    assert.equal(outcomeOf('GET', `/photos/${'a'.repeat(1_025)}`), 'KeyTooLongError');
    assert.equal(outcomeOf('GET', `/photos/${'%C3%A4'.repeat(513)}`), 'KeyTooLongError');
    assert.equal(outcomeOf('GET', 'http://other/photos/a'), 'InvalidURI');
    assert.equal(outcomeOf('GET', '*'), 'InvalidURI');
    assert.equal(outcomeOf('GET', '/photos', { host: `.${ENDPOINT}` }), 'InvalidRequest');
    assert.equal(outcomeOf('GET', '/photos', { host: '' }), 'InvalidRequest');
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
    for (const [call, method, target, headers] of calls)
      assert.equal(outcomeOf(method, target, headers), call);
  });

  it('is 501 for what S3 has and this region has not, and it is named', () => {
    const absent = [
      'accelerate',
      'analytics',
      'metrics',
      'notification',
      'replication',
      'website',
      'requestPayment',
    ];
    for (const name of absent)
      for (const method of ['GET', 'PUT'])
        assert.equal(outcomeOf(method, `/photos?${name}`), 'NotImplemented');
    assert.equal(outcomeOf('GET', '/photos/a?torrent'), 'NotImplemented');
    assert.equal(outcomeOf('GET', '/photos/a?annotation&x-id=GetObjectAnnotation'), 'NotImplemented');
    assert.equal(outcomeOf('GET', '/photos/a?x-id=GetObjectOfTomorrow'), 'NotImplemented');
    assert.equal(outcomeOf('GET', '/photos/a?x-id=GetObject'), 'GetObject');
    assert.equal(outcomeOf('GET', '/photos/a?x-id=mine'), 'GetObject');
    assert.equal(outcomeOf('GET', '/?x-id=ListDirectoryBuckets'), 'NotImplemented');
    assert.equal(outcomeOf('POST', '/WriteGetObjectResponse'), 'NotImplemented');
    assert.equal(outcomeOf('POST', '/photos/a?restore'), 'NotImplemented');
    assert.equal(outcomeOf('POST', '/photos/a?select&select-type=2'), 'NotImplemented');
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
      assert.equal(outcomeOf(method, '/photos?brand-new'), 'NotImplemented');
      assert.equal(outcomeOf(method, '/photos/a?brand-new', { 'content-length': '0' }), 'NotImplemented');
    }
    assert.equal(outcomeOf('GET', '/photos/a?brand-new'), 'GetObject');
    assert.equal(outcomeOf('PUT', '/photos?versioning&cors'), 'InvalidRequest');
    assert.equal(outcomeOf('PUT', '/photos/a?partNumber=1', { 'content-length': '0' }), 'InvalidArgument');
    assert.equal(outcomeOf('PATCH', '/photos/a'), 'MethodNotAllowed');
    assert.equal(outcomeOf('POST', '/'), 'MethodNotAllowed');
    assert.equal(outcomeOf('DELETE', '/photos?location'), 'MethodNotAllowed');
    assert.equal(outcomeOf('__proto__', '/photos?constructor'), 'MethodNotAllowed');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ListEntry } from '../../metadata/store.ts';
import type { CallOf } from '../calls.ts';
import { S3Error } from '../errors.ts';
import { parseXml } from '../xml/parse.ts';
import { errorAnswer } from './errors.ts';
import {
  bucketsDocument,
  objectsDocument,
  objectsV2Document,
  partsDocument,
  uploadsDocument,
  versionsDocument,
} from './listings.ts';
import { deletedHeaders, notModifiedHeaders, objectHeaders, writtenHeaders } from './object-headers.ts';
import {
  attributesDocument,
  completedDocument,
  copyDocument,
  deletedDocument,
  initiatedDocument,
} from './results.ts';
import { nameOfToken, tokenOf } from './tokens.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_122 });

const CONTEXT = { requestId: 'R1', resource: '/photos/a<b', method: 'GET' };
const MODIFIED = Date.UTC(2026, 0, 1, 1, 2, 3, 456);

describe('answers', () => {
  it('that are errors say what was wrong, with the resource and the request’s id', () => {
    const answer = errorAnswer(new S3Error('NoSuchKey', undefined, { details: { Key: 'a<b' } }), CONTEXT);
    assert.equal(answer.status, 404);
    const root = parseXml(Buffer.from(answer.body ?? ''));
    assert.deepEqual(
      root.children.map(({ name, text }) => [name, text]),
      [
        ['Code', 'NoSuchKey'],
        ['Message', 'there is no such object'],
        ['Key', 'a<b'],
        ['Resource', '/photos/a<b'],
        ['RequestId', 'R1'],
      ],
    );
  });

  it('that are errors have no body for HEAD and 304, and tell nothing of faults of ours', () => {
    assert.equal(errorAnswer(new S3Error('NoSuchKey'), { ...CONTEXT, method: 'HEAD' }).body, undefined);
    assert.equal(errorAnswer(new S3Error('NotModified'), CONTEXT).body, undefined);
    const fault = errorAnswer(new Error('password=secret'), CONTEXT);
    assert.equal(fault.status, 500);
    assert.doesNotMatch(fault.body ?? '', /secret/);
  });

  const version = (key: string): ListEntry => ({
    version: {
      key,
      versionId: 'null',
      isMarker: false,
      modified_ms: MODIFIED,
      size: 3,
      etag: 'abc',
      checksums: { CRC32: 'x' },
      checksumType: 'FULL_OBJECT',
    },
  });
  const list: CallOf<'ListObjects'> = {
    call: 'ListObjects',
    bucket: 'photos',
    prefix: 'a b',
    delimiter: '/',
    encodeUrl: true,
    marker: '',
    maxKeys: 2,
  };
  const inner = (xml: string) => xml.slice(xml.indexOf('01/">') + 5, xml.lastIndexOf('</'));

  it('that are listings have names percent-encoded where they are asked for so, and as they are otherwise', () => {
    const page = { entries: [version('a b/+\u0001ä'), { group: 'a b/c/' }], isTruncated: true };
    assert.equal(
      inner(objectsDocument(list, 'org', page)),
      '<Name>photos</Name><Prefix>a%20b</Prefix><Marker></Marker><NextMarker>a%20b/c/</NextMarker><MaxKeys>2</MaxKeys>' +
        '<Delimiter>/</Delimiter><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>' +
        '<Contents><Key>a%20b/%2B%01%C3%A4</Key><LastModified>2026-01-01T01:02:03.456Z</LastModified><ETag>&quot;abc&quot;</ETag>' +
        '<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>3</Size>' +
        '<StorageClass>STANDARD</StorageClass><Owner><ID>org</ID><DisplayName>org</DisplayName></Owner></Contents>' +
        '<CommonPrefixes><Prefix>a%20b/c/</Prefix></CommonPrefixes>',
    );
    assert.match(objectsDocument({ ...list, encodeUrl: false }, 'org', page), /<Key>a b\/\+&#x1;ä<\/Key>/);
  });

  const owner = '<Owner><ID>org</ID><DisplayName>org</DisplayName></Owner>';

  it('that are listings of buckets name each with its region', () => {
    const buckets = [{ name: 'photos', created_ms: MODIFIED, region: 'west' }];
    assert.equal(
      inner(bucketsDocument('org', buckets, { continuationToken: 't' })),
      `${owner}<Buckets><Bucket><Name>photos</Name><CreationDate>2026-01-01T01:02:03.456Z</CreationDate>` +
        '<BucketRegion>west</BucketRegion></Bucket></Buckets><ContinuationToken>t</ContinuationToken>',
    );
  });

  it('that are listings of versions tell delete markers from versions, and where the next page begins', () => {
    const { marker: _, ...rest } = list;
    const call = { ...rest, call: 'ListObjectVersions', keyMarker: '', encodeUrl: false } as const;
    const found = version('a');
    assert.ok('version' in found);
    const marker = { ...found.version, versionId: '2', isMarker: true };
    const entries = [
      { version: marker, isNewest: true, position: '2' },
      { version: found.version, isNewest: false, position: '1' },
      { group: 'b/' },
    ];
    const next = { key: 'b/' };
    const xml = inner(versionsDocument(call, 'org', { entries, isTruncated: true, next }));
    const common = `<LastModified>2026-01-01T01:02:03.456Z</LastModified>${owner}`;
    assert.ok(
      xml.endsWith(
        '<NextKeyMarker>b/</NextKeyMarker><MaxKeys>2</MaxKeys><Delimiter>/</Delimiter><IsTruncated>true</IsTruncated>' +
          `<DeleteMarker><Key>a</Key><VersionId>2</VersionId><IsLatest>true</IsLatest>${common}</DeleteMarker>` +
          `<Version><Key>a</Key><VersionId>null</VersionId><IsLatest>false</IsLatest>${common}<ETag>&quot;abc&quot;</ETag>` +
          '<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>3</Size>' +
          '<StorageClass>STANDARD</StorageClass></Version><CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>',
      ),
      xml,
    );
    assert.doesNotMatch(
      versionsDocument(call, 'org', { entries, isTruncated: false, next }),
      /NextKeyMarker/,
    );
  });

  it('that are listings of uploads and of parts tell what was begun', () => {
    const { marker: _, maxKeys: __, ...rest } = list;
    const uploads = {
      ...rest,
      call: 'ListMultipartUploads',
      keyMarker: '',
      maxUploads: 5,
      prefix: '',
    } as const;
    const upload = {
      key: 'a b',
      id: 'u',
      created_ms: MODIFIED,
      algorithm: 'CRC32',
      checksumType: 'COMPOSITE',
    } as const;
    const who = `<Initiator><ID>org</ID><DisplayName>org</DisplayName></Initiator>${owner}<StorageClass>STANDARD</StorageClass>`;
    const found = uploadsDocument(uploads, 'org', { entries: [upload, { group: 'c/' }], isTruncated: false });
    assert.match(found, /<MaxUploads>5<\/MaxUploads>/);
    assert.ok(
      found.includes(
        `<Upload><Key>a%20b</Key><UploadId>u</UploadId>${who}<Initiated>2026-01-01T01:02:03.456Z</Initiated>` +
          '<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>COMPOSITE</ChecksumType></Upload>' +
          '<CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes>',
      ),
    );
    const call = {
      call: 'ListParts',
      bucket: 'photos',
      key: 'a',
      uploadId: 'u',
      partNumberMarker: 1,
      maxParts: 1,
    } as const;
    const parts = [{ number: 2, size: 5, etag: 'e', modified_ms: MODIFIED, checksums: { CRC32: 'x' } }];
    assert.equal(
      inner(partsDocument(call, 'org', { parts, isTruncated: true })),
      `<Bucket>photos</Bucket><Key>a</Key><UploadId>u</UploadId>${who}<PartNumberMarker>1</PartNumberMarker>` +
        '<NextPartNumberMarker>2</NextPartNumberMarker><MaxParts>1</MaxParts><IsTruncated>true</IsTruncated>' +
        '<Part><PartNumber>2</PartNumber><LastModified>2026-01-01T01:02:03.456Z</LastModified><ETag>&quot;e&quot;</ETag>' +
        '<Size>5</Size><ChecksumCRC32>x</ChecksumCRC32></Part>',
    );
  });

  it('to writes tell what was written', () => {
    const copied = {
      etag: 'e',
      modified_ms: MODIFIED,
      checksums: { SHA1: 'x' },
      checksumType: 'FULL_OBJECT',
    } as const;
    assert.equal(
      inner(copyDocument('CopyObjectResult', copied)),
      '<LastModified>2026-01-01T01:02:03.456Z</LastModified><ETag>&quot;e&quot;</ETag><ChecksumSHA1>x</ChecksumSHA1><ChecksumType>FULL_OBJECT</ChecksumType>',
    );
    const named = '<Bucket>b</Bucket><Key>k&amp;</Key>';
    assert.equal(inner(initiatedDocument('b', 'k&', 'u')), `${named}<UploadId>u</UploadId>`);
    assert.equal(
      inner(completedDocument({ location: 'l', bucket: 'b', key: 'k&', etag: 'e-2', checksums: {} })),
      `<Location>l</Location>${named}<ETag>&quot;e-2&quot;</ETag>`,
    );
    assert.deepEqual(
      writtenHeaders({ etag: 'e', versionId: '3', encryption: { type: 'customer', keyMd5: 'm' } }),
      {
        etag: '"e"',
        'x-amz-version-id': '3',
        'x-amz-server-side-encryption-customer-algorithm': 'AES256',
        'x-amz-server-side-encryption-customer-key-md5': 'm',
      },
    );
    assert.deepEqual(deletedHeaders({ versionId: '3', isMarker: true }), {
      'x-amz-version-id': '3',
      'x-amz-delete-marker': 'true',
    });
    assert.deepEqual(notModifiedHeaders({ etag: 'e', modified_ms: MODIFIED }), {
      etag: '"e"',
      'last-modified': 'Thu, 01 Jan 2026 01:02:03 GMT',
    });
  });

  it('that are listings of version 2 count their keys and go on with a token', () => {
    const { marker: _, ...rest } = list;
    const call = { ...rest, call: 'ListObjectsV2', startAfter: '', fetchOwner: false } as const;
    const xml = objectsV2Document(call, 'org', {
      entries: [version('a')],
      isTruncated: true,
      nextToken: tokenOf('a'),
    });
    assert.match(xml, /<KeyCount>1<\/KeyCount>/);
    assert.match(xml, /<NextContinuationToken>1\.YQ<\/NextContinuationToken>/);
    assert.doesNotMatch(xml, /Owner/);
  });

  it('that are tokens name any key, and nothing else is taken for one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) =>
        assert.equal(nameOfToken(tokenOf(name)), name),
      ),
    );
    for (const token of ['', '1', 'YQ', '1.YQ==', '1._w', '2.YQ'])
      assert.throws(() => nameOfToken(token), { code: 'InvalidArgument' }, token);
  });

  it('that have an object tell of all that was said of it', () => {
    const headers = objectHeaders(
      {
        etag: 'abc',
        modified_ms: MODIFIED,
        size: 10,
        versionId: '7',
        metadata: { contentEncoding: 'gzip', user: { title: 'x' } },
        encryption: { type: 'aws:kms', keyId: 'archive' },
        lock: { mode: 'COMPLIANCE', retainUntil_ms: MODIFIED, legalHold: true },
        tagCount: 2,
        checksums: { CRC64NVME: 'y' },
        checksumType: 'FULL_OBJECT',
      },
      { range: { from: 2, to: 5 }, overrides: { 'content-type': 'text/plain' } },
    );
    assert.deepEqual(headers, {
      'content-type': 'text/plain',
      'content-encoding': 'gzip',
      'x-amz-meta-title': 'x',
      'accept-ranges': 'bytes',
      'content-length': '3',
      'content-range': 'bytes 2-4/10',
      etag: '"abc"',
      'last-modified': 'Thu, 01 Jan 2026 01:02:03 GMT',
      'x-amz-version-id': '7',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'archive',
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': '2026-01-01T01:02:03.456Z',
      'x-amz-object-lock-legal-hold': 'ON',
      'x-amz-tagging-count': '2',
      'x-amz-checksum-crc64nvme': 'y',
      'x-amz-checksum-type': 'FULL_OBJECT',
    });
  });

  it('to deletions of many tell of each, or of failures alone', () => {
    const objects = [
      { key: 'a', markerId: '1' },
      { key: 'b', versionId: '2', error: new S3Error('AccessDenied', 'no') },
    ];
    const failed =
      '<Error><Key>b</Key><VersionId>2</VersionId><Code>AccessDenied</Code><Message>no</Message></Error>';
    const deleted =
      '<Deleted><Key>a</Key><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>1</DeleteMarkerVersionId></Deleted>';
    assert.equal(inner(deletedDocument(objects, false)), deleted + failed);
    assert.equal(inner(deletedDocument(objects, true)), failed);
  });

  it('about attributes have what was asked for', () => {
    const call = {
      call: 'GetObjectAttributes',
      bucket: 'photos',
      key: 'a',
      attributes: ['ObjectParts', 'ObjectSize'],
      maxParts: 1,
      partNumberMarker: 1,
    } as const;
    const parts = [1, 2, 3].map((number) => ({ number, size: 5, checksums: {} }));
    assert.equal(
      inner(attributesDocument(call, { etag: 'abc', size: 15, checksums: {}, parts })),
      '<ObjectParts><PartsCount>3</PartsCount><PartNumberMarker>1</PartNumberMarker><NextPartNumberMarker>2</NextPartNumberMarker>' +
        '<MaxParts>1</MaxParts><IsTruncated>true</IsTruncated><Part><PartNumber>2</PartNumber><Size>5</Size></Part></ObjectParts>' +
        '<ObjectSize>15</ObjectSize>',
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codeOf } from '../testing/thrown.ts';
import { NAMESPACE } from '../xml/write.ts';
import { aclDocument, checkAcl } from './acl.ts';
import { type Cors, corsDocument, corsHeaders, readCors } from './cors.ts';
import { type Lifecycle, lifecycleDocument, readLifecycle } from './lifecycle.ts';
import * as lock from './object-lock.ts';
import * as settings from './settings.ts';
import { readTags, tagsDocument } from './tags.ts';
import { readCompletion, readDeletion } from './uploads.ts';

const bytes = (xml: string) => Buffer.from(xml);
const root = (name: string, inner: string) => bytes(`<${name} xmlns="${NAMESPACE}">${inner}</${name}>`);

describe('documents of settings', () => {
  it('of a lifecycle come back as they were', () => {
    const rules: Lifecycle = [
      { id: 'all', enabled: true, expiration: { days: 30 } },
      {
        id: 'some',
        enabled: false,
        filter: { prefix: 'logs/ ', tags: { a: 'b', c: '' }, sizeGreaterThan: 5, sizeLessThan: 7 },
        expiration: { date: '2036-01-31T00:00:00Z' },
        noncurrentVersionExpiration: { noncurrentDays: 3, newerNoncurrentVersions: 2 },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
      },
      {
        id: 'one',
        enabled: true,
        filter: { tags: { a: 'b' } },
        expiration: { expiredObjectDeleteMarker: true },
      },
    ];
    assert.deepEqual(readLifecycle(bytes(lifecycleDocument(rules))), rules);
  });

  it('of a lifecycle are read as clients of before filters send them, and rules without names get one', () => {
    const rule =
      '<Rule><Prefix>a</Prefix><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>';
    const expected = { enabled: true, filter: { prefix: 'a' }, expiration: { days: 1 } };
    assert.deepEqual(readLifecycle(root('LifecycleConfiguration', rule + rule)), [
      { id: 'rule-1', ...expected },
      { id: 'rule-2', ...expected },
    ]);
  });

  it('of a lifecycle that asks for what there is not are refused', () => {
    const read = (inner: string) =>
      codeOf(() =>
        readLifecycle(root('LifecycleConfiguration', `<Rule><Status>Enabled</Status>${inner}</Rule>`)),
      );
    assert.equal(
      read('<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>'),
      'NotImplemented',
    );
    assert.equal(read(''), 'MalformedXML');
    assert.equal(read('<Expiration/>'), 'MalformedXML');
    assert.equal(read('<Expiration><Days>0</Days></Expiration>'), 'MalformedXML');
    assert.equal(read('<Expiration><Days>1</Days><Hours>1</Hours></Expiration>'), 'MalformedXML');
    assert.equal(read('<Expiration><Date>2036-01-31T01:00:00Z</Date></Expiration>'), 'MalformedXML');
    const both =
      '<Filter><Prefix>a</Prefix><ObjectSizeLessThan>3</ObjectSizeLessThan></Filter><Expiration><Days>1</Days></Expiration>';
    assert.equal(read(both), 'MalformedXML');
    assert.equal(
      codeOf(() => readLifecycle(bytes('<Other/>'))),
      'MalformedXML',
    );
  });

  it('of CORS come back as they were, and say what a page of another origin may do', () => {
    const rules: Cors = [
      {
        id: 'app',
        allowedOrigins: ['https://*.app.example'],
        allowedMethods: ['GET', 'PUT'],
        allowedHeaders: ['X-Amz-*', 'content-type'],
        exposeHeaders: ['ETag'],
        maxAgeSeconds: 60,
      },
      { allowedOrigins: ['*'], allowedMethods: ['GET'] },
    ];
    assert.deepEqual(readCors(bytes(corsDocument(rules))), rules);
    const app = corsHeaders(rules, {
      origin: 'https://a.app.example',
      method: 'PUT',
      headers: ['x-amz-date'],
    });
    assert.equal(app?.['access-control-allow-origin'], 'https://a.app.example');
    assert.equal(app?.['access-control-allow-headers'], 'x-amz-date');
    assert.equal(app?.['access-control-max-age'], '60');
    assert.equal(
      corsHeaders(rules, { origin: 'https://b', method: 'GET' })?.['access-control-allow-origin'],
      '*',
    );
    assert.equal(corsHeaders(rules, { origin: 'https://b', method: 'PUT' }), undefined);
    assert.equal(corsHeaders(rules, { origin: 'https://.app.exampl', method: 'PUT' }), undefined);
    assert.equal(
      corsHeaders(rules, { origin: 'https://a.app.example', method: 'PUT', headers: ['range'] }),
      undefined,
    );
    const two = '<CORSRule><AllowedOrigin>*.*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>';
    assert.equal(
      codeOf(() => readCors(root('CORSConfiguration', two))),
      'MalformedXML',
    );
    const patch = '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PATCH</AllowedMethod></CORSRule>';
    assert.equal(
      codeOf(() => readCors(root('CORSConfiguration', patch))),
      'MalformedXML',
    );
  });

  it('of object lock, retention and legal hold come back as they were', () => {
    for (const config of [
      { enabled: true },
      { enabled: true, defaultRetention: { mode: 'COMPLIANCE' as const, days: 3 } },
      { enabled: true, defaultRetention: { mode: 'GOVERNANCE' as const, years: 1 } },
    ])
      assert.deepEqual(lock.readObjectLock(bytes(lock.objectLockDocument(config))), config);
    const retention = { mode: 'COMPLIANCE' as const, until_ms: Date.UTC(2036, 0, 31) };
    assert.deepEqual(lock.readRetention(bytes(lock.retentionDocument(retention))), retention);
    assert.equal(lock.readRetention(bytes('<Retention/>')), undefined);
    for (const held of [true, false])
      assert.equal(lock.readLegalHold(bytes(lock.legalHoldDocument(held))), held);
    const both =
      '<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years></DefaultRetention></Rule>';
    assert.equal(
      codeOf(() => lock.readObjectLock(root('ObjectLockConfiguration', both))),
      'MalformedXML',
    );
    assert.equal(
      codeOf(() => lock.readRetention(root('Retention', '<Mode>GOVERNANCE</Mode>'))),
      'MalformedXML',
    );
    assert.equal(
      codeOf(() => lock.readLegalHold(root('LegalHold', ''))),
      'MalformedXML',
    );
  });

  it('of versioning, encryption, public access and logging come back as they were', () => {
    for (const versioning of ['enabled', 'suspended'] as const)
      assert.equal(settings.readVersioning(bytes(settings.versioningDocument(versioning))), versioning);
    assert.doesNotMatch(settings.versioningDocument('off'), /Status/);
    const empty = root('VersioningConfiguration', '');
    assert.equal(
      codeOf(() => settings.readVersioning(empty)),
      'IllegalVersioningConfigurationException',
    );
    const mfa = root('VersioningConfiguration', '<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>');
    assert.equal(
      codeOf(() => settings.readVersioning(mfa)),
      'NotImplemented',
    );
    for (const encryption of [{}, { key: 'archive' }])
      assert.deepEqual(settings.readEncryption(bytes(settings.encryptionDocument(encryption))), encryption);
    const block = {
      blockPublicAcls: true,
      ignorePublicAcls: false,
      blockPublicPolicy: true,
      restrictPublicBuckets: false,
    };
    assert.deepEqual(settings.readPublicAccessBlock(bytes(settings.publicAccessBlockDocument(block))), block);
    const logging = { targetBucket: 'logs', prefix: 'a/' };
    assert.deepEqual(settings.readLogging(bytes(settings.loggingDocument(logging))), logging);
    assert.equal(settings.readLogging(bytes(settings.loggingDocument(undefined))), undefined);
  });

  it('of tags come back as they were, and are held to S3’s bounds', () => {
    const tags = [
      { key: 'a', value: ' b ' },
      { key: 'ä/ö', value: '' },
    ];
    assert.deepEqual(readTags(bytes(tagsDocument(tags)), 10), tags);
    assert.equal(
      codeOf(() => readTags(bytes(tagsDocument(tags)), 1)),
      'InvalidTag',
    );
    assert.equal(
      codeOf(() => readTags(bytes(tagsDocument([...tags, ...tags])), 10)),
      'InvalidTag',
    );
    assert.deepEqual(readTags(root('Tagging', '<TagSet/>'), 10), []);
    assert.equal(
      codeOf(() => readTags(root('Tagging', ''), 10)),
      'MalformedXML',
    );
  });

  it('of a new bucket may be absent', () => {
    assert.deepEqual(settings.readNewBucket(bytes('')), { tags: [] });
    const west = root('CreateBucketConfiguration', '<LocationConstraint>west</LocationConstraint>');
    assert.deepEqual(settings.readNewBucket(west), { location: 'west', tags: [] });
    const directory = root('CreateBucketConfiguration', '<Bucket><Type>Directory</Type></Bucket>');
    assert.equal(
      codeOf(() => settings.readNewBucket(directory)),
      'NotImplemented',
    );
  });

  it('of an ACL are taken where they change nothing', () => {
    assert.equal(
      codeOf(() => checkAcl(bytes(aclDocument('org')), 'org')),
      'none',
    );
    assert.equal(
      codeOf(() => checkAcl(bytes(aclDocument('other')), 'org')),
      'AccessControlListNotSupported',
    );
    const everybody =
      '<AccessControlList><Grant><Grantee><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList>';
    assert.equal(
      codeOf(() => checkAcl(root('AccessControlPolicy', everybody), 'org')),
      'AccessControlListNotSupported',
    );
  });
});

describe('documents that name parts and keys', () => {
  const part = (number: number, etag = '"abc"') =>
    `<Part><ETag>${etag}</ETag><PartNumber>${number}</PartNumber></Part>`;

  it('name parts in ascending order, 10,000 at most', () => {
    const read = (inner: string) => codeOf(() => readCompletion(root('CompleteMultipartUpload', inner)));
    const checksum =
      '<Part><PartNumber>2</PartNumber><ChecksumCRC32>AAAAAA==</ChecksumCRC32><ETag>d</ETag></Part>';
    assert.deepEqual(readCompletion(root('CompleteMultipartUpload', part(1) + checksum)), [
      { number: 1, etag: 'abc', checksums: {} },
      { number: 2, etag: 'd', checksums: { CRC32: 'AAAAAA==' } },
    ]);
    assert.equal(read(part(2) + part(1)), 'InvalidPartOrder');
    assert.equal(read(part(1) + part(1)), 'InvalidPartOrder');
    assert.equal(read(part(0)), 'MalformedXML');
    assert.equal(read(part(10_001)), 'MalformedXML');
    assert.equal(read(''), 'MalformedXML');
    const all = Array.from({ length: 10_000 }, (_, index) => part(index + 1)).join('');
    assert.equal(read(all), 'none');
    assert.equal(read(`${all}${part(10_000)}`), 'MalformedXML');
  });

  it('name keys of any characters, 1,000 at most', () => {
    const object =
      '<Object><Key> a&#1;\n</Key><VersionId>3</VersionId></Object><Object><Key>b</Key><ETag>"c"</ETag></Object>';
    assert.deepEqual(readDeletion(root('Delete', `<Quiet>true</Quiet>${object}`)), {
      quiet: true,
      objects: [
        { key: ' a\u0001\n', versionId: '3' },
        { key: 'b', ifMatch: 'c' },
      ],
    });
    const read = (inner: string) => codeOf(() => readDeletion(root('Delete', inner)));
    assert.equal(read('<Object><Key>a</Key></Object>'.repeat(1_000)), 'none');
    assert.equal(read('<Object><Key>a</Key></Object>'.repeat(1_001)), 'MalformedXML');
    assert.equal(read('<Object><Key></Key></Object>'), 'MalformedXML');
    assert.equal(read(''), 'MalformedXML');
    assert.equal(read('<Object><Key>a</Key><Size>3</Size></Object>'), 'NotImplemented');
  });
});

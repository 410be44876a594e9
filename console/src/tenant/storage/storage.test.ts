import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseXml, type XmlElement } from '../../../../src/services/objects/s3/xml/parse.ts';
import {
  completionXml,
  legalHoldXml,
  listingOf,
  retentionXml,
  type ToldDocument,
  taggingXml,
  tagsOf,
  versionsOf,
} from './document.ts';
import {
  encodedKey,
  fileNameOf,
  isTooLong,
  isUnaddressable,
  pathOfPrefix,
  prefixOf,
  shownName,
} from './keys.ts';
import { OBJECT_BYTES_MAX, PART_BYTES_MIN, PARTS_MAX, partsOf } from './parts.ts';
import { bytesOf, isQuantity, isSmaller } from './quantity.ts';
import { sizeText } from './units.ts';

/** As the region tells a document in JSON. */
const told = ({ name, text, children }: XmlElement): ToldDocument =>
  children.length === 0 ? { name, text } : { name, children: children.map(told) };
const document = (xml: string): ToldDocument => told(parseXml(Buffer.from(xml)));

test('a listing has folders and keys by their own names, however they were encoded, and where it goes on', () => {
  const listing = listingOf(
    document(`<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>abc</NextContinuationToken>
      <Contents><Key>a%2Fb+c%26%3Cimg%3E</Key><Size>12</Size><LastModified>2026-11-22T10:00:00.000Z</LastModified></Contents>
      <CommonPrefixes><Prefix>a%2Fd%2F</Prefix></CommonPrefixes></ListBucketResult>`),
  );
  assert.deepEqual(listing, {
    folders: ['a/d/'],
    keys: [{ key: 'a/b c&<img>', size: 12, modified: '2026-11-22T10:00:00.000Z' }],
    next: 'abc',
  });
  assert.deepEqual(
    listingOf(document('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>')),
    {
      folders: [],
      keys: [],
      next: undefined,
    },
  );
});

test('versions are those of one key, and not of others that begin with its name', () => {
  const version = (kind: string, key: string, id: string) =>
    `<${kind}><Key>${key}</Key><VersionId>${id}</VersionId><IsLatest>${id === '3'}</IsLatest><Size>1</Size><LastModified>x</LastModified></${kind}>`;
  const found = versionsOf(
    document(
      `<ListVersionsResult>${version('DeleteMarker', 'a', '3')}${version('Version', 'a', '2')}${version('Version', 'ab', '1')}</ListVersionsResult>`,
    ),
    'a',
  );
  assert.deepEqual(
    found.map(({ versionId, isLatest, isDeleteMarker }) => [versionId, isLatest, isDeleteMarker]),
    [
      ['3', true, true],
      ['2', false, false],
    ],
  );
});

test('documents that are sent are what S3 reads, whatever is in them', () => {
  assert.equal(
    retentionXml('COMPLIANCE', new Date('2036-01-31T00:00:00Z')),
    '<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2036-01-31T00:00:00.000Z</RetainUntilDate></Retention>',
  );
  assert.equal(legalHoldXml(true), '<LegalHold><Status>ON</Status></LegalHold>');
  const [part] = document(completionXml(['"<&>"'])).children ?? [];
  assert.deepEqual(part?.children, [
    { name: 'PartNumber', text: '1' },
    { name: 'ETag', text: '"<&>"' },
  ]);
  const tags = document('<Tagging><TagSet><Tag><Key>tier</Key><Value>front</Value></Tag></TagSet></Tagging>');
  assert.deepEqual(tagsOf(tags), [{ key: 'tier', value: 'front' }]);
  const odd = [{ key: '<a>', value: 'b & c' }];
  assert.deepEqual(tagsOf(document(taggingXml(odd))), odd);
});

test('keys are addresses in S3’s one encoding, but for those that a browser would take for a way', () => {
  assert.equal(encodedKey("a b/é+(1)'!*~.txt"), 'a%20b/%C3%A9%2B%281%29%27%21%2A~.txt');
  assert.ok(isUnaddressable('a/../b') && isUnaddressable('.') && !isUnaddressable('a/...b'));
  assert.ok(isUnaddressable('a//b') && isUnaddressable('/a') && !isUnaddressable('a/'));
  assert.equal(shownName('line\nbreak \u202Efdp.exe'), 'line‹U+000A›break ‹U+202E›fdp.exe');
  assert.equal(shownName('👩‍👧 <b>'), '👩‍👧 <b>');
  assert.equal(prefixOf('a/b/c.txt'), 'a/b/');
  assert.deepEqual(pathOfPrefix('a/b/'), [
    { name: 'a', prefix: 'a/' },
    { name: 'b', prefix: 'a/b/' },
  ]);
  assert.equal(fileNameOf('a/"b:\u0000".txt'), '_b___.txt');
  assert.ok(isTooLong('é'.repeat(513)) && !isTooLong('é'.repeat(512)));
});

test('a file goes whole or in parts that cover it once, never more than S3 takes', () => {
  assert.deepEqual(partsOf(0), [{ number: 1, from: 0, to: 0 }]);
  assert.equal(partsOf(PART_BYTES_MIN).length, 1);
  for (const size of [PART_BYTES_MIN + 1, 100 * PART_BYTES_MIN - 1, OBJECT_BYTES_MAX]) {
    const parts = partsOf(size);
    assert.ok(parts.length <= PARTS_MAX);
    assert.equal(parts[0]?.from, 0);
    assert.equal(parts.at(-1)?.to, size);
    assert.ok(parts.every(({ from }, at) => at === 0 || from === parts[at - 1]?.to));
  }
  assert.throws(() => partsOf(OBJECT_BYTES_MAX + 1), RangeError);
});

test('sizes are read as the API writes them, and told in the words of a language', () => {
  assert.equal(bytesOf('5Gi'), 5 * 2 ** 30);
  assert.ok(isSmaller('900M', '1Gi') && !isSmaller('1Gi', '1024Mi'));
  assert.ok(isQuantity('1.5Ti') && !isQuantity('much') && Number.isNaN(bytesOf('much')));
  assert.equal(sizeText(20_971_520, 'en'), '21 MB');
  assert.equal(sizeText(1_500, 'fr').replaceAll(/\s/g, ' '), '1,5 ko');
  assert.equal(sizeText(3, 'de'), '3 Byte');
});

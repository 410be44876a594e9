/** Listings: buckets, objects, versions, uploads, parts. */
import type { Checksums, KeptPart, ListEntry, VersionEntry } from '../../metadata/store.ts';
import type { CallOf } from '../calls.ts';
import { isoDate } from '../headers/dates.ts';
import type { ChecksumAlgorithm, ChecksumType } from '../parameters.ts';
import { percentEncodePath } from '../uri.ts';
import { document, element, escapeXml, Xml } from '../xml/write.ts';
import { quoted } from './answer.ts';

const STORAGE_CLASS = element('StorageClass', 'STANDARD');

export interface ListedBucket {
  readonly name: string;
  readonly created_ms: number;
  readonly region: string;
}

/** `owner`, here and below: the organization's name. */
export function bucketsDocument(
  owner: string,
  buckets: readonly ListedBucket[],
  page: { readonly prefix?: string; readonly continuationToken?: string } = {},
): string {
  return document('ListAllMyBucketsResult', [
    ownerElement(owner),
    element(
      'Buckets',
      buckets.map(({ name, created_ms, region }) =>
        element('Bucket', [
          element('Name', name),
          element('CreationDate', isoDate(created_ms)),
          element('BucketRegion', region),
        ]),
      ),
    ),
    element('Prefix', page.prefix === '' ? undefined : page.prefix),
    element('ContinuationToken', page.continuationToken),
  ]);
}

export interface ListedPage<Entry> {
  readonly entries: readonly Entry[];
  readonly isTruncated: boolean;
}

export function objectsDocument(
  call: CallOf<'ListObjects'>,
  owner: string,
  { entries, isTruncated }: ListedPage<ListEntry>,
): string {
  const name = namesOf(call);
  const last = entries.at(-1);
  const next = last && ('group' in last ? last.group : last.version.key);
  return document('ListBucketResult', [
    element('Name', call.bucket),
    element('Prefix', name(call.prefix)),
    element('Marker', name(call.marker)),
    element('NextMarker', isTruncated && next !== undefined ? name(next) : undefined),
    ...limits(call, call.maxKeys, isTruncated, 'MaxKeys'),
    ...entries.map((entry) => objectElement(entry, name, owner)),
  ]);
}

export function objectsV2Document(
  call: CallOf<'ListObjectsV2'>,
  owner: string,
  page: ListedPage<ListEntry> & { readonly nextToken?: string },
): string {
  const name = namesOf(call);
  return document('ListBucketResult', [
    element('Name', call.bucket),
    element('Prefix', name(call.prefix)),
    element('KeyCount', page.entries.length),
    ...limits(call, call.maxKeys, page.isTruncated, 'MaxKeys'),
    element('StartAfter', call.startAfter === '' ? undefined : name(call.startAfter)),
    element('ContinuationToken', call.continuationToken),
    element('NextContinuationToken', page.isTruncated ? page.nextToken : undefined),
    ...page.entries.map((entry) => objectElement(entry, name, call.fetchOwner ? owner : undefined)),
  ]);
}

export function versionsDocument(
  call: CallOf<'ListObjectVersions'>,
  owner: string,
  page: ListedPage<VersionEntry> & { readonly next?: { readonly key: string; readonly versionId?: string } },
): string {
  const name = namesOf(call);
  const next = page.isTruncated ? page.next : undefined;
  return document('ListVersionsResult', [
    element('Name', call.bucket),
    element('Prefix', name(call.prefix)),
    element('KeyMarker', name(call.keyMarker)),
    element('VersionIdMarker', call.versionIdMarker ?? ''),
    element('NextKeyMarker', next && name(next.key)),
    element('NextVersionIdMarker', next?.versionId),
    ...limits(call, call.maxKeys, page.isTruncated, 'MaxKeys'),
    ...page.entries.map((entry) => versionElement(entry, name, owner)),
  ]);
}

export interface ListedUpload {
  readonly key: string;
  readonly id: string;
  readonly created_ms: number;
  readonly algorithm?: ChecksumAlgorithm;
  readonly checksumType?: ChecksumType;
}

export function uploadsDocument(
  call: CallOf<'ListMultipartUploads'>,
  owner: string,
  page: ListedPage<ListedUpload | { readonly group: string }> & {
    readonly next?: { readonly key: string; readonly uploadId?: string };
  },
): string {
  const name = namesOf(call);
  const next = page.isTruncated ? page.next : undefined;
  return document('ListMultipartUploadsResult', [
    element('Bucket', call.bucket),
    element('KeyMarker', name(call.keyMarker)),
    element('UploadIdMarker', call.uploadIdMarker ?? ''),
    element('NextKeyMarker', next && name(next.key)),
    element('NextUploadIdMarker', next?.uploadId),
    element('Prefix', name(call.prefix)),
    ...limits(call, call.maxUploads, page.isTruncated, 'MaxUploads'),
    ...page.entries.map((entry) =>
      'group' in entry
        ? groupElement(entry.group, name)
        : element('Upload', [
            element('Key', name(entry.key)),
            element('UploadId', entry.id),
            ...ownersAndClass(owner),
            element('Initiated', isoDate(entry.created_ms)),
            element('ChecksumAlgorithm', entry.algorithm),
            element('ChecksumType', entry.checksumType),
          ]),
    ),
  ]);
}

export function partsDocument(
  call: CallOf<'ListParts'>,
  owner: string,
  page: {
    readonly parts: readonly Omit<KeptPart, 'pieces'>[];
    readonly isTruncated: boolean;
    readonly algorithm?: ChecksumAlgorithm;
    readonly checksumType?: ChecksumType;
  },
): string {
  return document('ListPartsResult', [
    element('Bucket', call.bucket),
    element('Key', call.key),
    element('UploadId', call.uploadId),
    ...ownersAndClass(owner),
    element('PartNumberMarker', call.partNumberMarker),
    // Not with the last page: pagers of SDKs (the JavaScript one) ask on as long as there is one.
    element('NextPartNumberMarker', page.isTruncated ? page.parts.at(-1)?.number : undefined),
    element('MaxParts', call.maxParts),
    element('IsTruncated', page.isTruncated),
    element('ChecksumAlgorithm', page.algorithm),
    element('ChecksumType', page.checksumType),
    ...page.parts.map(({ number, modified_ms, etag, size, checksums }) =>
      element('Part', [
        element('PartNumber', number),
        element('LastModified', isoDate(modified_ms)),
        element('ETag', quoted(etag)),
        element('Size', size),
        ...checksumElements(checksums),
      ]),
    ),
  ]);
}

type Names = (text: string) => string;

/** With `encoding-type=url`, names are percent-encoded: XML has no way to say some of them. */
function namesOf({ encodeUrl }: { readonly encodeUrl: boolean }): Names {
  return encodeUrl ? percentEncodePath : (text) => text;
}

interface Limited {
  readonly delimiter: string;
  readonly encodeUrl: boolean;
}

function limits(call: Limited, max: number, isTruncated: boolean, maxName: 'MaxKeys' | 'MaxUploads') {
  return [
    element(maxName, max),
    element('Delimiter', call.delimiter === '' ? undefined : namesOf(call)(call.delimiter)),
    element('EncodingType', call.encodeUrl ? 'url' : undefined),
    element('IsTruncated', isTruncated),
  ];
}

function objectElement(entry: ListEntry, name: Names, owner: string | undefined): Xml | undefined {
  if ('group' in entry) return groupElement(entry.group, name);
  const { key, modified_ms, etag, size, checksums, checksumType } = entry.version;
  let kinds = '';
  for (const algorithm in checksums) kinds += `<ChecksumAlgorithm>${algorithm}</ChecksumAlgorithm>`;
  if (kinds !== '' && checksumType !== undefined) kinds += `<ChecksumType>${checksumType}</ChecksumType>`;
  const who = owner === undefined ? '' : (ownerElement(owner)?.xml ?? '');
  return new Xml(
    `<Contents><Key>${escapeXml(name(key))}</Key><LastModified>${isoDate(modified_ms)}</LastModified><ETag>&quot;${escapeXml(etag)}&quot;</ETag>${kinds}<Size>${size}</Size><StorageClass>STANDARD</StorageClass>${who}</Contents>`,
  );
}

function versionElement(entry: VersionEntry, name: Names, owner: string): Xml | undefined {
  if ('group' in entry) return groupElement(entry.group, name);
  const { version } = entry;
  const common = [
    element('Key', name(version.key)),
    element('VersionId', version.versionId),
    element('IsLatest', entry.isNewest),
    element('LastModified', isoDate(version.modified_ms)),
    ownerElement(owner),
  ];
  if (version.isMarker) return element('DeleteMarker', common);
  return element('Version', [
    ...common,
    element('ETag', quoted(version.etag)),
    ...checksumKinds(version),
    element('Size', version.size),
    STORAGE_CLASS,
  ]);
}

function groupElement(group: string, name: Names): Xml | undefined {
  return element('CommonPrefixes', [element('Prefix', name(group))]);
}

function checksumKinds(version: { readonly checksums: Checksums; readonly checksumType?: ChecksumType }) {
  const algorithms = Object.keys(version.checksums);
  return [
    ...algorithms.map((algorithm) => element('ChecksumAlgorithm', algorithm)),
    element('ChecksumType', algorithms.length > 0 ? version.checksumType : undefined),
  ];
}

function checksumElements(checksums: Checksums) {
  return Object.entries(checksums).map(([algorithm, value]) => element(`Checksum${algorithm}`, value));
}

function ownersAndClass(owner: string) {
  const who = [element('ID', owner), element('DisplayName', owner)];
  return [element('Initiator', who), element('Owner', who), STORAGE_CLASS];
}

function ownerElement(owner: string) {
  return element('Owner', [element('ID', owner), element('DisplayName', owner)]);
}

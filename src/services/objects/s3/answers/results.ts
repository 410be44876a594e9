/** Documents that calls on objects answer with. */
import type { Checksums, UploadPart } from '../../metadata/store.ts';
import type { CallOf } from '../calls.ts';
import { S3Error } from '../errors.ts';
import { isoDate } from '../headers/dates.ts';
import type { ChecksumType } from '../parameters.ts';
import { document, element, type Xml } from '../xml/write.ts';
import { quoted } from './answer.ts';

interface Copied {
  readonly etag: string;
  readonly modified_ms: number;
  readonly checksums: Checksums;
  readonly checksumType?: ChecksumType;
}

export function copyDocument(root: 'CopyObjectResult' | 'CopyPartResult', copied: Copied): string {
  return document(root, [
    element('LastModified', isoDate(copied.modified_ms)),
    element('ETag', quoted(copied.etag)),
    ...checksumElements(copied.checksums, copied.checksumType),
  ]);
}

export function initiatedDocument(bucket: string, key: string, uploadId: string): string {
  return document('InitiateMultipartUploadResult', [
    element('Bucket', bucket),
    element('Key', key),
    element('UploadId', uploadId),
  ]);
}

export interface Completed {
  /** The object's URL. */
  readonly location: string;
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  readonly checksums: Checksums;
  readonly checksumType?: ChecksumType;
}

export function completedDocument({ location, bucket, key, etag, ...rest }: Completed): string {
  return document('CompleteMultipartUploadResult', [
    element('Location', location),
    element('Bucket', bucket),
    element('Key', key),
    element('ETag', quoted(etag)),
    ...checksumElements(rest.checksums, rest.checksumType),
  ]);
}

/** Of a form upload with `success_action_status` 201. */
export function postedDocument(posted: Pick<Completed, 'location' | 'bucket' | 'key' | 'etag'>): string {
  return document('PostResponse', [
    element('Location', posted.location),
    element('Bucket', posted.bucket),
    element('Key', posted.key),
    element('ETag', quoted(posted.etag)),
  ]);
}

/** What became of one of the objects of DeleteObjects. */
export type DeletedObject = { readonly key: string; readonly versionId?: string } & (
  | { readonly error: unknown }
  /** `markerId`: of the delete marker that was made, or was removed. */
  | { readonly markerId?: string }
);

export function deletedDocument(objects: readonly DeletedObject[], quiet: boolean): string {
  return document(
    'DeleteResult',
    objects.map((object) => {
      const named = [element('Key', object.key), element('VersionId', object.versionId)];
      if ('error' in object) return failedElement(named, object.error);
      if (quiet) return undefined;
      return element('Deleted', [
        ...named,
        element('DeleteMarker', object.markerId === undefined ? undefined : true),
        element('DeleteMarkerVersionId', object.markerId),
      ]);
    }),
  );
}

function failedElement(named: readonly (Xml | undefined)[], thrown: unknown): Xml | undefined {
  const error = thrown instanceof S3Error ? thrown : new S3Error('InternalError');
  return element('Error', [...named, element('Code', error.code), element('Message', error.message)]);
}

export interface Attributes {
  readonly etag: string;
  readonly size: number;
  readonly checksums: Checksums;
  readonly checksumType?: ChecksumType;
  /** Of an object that was uploaded in parts, in order. */
  readonly parts?: readonly Pick<UploadPart, 'number' | 'size' | 'checksums'>[];
}

/** What of it the call asked for. */
export function attributesDocument(call: CallOf<'GetObjectAttributes'>, object: Attributes): string {
  const wants = new Set(call.attributes);
  return document('GetObjectAttributesResponse', [
    element('ETag', wants.has('ETag') ? object.etag : undefined),
    wants.has('Checksum') && Object.keys(object.checksums).length > 0
      ? element('Checksum', checksumElements(object.checksums, object.checksumType))
      : undefined,
    wants.has('ObjectParts') && object.parts ? partsElement(call, object.parts) : undefined,
    element('StorageClass', wants.has('StorageClass') ? 'STANDARD' : undefined),
    element('ObjectSize', wants.has('ObjectSize') ? object.size : undefined),
  ]);
}

function partsElement(call: CallOf<'GetObjectAttributes'>, parts: NonNullable<Attributes['parts']>) {
  const after = parts.filter(({ number }) => number > call.partNumberMarker);
  const page = after.slice(0, call.maxParts);
  return element('ObjectParts', [
    element('PartsCount', parts.length),
    element('PartNumberMarker', call.partNumberMarker),
    element('NextPartNumberMarker', page.at(-1)?.number ?? call.partNumberMarker),
    element('MaxParts', call.maxParts),
    element('IsTruncated', page.length < after.length),
    ...page.map(({ number, size, checksums }) =>
      element('Part', [element('PartNumber', number), element('Size', size), ...checksumElements(checksums)]),
    ),
  ]);
}

function checksumElements(checksums: Checksums, type?: ChecksumType) {
  const values = Object.entries(checksums).map(([algorithm, value]) =>
    element(`Checksum${algorithm}`, value),
  );
  return values.length > 0 ? [...values, element('ChecksumType', type)] : [];
}

/** Headers that tell of an object: of GET and HEAD, and what of it writes answer with. */
import type { Checksums, Lock } from '../../metadata/store.ts';
import { httpDate, isoDate } from '../headers/dates.ts';
import type { ChecksumType, ObjectMetadata, ResponseOverrides } from '../parameters.ts';
import { type Headers, quoted } from './answer.ts';

/** How an object is encrypted, as its reader is told. */
export type ToldEncryption =
  | { readonly type: 'AES256' }
  | { readonly type: 'aws:kms'; readonly keyId?: string }
  /** SSE-C; the MD5 of the client's key in base64. */
  | { readonly type: 'customer'; readonly keyMd5: string };

export interface ToldObject {
  readonly etag: string;
  readonly modified_ms: number;
  readonly size: number;
  /** Where the bucket has or had versioning. */
  readonly versionId?: string;
  readonly metadata: ObjectMetadata;
  readonly encryption: ToldEncryption;
  readonly lock: Lock;
  readonly tagCount: number;
  /** Where they were asked for, and the answer has all of the bytes. */
  readonly checksums?: Checksums;
  readonly checksumType?: ChecksumType;
  /** Of an object that was uploaded in parts, where one was asked for by its number. */
  readonly partsCount?: number;
}

/** `range`: the bytes that the answer has, where it is a 206. */
export function objectHeaders(
  object: ToldObject,
  options: {
    readonly range?: { readonly from: number; readonly to: number };
    readonly overrides?: ResponseOverrides;
  } = {},
): Headers {
  const { range, overrides = {} } = options;
  const length = range ? range.to - range.from : object.size;
  return {
    ...metadataHeaders(object.metadata),
    ...overrides,
    'accept-ranges': 'bytes',
    'content-length': String(length),
    ...(range && { 'content-range': `bytes ${range.from}-${range.to - 1}/${object.size}` }),
    etag: quoted(object.etag),
    'last-modified': httpDate(object.modified_ms),
    ...versionHeaders(object.versionId),
    ...encryptionHeaders(object.encryption),
    ...lockHeaders(object.lock),
    ...(object.tagCount > 0 && { 'x-amz-tagging-count': String(object.tagCount) }),
    ...checksumHeaders(object.checksums ?? {}, object.checksumType),
    ...(object.partsCount !== undefined && { 'x-amz-mp-parts-count': String(object.partsCount) }),
  };
}

/** Of a 304. */
export function notModifiedHeaders({
  etag,
  modified_ms,
  versionId,
}: Pick<ToldObject, 'etag' | 'modified_ms' | 'versionId'>): Headers {
  return { etag: quoted(etag), 'last-modified': httpDate(modified_ms), ...versionHeaders(versionId) };
}

export interface ToldWrite {
  readonly etag?: string;
  readonly versionId?: string;
  readonly encryption: ToldEncryption;
  readonly checksums?: Checksums;
  readonly checksumType?: ChecksumType;
}

/** Of PutObject, UploadPart and their like. */
export function writtenHeaders({
  etag,
  versionId,
  encryption,
  checksums = {},
  checksumType,
}: ToldWrite): Headers {
  return {
    ...(etag !== undefined && { etag: quoted(etag) }),
    ...versionHeaders(versionId),
    ...encryptionHeaders(encryption),
    ...checksumHeaders(checksums, checksumType),
  };
}

/** Of DeleteObject, and of errors about a delete marker. */
export function deletedHeaders(deleted: {
  readonly versionId?: string;
  readonly isMarker: boolean;
}): Headers {
  return { ...versionHeaders(deleted.versionId), ...(deleted.isMarker && { 'x-amz-delete-marker': 'true' }) };
}

export function versionHeaders(versionId: string | undefined): Headers {
  return versionId === undefined ? {} : { 'x-amz-version-id': versionId };
}

export function encryptionHeaders(encryption: ToldEncryption): Headers {
  const sse = 'x-amz-server-side-encryption';
  if (encryption.type === 'customer')
    return { [`${sse}-customer-algorithm`]: 'AES256', [`${sse}-customer-key-md5`]: encryption.keyMd5 };
  if (encryption.type === 'AES256' || encryption.keyId === undefined) return { [sse]: encryption.type };
  return { [sse]: encryption.type, [`${sse}-aws-kms-key-id`]: encryption.keyId };
}

export function checksumHeaders(checksums: Checksums, type: ChecksumType | undefined): Headers {
  const headers: Record<string, string> = {};
  for (const [algorithm, value] of Object.entries(checksums))
    headers[`x-amz-checksum-${algorithm.toLowerCase()}`] = value;
  if (type !== undefined && Object.keys(headers).length > 0) headers['x-amz-checksum-type'] = type;
  return headers;
}

function lockHeaders({ mode, retainUntil_ms, legalHold }: Lock): Headers {
  return {
    ...(mode !== undefined && { 'x-amz-object-lock-mode': mode }),
    ...(retainUntil_ms !== undefined && { 'x-amz-object-lock-retain-until-date': isoDate(retainUntil_ms) }),
    ...(legalHold !== undefined && { 'x-amz-object-lock-legal-hold': legalHold ? 'ON' : 'OFF' }),
  };
}

/** What S3 says of an object that came without a type. */
const CONTENT_TYPE = 'binary/octet-stream';

function metadataHeaders(metadata: ObjectMetadata): Headers {
  const headers: Record<string, string> = { 'content-type': metadata.contentType ?? CONTENT_TYPE };
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined) headers[name] = value;
  };
  set('cache-control', metadata.cacheControl);
  set('content-disposition', metadata.contentDisposition);
  set('content-encoding', metadata.contentEncoding);
  set('content-language', metadata.contentLanguage);
  set('expires', metadata.expires);
  for (const [name, value] of Object.entries(metadata.user)) headers[`x-amz-meta-${name}`] = value;
  return headers;
}

/** Objects as they are stored: bytes in encrypted pieces, and beside them, sealed, what their owner said of them. */

import { BlobsAwayError, DamagedBlobError, FullDiskError, MissingBlobError } from '../blobs/backend.ts';
import { type BucketKey, bucketKey, SealedError, versionOf } from '../encryption/bucket-key.ts';
import type { ObjectPlace } from '../encryption/object-keys.ts';
import { newDataKey, openDataKey, openHeaders, sealHeaders } from '../encryption/object-keys.ts';
import {
  decrypt,
  decryptSmall,
  encrypt,
  encryptSmall,
  PORTION_BYTES,
  SEGMENT_BYTES,
  sealedRange,
} from '../encryption/segments.ts';
import type { ObjectVersion, Piece, Refusal } from '../metadata/store.ts';
import type { ToldEncryption } from '../s3/answers/object-headers.ts';
import { type BodyOptions, type BodyResult, checkBody, openBody } from '../s3/body.ts';
import { S3Error } from '../s3/errors.ts';
import type { CustomerKey, ObjectMetadata, RequestedEncryption, Tag } from '../s3/parameters.ts';
import type { OpenBucket, Session } from './session.ts';

/** What is sealed of each object. */
export interface SealedHeaders {
  readonly metadata: ObjectMetadata;
  readonly tags: readonly Tag[];
  readonly encryption: ToldEncryption;
}

const CUSTOMER_VERSION = 0;
/** What a client is told to wait when what keeps the bytes is away. */
const AWAY_RETRY_S = 5;

const customerBucketKey = ({ key }: CustomerKey): BucketKey => bucketKey(CUSTOMER_VERSION, Buffer.from(key));

/** How it will be encrypted, as the client is told. Throws where the bucket has another key than the one that was asked for. */
export function encryptionFor(
  { spec }: OpenBucket,
  requested: RequestedEncryption | undefined,
): ToldEncryption {
  if (requested?.type === 'customer') return { type: 'customer', keyMd5: requested.keyMd5 };
  if (requested?.type === 'aws:kms' && requested.keyId !== undefined && requested.keyId !== spec.key) {
    throw new S3Error(
      'KMS.NotFoundException',
      spec.key === undefined
        ? 'objects of this bucket are encrypted under the organization’s key; set another one as the bucket’s encryption'
        : `objects of this bucket are encrypted under Key ${spec.key}; name that one, or none`,
    );
  }
  if (spec.key === undefined) return { type: 'AES256' };
  return { type: 'aws:kms', keyId: spec.key };
}

/**
 * Clients take an ETag for the MD5 of the bytes, and find by it what changed, except where they are told of SSE-KMS or SSE-C, whose ETags are none with S3 either
 * (S3 API reference, "Object": ETag).
 */
export const etagOf = ({ type }: ToldEncryption): 'md5' | 'any' => (type === 'AES256' ? 'md5' : 'any');

export interface StoredPiece {
  readonly piece: Piece;
  readonly result: BodyResult;
}

export interface PiecePlace extends ObjectPlace {
  readonly customer?: CustomerKey | undefined;
}

/** The bytes of a request, checked against all that was said of them, encrypted, and durable. */
export async function storeBody(
  session: Session,
  bucket: OpenBucket,
  place: PiecePlace,
  options: Omit<BodyOptions, 'payload' | 'chain'>,
): Promise<StoredPiece> {
  const { payload, chain, parts, body: source } = session;
  const { size } = options.expected;
  if (source.whole !== undefined && size !== undefined && size <= SEGMENT_BYTES) {
    const { bytes, result } = checkBody(await source.whole(), {
      ...options,
      payload,
      ...(chain === undefined ? {} : { chain }),
    });
    const piece = await storeBytes(session, bucket, place, bytes);
    return { piece: { ...piece, size: result.size }, result };
  }
  const body = openBody(source, {
    ...options,
    payload,
    hashing: parts.hashing,
    ...(chain === undefined ? {} : { chain }),
  });
  const piece = await storeBytes(session, bucket, place, body.bytes, options.expected.size);
  const result = body.result();
  return { piece: { ...piece, size: result.size }, result };
}

/** `size` is filled in by whoever counts. Bytes that are there already are one segment at most. */
export async function storeBytes(
  session: Session,
  bucket: OpenBucket,
  place: PiecePlace,
  bytes: AsyncIterable<Uint8Array> | readonly Uint8Array[],
  size?: number,
): Promise<Omit<Piece, 'size'>> {
  const under =
    place.customer === undefined ? await session.keyOf(bucket) : customerBucketKey(place.customer);
  const { bytes: dataKey, wrapped } = newDataKey(under, place);
  try {
    const { signal, parts } = session;
    const comes = Symbol.asyncIterator in bytes;
    const stored = await parts.blobs.put(comes ? encrypt(dataKey, bytes) : encryptSmall(dataKey, bytes), {
      signal,
      ...(size === undefined ? {} : { size }),
    });
    return { blob: stored.id, wrappedKey: wrapped };
  } catch (error) {
    throw asS3Error(error);
  } finally {
    dataKey.fill(0);
  }
}

/** Bytes `from` up to, without, `to` of a version. */
export async function* readBytes(
  session: Session,
  bucket: OpenBucket,
  version: ObjectVersion,
  range: { readonly from: number; readonly to: number },
  customer: CustomerKey | undefined,
): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const piece of version.pieces) {
    const { blob, size } = piece;
    const [from, to] = [Math.max(0, range.from - start), Math.min(size, range.to - start)];
    start += size;
    if (from >= to) continue;
    const dataKey = await dataKeyOf(session, bucket, version, piece, customer);
    try {
      const part = { size, from, to };
      const there = sealedRange(part);
      const sealedBytes = session.parts.blobs.get(blob, there, { authenticatedIn_bytes: PORTION_BYTES });
      yield* decrypt(dataKey, sealedBytes, part);
    } catch (error) {
      throw readingError(error, session, bucket, version, piece);
    } finally {
      dataKey.fill(0);
    }
  }
}

/** All of a small version’s bytes at once; undefined where it is not small. */
export async function readSmall(
  session: Session,
  bucket: OpenBucket,
  version: ObjectVersion,
  customer: CustomerKey | undefined,
): Promise<Uint8Array | undefined> {
  const [piece, ...more] = version.pieces;
  if (piece === undefined || more.length > 0 || piece.size > SEGMENT_BYTES) return undefined;
  const dataKey = await dataKeyOf(session, bucket, version, piece, customer);
  try {
    return decryptSmall(dataKey, await session.parts.blobs.getWhole(piece.blob), piece.size);
  } catch (error) {
    throw readingError(error, session, bucket, version, piece);
  } finally {
    dataKey.fill(0);
  }
}

async function dataKeyOf(
  session: Session,
  bucket: OpenBucket,
  { key }: ObjectVersion,
  { wrappedKey }: Piece,
  customer: CustomerKey | undefined,
): Promise<Buffer> {
  const under =
    customer === undefined ? await session.keyOf(bucket, versionOf(wrappedKey)) : customerBucketKey(customer);
  return openDataKey(under, wrappedKey, { bucket: bucket.uid, key });
}

/** As its client is told; whoever looks after damage hears of it first. */
function readingError(
  error: unknown,
  { realm, parts }: Session,
  { uid }: OpenBucket,
  { key, versionId }: ObjectVersion,
  { blob }: Piece,
): unknown {
  if (isDamage(error)) parts.damage?.found({ realm, uid, key, version: versionId, blob });
  return asS3Error(error);
}

export async function headersOf(
  session: Session,
  bucket: OpenBucket,
  version: ObjectVersion,
): Promise<SealedHeaders> {
  const under = await session.keyOf(bucket, versionOf(version.sealed));
  const place = { bucket: bucket.uid, key: version.key };
  try {
    return openHeaders(under, version.sealed, place, version.pieces) as SealedHeaders;
  } catch (error) {
    throw asS3Error(error);
  }
}

export async function sealed(
  session: Session,
  bucket: OpenBucket,
  key: string,
  headers: SealedHeaders,
  pieces: readonly Piece[],
): Promise<Uint8Array> {
  return sealHeaders(await session.keyOf(bucket), headers, { bucket: bucket.uid, key }, pieces);
}

/** Throws unless the client sent the key that the object is encrypted with, and sent none where there is none. */
export function checkCustomerKey({ encryption }: SealedHeaders, customer: CustomerKey | undefined): void {
  if (encryption.type !== 'customer') {
    if (customer !== undefined)
      throw new S3Error(
        'InvalidRequest',
        'the object is not encrypted with a key of the client’s; send none',
      );
    return;
  }
  if (customer === undefined) {
    throw new S3Error(
      'InvalidRequest',
      'the object is encrypted with a key of the client’s: send x-amz-server-side-encryption-customer-*',
    );
  }
  if (customer.keyMd5 !== encryption.keyMd5)
    throw new S3Error('AccessDenied', 'the object is encrypted with another key than the one that was sent');
}

const isDamage = (error: unknown): boolean =>
  error instanceof DamagedBlobError || error instanceof MissingBlobError || error instanceof SealedError;

export function asS3Error(error: unknown): unknown {
  if (error instanceof FullDiskError) return new S3Error('InsufficientStorage', undefined, { cause: error });
  if (error instanceof BlobsAwayError) {
    return new S3Error(
      'ServiceUnavailable',
      'where objects are kept does not answer now; try again shortly',
      {
        headers: { 'retry-after': `${AWAY_RETRY_S}` },
        cause: error,
      },
    );
  }
  if (isDamage(error)) {
    return new S3Error(
      'InternalError',
      'the object’s bytes are damaged on the disk, so they are not given out; the operator has been told',
      {
        cause: error,
      },
    );
  }
  return error;
}

/** Why a write changed nothing, as S3 says it. */
export function refusalError(refusal: Refusal): S3Error {
  switch (refusal) {
    case 'exists':
      return new S3Error('PreconditionFailed', 'If-None-Match: there is an object of that name', {
        details: { Condition: 'If-None-Match' },
      });
    case 'differs':
      return new S3Error('PreconditionFailed', 'If-Match: the object has another ETag', {
        details: { Condition: 'If-Match' },
      });
    case 'missing':
      return new S3Error('NoSuchKey');
    case 'locked':
      return new S3Error(
        'AccessDenied',
        'the version is locked: it stays until its retention is over and its legal hold is lifted',
      );
    case 'closed':
      return new S3Error('NoSuchBucket', 'the bucket is being deleted');
  }
}

/** Uploads in parts. */
import { createHash } from 'node:crypto';
import { versionOf } from '../../encryption/bucket-key.ts';
import { openHeaders } from '../../encryption/object-keys.ts';
import type { KeptPart, Lock, ObjectVersion, Upload } from '../../metadata/store.ts';
import { emptyAnswer, xmlAnswer } from '../../s3/answers/answer.ts';
import { encryptionHeaders, versionHeaders, writtenHeaders } from '../../s3/answers/object-headers.ts';
import { completedDocument, copyDocument, initiatedDocument } from '../../s3/answers/results.ts';
import { openBody } from '../../s3/body.ts';
import type { CallOf } from '../../s3/calls.ts';
import { combineDigests, DEFAULT_ALGORITHM, defaultChecksumType } from '../../s3/checksums/digest.ts';
import { type NamedPart, PARTS_MAX, readCompletion } from '../../s3/documents/uploads.ts';
import { S3Error } from '../../s3/errors.ts';
import { PUT_BYTES_MAX } from '../../s3/headers/body.ts';
import { checkCopyConditions } from '../../s3/headers/conditions.ts';
import { resolveRange } from '../../s3/headers/range.ts';
import type { ChecksumAlgorithm, ChecksumType } from '../../s3/parameters.ts';
import { locationOf } from '../location.ts';
import { OPERATIONS } from '../operations.ts';
import type { Reply } from '../reply.ts';
import type { OpenBucket, Session } from '../session.ts';
import {
  checkCustomerKey,
  encryptionFor,
  etagOf,
  headersOf,
  readBytes,
  refusalError,
  type SealedHeaders,
  sealed,
  storeBody,
  storeBytes,
} from '../stored.ts';
import { documentOf } from './document.ts';
import { findVersion, toldVersionId } from './read.ts';
import { giveBack, lockFor, openForWriting, requireRoom } from './write.ts';

/** Of each part but the last. */
const PART_BYTES_MIN = 5 * 2 ** 20;

interface Wanted {
  readonly algorithm: ChecksumAlgorithm;
  readonly checksumType: ChecksumType;
  readonly lock: Lock;
}

/** As `createUpload` has put it there. */
export const wantedOf = (wanted: Upload['wanted']): Wanted => wanted as unknown as Wanted;

/** Throws NoSuchUpload, also for one of another name. */
export async function openUpload(
  { parts }: Session,
  bucket: OpenBucket,
  { key, uploadId }: { readonly key: string; readonly uploadId: string },
): Promise<Upload> {
  const upload = await parts.metadata.upload(uploadId);
  if (upload === undefined || upload.bucket !== bucket.uid || upload.key !== key)
    throw new S3Error('NoSuchUpload');
  return upload;
}

async function headersOfUpload(
  session: Session,
  bucket: OpenBucket,
  { sealed: bytes, key }: Upload,
): Promise<SealedHeaders> {
  const under = await session.keyOf(bucket, versionOf(bytes));
  return openHeaders(under, bytes, { bucket: bucket.uid, key }, []) as SealedHeaders;
}

export async function createMultipartUpload(
  session: Session,
  call: CallOf<'CreateMultipartUpload'>,
): Promise<Reply> {
  const { key, metadata, tags } = call;
  const bucket = await openForWriting(session, call.bucket, key);
  const lock = await lockFor(session, bucket, key, call.lock);
  const encryption = encryptionFor(bucket, call.encryption);
  const algorithm = call.algorithm ?? DEFAULT_ALGORITHM;
  const checksumType = call.checksumType ?? defaultChecksumType(algorithm);
  if (checksumType === 'FULL_OBJECT' && algorithm.startsWith('SHA'))
    throw new S3Error(
      'InvalidRequest',
      `${algorithm} is COMPOSITE only; send x-amz-checksum-type: COMPOSITE`,
    );
  const upload = await session.parts.metadata.createUpload({
    bucket: bucket.uid,
    key,
    sealed: await sealed(session, bucket, key, { metadata, tags, encryption }, []),
    wanted: { algorithm, checksumType, lock },
  });
  return xmlAnswer(initiatedDocument(call.bucket, key, upload.id), {
    ...encryptionHeaders(encryption),
    ...(call.algorithm === undefined
      ? {}
      : { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': checksumType }),
  });
}

export async function uploadPart(session: Session, call: CallOf<'UploadPart'>): Promise<Reply> {
  const { key, partNumber: number, customerKey } = call;
  const bucket = await openForWriting(session, call.bucket, key);
  const upload = await openUpload(session, bucket, call);
  const said = await headersOfUpload(session, bucket, upload);
  checkCustomerKey(said, customerKey);
  await requireRoom(session, bucket, call.body.size ?? 0);
  const { algorithm } = wantedOf(upload.wanted);
  const place = { bucket: bucket.uid, key, customer: customerKey };
  const { piece, result } = await storeBody(session, bucket, place, {
    expected: call.body,
    algorithm,
    etag: etagOf(said.encryption),
  });
  const part = { number, size: result.size, etag: result.etag, checksums: result.checksums, pieces: [piece] };
  if (!(await session.parts.metadata.putPart(upload.id, part))) {
    await giveBack(session, [piece]);
    throw new S3Error('NoSuchUpload');
  }
  return emptyAnswer(
    200,
    writtenHeaders({ etag: result.etag, encryption: said.encryption, checksums: result.checksums }),
  );
}

export async function uploadPartCopy(session: Session, call: CallOf<'UploadPartCopy'>): Promise<Reply> {
  const { key, partNumber: number, source, customerKey } = call;
  const bucket = await openForWriting(session, call.bucket, key);
  const upload = await openUpload(session, bucket, call);
  const into = await headersOfUpload(session, bucket, upload);
  checkCustomerKey(into, customerKey);
  const from = await session.permitted(source.bucket, OPERATIONS.GetObject, source.key);
  const version = await findVersion(session, from, source.key, source.versionId);
  checkCustomerKey(await headersOf(session, from, version), source.customerKey);
  checkCopyConditions(source.conditions, version);
  if (call.range !== undefined && call.range.last >= version.size)
    throw new S3Error('InvalidArgument', `x-amz-copy-source-range: the source has ${version.size} bytes`);
  const range =
    call.range === undefined ? { from: 0, to: version.size } : resolveRange(call.range, version.size);
  const size = range.to - range.from;
  if (size > PUT_BYTES_MAX) throw new S3Error('InvalidRequest', 'a part has at most 5 GiB; name a range');
  await requireRoom(session, bucket, size);
  const { algorithm } = wantedOf(upload.wanted);
  const body = openBody(readBytes(session, from, version, range, source.customerKey), {
    expected: { size, trailers: [], chunked: false },
    payload: { form: 'unsigned' },
    hashing: session.parts.hashing,
    algorithm,
    etag: etagOf(into.encryption),
  });
  const stored = await storeBytes(
    session,
    bucket,
    { bucket: bucket.uid, key, customer: customerKey },
    body.bytes,
    size,
  );
  const result = body.result();
  const piece = { ...stored, size };
  const part = { number, size, etag: result.etag, checksums: result.checksums, pieces: [piece] };
  if (!(await session.parts.metadata.putPart(upload.id, part))) {
    await giveBack(session, [piece]);
    throw new S3Error('NoSuchUpload');
  }
  const copied = { etag: result.etag, modified_ms: session.now_ms, checksums: result.checksums };
  return xmlAnswer(copyDocument('CopyPartResult', copied), {
    ...encryptionHeaders(into.encryption),
    ...(from.spec.versioning === 'off' ? {} : { 'x-amz-copy-source-version-id': version.versionId }),
  });
}

export async function completeMultipartUpload(
  session: Session,
  call: CallOf<'CompleteMultipartUpload'>,
): Promise<Reply> {
  const { key, uploadId } = call;
  const bucket = await openForWriting(session, call.bucket, key);
  const named = readCompletion(await documentOf(session, call));
  const upload = await session.parts.metadata.upload(uploadId);
  if (upload === undefined) return completedBefore(session, bucket, call);
  if (upload.bucket !== bucket.uid || upload.key !== key) throw new S3Error('NoSuchUpload');
  const said = await headersOfUpload(session, bucket, upload);
  const kept = await session.parts.metadata.parts(upload.id, 0, PARTS_MAX);
  // Somebody has completed it in between: its parts went with it.
  if (kept.length === 0 && (await session.parts.metadata.upload(upload.id)) === undefined)
    return completedBefore(session, bucket, call);
  const parts = chosen(named, kept);
  const { algorithm, checksumType, lock } = wantedOf(upload.wanted);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (call.objectSize !== undefined && call.objectSize !== size)
    throw new S3Error(
      'InvalidRequest',
      `x-amz-mp-object-size says ${call.objectSize}, the parts have ${size} bytes`,
    );
  if (call.checksumType !== undefined && call.checksumType !== checksumType)
    throw new S3Error('InvalidRequest', `the upload was begun with x-amz-checksum-type ${checksumType}`);
  const digest = combineDigests(
    algorithm,
    checksumType,
    parts.map((part) => ({ digest: part.checksums[algorithm] ?? '', size: part.size })),
  );
  if (
    call.checksum !== undefined &&
    (call.checksum.algorithm !== algorithm || call.checksum.value !== digest)
  ) {
    throw new S3Error(
      'BadDigest',
      `the object that the parts make does not have the ${call.checksum.algorithm} that was sent`,
    );
  }
  await requireRoom(session, bucket, size);
  const pieces = parts.flatMap((part) => part.pieces);
  const etag = joinedEtag(parts);
  const checksums = { [algorithm]: digest };
  const outcome = await session.parts.metadata.completeUpload(
    upload.id,
    parts.map(({ number, etag: one }) => ({ number, etag: one })),
    {
      bucket: bucket.uid,
      key,
      versioning: bucket.spec.versioning,
      condition: call.condition,
      size,
      etag,
      checksums,
      checksumType,
      sealed: await sealed(session, bucket, key, said, pieces),
      tagCount: said.tags.length,
      lock,
      pieces,
      parts: parts.map((part) => ({ number: part.number, size: part.size, checksums: part.checksums })),
    },
  );
  if (outcome.outcome === 'noUpload') throw new S3Error('NoSuchUpload');
  // A part was replaced since it was looked at, or a condition does not hold.
  if (outcome.outcome === 'differs' && call.condition.ifMatch === undefined) throw new S3Error('InvalidPart');
  if (outcome.outcome !== 'done') throw refusalError(outcome.outcome);
  const { encryption } = said;
  return completed(session, bucket, call, { ...outcome, etag, checksums, checksumType, encryption });
}

/** The same answer as the first time. */
async function completedBefore(
  session: Session,
  bucket: OpenBucket,
  call: CallOf<'CompleteMultipartUpload'>,
): Promise<Reply> {
  const nothing = {
    size: 0,
    etag: '',
    checksums: {},
    sealed: new Uint8Array(),
    tagCount: 0,
    lock: {},
    pieces: [],
  };
  const outcome = await session.parts.metadata.completeUpload(call.uploadId, [], {
    ...nothing,
    bucket: bucket.uid,
    key: call.key,
    versioning: bucket.spec.versioning,
  });
  if (outcome.outcome !== 'done') throw new S3Error('NoSuchUpload');
  const version = await session.version(bucket.uid, call.key, outcome.versionId);
  // It was overwritten or removed since.
  if (version?.modified_ms !== outcome.modified_ms) throw new S3Error('NoSuchUpload');
  const { encryption } = await headersOf(session, bucket, version);
  return completed(session, bucket, call, { ...version, encryption });
}

type Completed = Pick<ObjectVersion, 'versionId' | 'etag' | 'checksums' | 'checksumType'> &
  Pick<SealedHeaders, 'encryption'>;

function completed(
  session: Session,
  bucket: OpenBucket,
  { key }: { readonly key: string },
  { versionId, etag, checksums, checksumType, encryption }: Completed,
): Reply {
  return xmlAnswer(
    completedDocument({
      location: locationOf(session, bucket.name, key),
      bucket: bucket.name,
      key,
      etag,
      checksums,
      ...(checksumType === undefined ? {} : { checksumType }),
    }),
    { ...encryptionHeaders(encryption), ...versionHeaders(toldVersionId(bucket, versionId).versionId) },
  );
}

/** The parts that were named. Throws InvalidPart, EntityTooSmall. */
function chosen(named: readonly NamedPart[], kept: readonly KeptPart[]): readonly KeptPart[] {
  const byNumber = new Map(kept.map((part) => [part.number, part]));
  return named.map(({ number, etag, checksums }, index) => {
    const part = byNumber.get(number);
    const isIt =
      part?.etag === etag &&
      Object.entries(checksums).every(
        ([algorithm, value]) => part.checksums[algorithm as ChecksumAlgorithm] === value,
      );
    if (part === undefined || !isIt)
      throw new S3Error('InvalidPart', undefined, { details: { PartNumber: String(number), ETag: etag } });
    if (part.size < PART_BYTES_MIN && index < named.length - 1) {
      throw new S3Error('EntityTooSmall', undefined, {
        details: {
          PartNumber: String(number),
          ProposedSize: String(part.size),
          MinSizeAllowed: String(PART_BYTES_MIN),
        },
      });
    }
    return part;
  });
}

/** The MD5 of the parts’ ETags, and how many there are. */
function joinedEtag(parts: readonly KeptPart[]): string {
  const etags = Buffer.concat(parts.map(({ etag }) => Buffer.from(etag, 'hex')));
  return `${createHash('md5').update(etags).digest('hex')}-${parts.length}`;
}

export async function abortMultipartUpload(
  session: Session,
  call: CallOf<'AbortMultipartUpload'>,
): Promise<Reply> {
  const bucket = await session.permitted(call.bucket, OPERATIONS.AbortMultipartUpload, call.key);
  const upload = await openUpload(session, bucket, call);
  if (!(await session.parts.metadata.abortUpload(upload.id))) throw new S3Error('NoSuchUpload');
  return emptyAnswer(204);
}

/** Writing and removing objects. */
import { parseQuantity } from '#kernel/quantity.ts';
import type { Lock, NewVersion, ObjectVersion, Outcome, Piece, Written } from '../../metadata/store.ts';
import { emptyAnswer, xmlAnswer } from '../../s3/answers/answer.ts';
import {
  deletedHeaders,
  encryptionHeaders,
  type ToldEncryption,
  versionHeaders,
  writtenHeaders,
} from '../../s3/answers/object-headers.ts';
import { copyDocument, type DeletedObject, deletedDocument } from '../../s3/answers/results.ts';
import { openBody } from '../../s3/body.ts';
import type { CallOf } from '../../s3/calls.ts';
import { readDeletion } from '../../s3/documents/uploads.ts';
import { S3Error } from '../../s3/errors.ts';
import { PUT_BYTES_MAX } from '../../s3/headers/body.ts';
import { checkCopyConditions } from '../../s3/headers/conditions.ts';
import { checkKey } from '../../s3/names.ts';
import type { RequestedLock } from '../../s3/parameters.ts';
import { OPERATIONS, type Operation, PASS_GOVERNANCE } from '../operations.ts';
import type { Reply } from '../reply.ts';
import type { OpenBucket, Session } from '../session.ts';
import {
  checkCustomerKey,
  encryptionFor,
  etagOf,
  headersOf,
  readBytes,
  refusalError,
  sealed,
  storeBody,
  storeBytes,
} from '../stored.ts';
import { documentOf } from './document.ts';
import { findVersion, toldVersionId } from './read.ts';

const PUT: Operation = OPERATIONS.PutObject;
const DELETE: Operation = OPERATIONS.DeleteObject;
const DAY_MS = 86_400_000;
const YEAR_DAYS = 365;
const NANO = 1_000_000_000n;
/** Objects of one request that are removed at a time. */
const DELETES_AT_ONCE = 64;

/** The bucket, open for writing. */
export async function openForWriting(session: Session, name: string, key: string): Promise<OpenBucket> {
  const bucket = await session.permitted(name, PUT, key);
  if (bucket.isDeleting) throw refusalError('closed');
  return bucket;
}

/** The lock that a new version gets: what was asked for, or the bucket's default. */
export async function lockFor(
  session: Session,
  bucket: OpenBucket,
  key: string,
  requested: RequestedLock,
): Promise<Lock> {
  const { objectLock } = bucket.spec;
  const isAsked = requested.mode !== undefined || requested.legalHold !== undefined;
  if (objectLock?.enabled !== true) {
    if (isAsked) throw new S3Error('InvalidRequest', 'the bucket has no object lock; make one that has');
    return {};
  }
  if (requested.mode !== undefined) await session.require(bucket, OPERATIONS.PutObjectRetention, key);
  if (requested.legalHold !== undefined) await session.require(bucket, OPERATIONS.PutObjectLegalHold, key);
  if (requested.retainUntil_ms !== undefined && requested.retainUntil_ms <= session.now_ms)
    throw new S3Error('InvalidArgument', 'x-amz-object-lock-retain-until-date: must be in the future');
  const { defaultRetention } = objectLock;
  if (requested.mode !== undefined || defaultRetention === undefined) return requested;
  const days = defaultRetention.days ?? (defaultRetention.years ?? 0) * YEAR_DAYS;
  return { ...requested, mode: defaultRetention.mode, retainUntil_ms: session.now_ms + days * DAY_MS };
}

/** Throws QuotaExceeded. What several write at the same moment may go a little beyond. */
export async function requireRoom(
  { parts }: Session,
  { spec: { quota }, uid }: OpenBucket,
  size: number,
): Promise<void> {
  if (quota === undefined) return;
  const { bytes, versions } = await parts.metadata.usage(uid);
  if (quota.objects !== undefined && versions + 1 > quota.objects)
    throw new S3Error('QuotaExceeded', `the bucket may hold ${quota.objects} versions, and does`);
  const nano = quota.bytes === undefined ? undefined : parseQuantity(quota.bytes).nano;
  if (nano !== undefined && BigInt(bytes + size) * NANO > nano)
    throw new S3Error('QuotaExceeded', `the bucket may hold ${quota.bytes} bytes, and has ${bytes} already`);
}

/** Commits a version; gives the room of its bytes back where it is refused. */
export async function commit(session: Session, version: NewVersion): Promise<Written> {
  const { metadata } = session.parts;
  let outcome: Outcome<Written> | undefined;
  try {
    outcome = await metadata.put(version);
  } finally {
    // Where it is not known what became of it the bytes stay: the sweep finds out.
    if (outcome !== undefined && outcome.outcome !== 'done') await giveBack(session, version.pieces);
  }
  if (outcome.outcome !== 'done') throw refusalError(outcome.outcome);
  return outcome;
}

export const giveBack = ({ parts }: Session, pieces: readonly Pick<Piece, 'blob'>[]): Promise<void> =>
  parts.blobs.delete(pieces.map(({ blob }) => blob));

export async function putObject(session: Session, call: CallOf<'PutObject'>): Promise<Reply> {
  const { key, metadata, tags, condition } = call;
  const bucket = await openForWriting(session, call.bucket, key);
  const lock = await lockFor(session, bucket, key, call.lock);
  const encryption = encryptionFor(bucket, call.encryption);
  await requireRoom(session, bucket, call.body.size ?? 0);
  const customer = call.encryption?.type === 'customer' ? call.encryption : undefined;
  const { piece, result } = await storeBody(
    session,
    bucket,
    { bucket: bucket.uid, key, customer },
    { expected: call.body, etag: etagOf(encryption) },
  );
  const written = await commit(session, {
    bucket: bucket.uid,
    key,
    versioning: bucket.spec.versioning,
    condition,
    size: result.size,
    etag: result.etag,
    checksums: result.checksums,
    checksumType: 'FULL_OBJECT',
    sealed: await sealed(session, bucket, key, { metadata, tags, encryption }, [piece]),
    tagCount: tags.length,
    lock,
    pieces: [piece],
  });
  return emptyAnswer(
    200,
    writtenHeaders({
      etag: result.etag,
      ...toldVersionId(bucket, written.versionId),
      encryption,
      checksums: result.checksums,
      checksumType: 'FULL_OBJECT',
    }),
  );
}

/** The bytes are read, decrypted and encrypted anew: no two objects share a key. */
export async function copyObject(session: Session, call: CallOf<'CopyObject'>): Promise<Reply> {
  const { key, source } = call;
  const bucket = await openForWriting(session, call.bucket, key);
  const from = await session.permitted(source.bucket, OPERATIONS.GetObject, source.key);
  const version = await findVersion(session, from, source.key, source.versionId);
  const said = await headersOf(session, from, version);
  checkCustomerKey(said, source.customerKey);
  checkCopyConditions(source.conditions, version);
  if (version.size > PUT_BYTES_MAX)
    throw new S3Error('InvalidRequest', 'it is larger than 5 GiB: copy it in parts');
  const isSame = from.uid === bucket.uid && source.key === key && source.versionId === undefined;
  if (isSame && !call.replaceMetadata && !call.replaceTags && call.encryption === undefined)
    throw new S3Error(
      'InvalidRequest',
      'an object is copied onto itself only with other metadata, tags or encryption',
    );
  const lock = await lockFor(session, bucket, key, call.lock);
  const encryption = encryptionFor(bucket, call.encryption);
  await requireRoom(session, bucket, version.size);
  const customer = call.encryption?.type === 'customer' ? call.encryption : undefined;
  const [algorithm] = Object.keys(version.checksums) as (typeof call.algorithm)[];
  const wanted = call.algorithm ?? algorithm;
  const body = openBody(
    readBytes(session, from, version, { from: 0, to: version.size }, source.customerKey),
    {
      expected: { size: version.size, trailers: [], chunked: false },
      payload: { form: 'unsigned' },
      hashing: session.parts.hashing,
      ...(wanted === undefined ? {} : { algorithm: wanted }),
      etag: etagOf(encryption),
    },
  );
  const stored = await storeBytes(
    session,
    bucket,
    { bucket: bucket.uid, key, customer },
    body.bytes,
    version.size,
  );
  const result = body.result();
  const etag = keptEtag(version, encryption) ?? result.etag;
  const piece = { ...stored, size: result.size };
  const metadata = call.replaceMetadata ? call.metadata : said.metadata;
  const tags = call.replaceTags ? call.tags : said.tags;
  const written = await commit(session, {
    bucket: bucket.uid,
    key,
    versioning: bucket.spec.versioning,
    condition: call.condition,
    size: result.size,
    etag,
    checksums: result.checksums,
    checksumType: 'FULL_OBJECT',
    sealed: await sealed(session, bucket, key, { metadata, tags, encryption }, [piece]),
    tagCount: tags.length,
    lock,
    pieces: [piece],
  });
  const copied = {
    etag,
    modified_ms: written.modified_ms,
    checksums: result.checksums,
    checksumType: 'FULL_OBJECT' as const,
  };
  return xmlAnswer(copyDocument('CopyObjectResult', copied), {
    ...versionHeaders(toldVersionId(bucket, written.versionId).versionId),
    ...encryptionHeaders(encryption),
    ...(from.spec.versioning === 'off' ? {} : { 'x-amz-copy-source-version-id': version.versionId }),
  });
}

/** The same bytes keep an ETag that is not held to be their MD5: whoever compares it finds them the same. */
const keptEtag = ({ etag }: ObjectVersion, encryption: ToldEncryption): string | undefined =>
  etagOf(encryption) === 'any' && !etag.includes('-') ? etag : undefined;

export async function deleteObject(session: Session, call: CallOf<'DeleteObject'>): Promise<Reply> {
  const bucket = await session.permitted(call.bucket, DELETE, call.key);
  const { versionId, isMarker } = await remove(session, bucket, call, call.bypassGovernance);
  return emptyAnswer(204, deletedHeaders({ ...(versionId === undefined ? {} : { versionId }), isMarker }));
}

interface Removing {
  readonly key: string;
  readonly versionId?: string;
  readonly ifMatch?: string;
}

/** What is not there is removed already. `isMarker`: a delete marker was made, or removed. */
async function remove(
  session: Session,
  bucket: OpenBucket,
  { key, versionId, ifMatch }: Removing,
  bypass: boolean,
): Promise<{ readonly versionId?: string; readonly isMarker: boolean }> {
  const { metadata } = session.parts;
  if (versionId !== undefined) {
    if (bypass) await session.require(bucket, PASS_GOVERNANCE, key);
    const removed = await metadata.removeVersion(bucket.uid, key, versionId, { passGovernance: bypass });
    if (removed.outcome === 'done') return { versionId, isMarker: removed.isMarker };
    if (removed.outcome === 'missing') return { versionId, isMarker: false };
    throw refusalError(removed.outcome);
  }
  const { versioning } = bucket.spec;
  const removed = await metadata.remove({
    bucket: bucket.uid,
    key,
    versioning,
    ...(ifMatch === undefined ? {} : { condition: { ifMatch } }),
  });
  if (removed.outcome !== 'done') throw refusalError(removed.outcome);
  return removed.markerId === undefined
    ? { isMarker: false }
    : { versionId: removed.markerId, isMarker: true };
}

export async function deleteObjects(session: Session, call: CallOf<'DeleteObjects'>): Promise<Reply> {
  const bucket = await session.bucket(call.bucket);
  const { objects, quiet } = readDeletion(await documentOf(session, call));
  const done: DeletedObject[] = [];
  for (let at = 0; at < objects.length; at += DELETES_AT_ONCE) {
    const some = objects.slice(at, at + DELETES_AT_ONCE);
    done.push(...(await Promise.all(some.map((one) => removed(one)))));
  }
  async function removed(one: Removing): Promise<DeletedObject> {
    const named = { key: one.key, ...(one.versionId === undefined ? {} : { versionId: one.versionId }) };
    try {
      checkKey(one.key);
      await session.require(bucket, DELETE, one.key);
      const { versionId, isMarker } = await remove(session, bucket, one, call.bypassGovernance);
      return { ...named, ...(isMarker && versionId !== undefined ? { markerId: versionId } : {}) };
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      return { ...named, error };
    }
  }
  return xmlAnswer(deletedDocument(done, quiet));
}

/** What is said of one version: tags, retention, legal hold, ACL. */
import type { LockChange } from '../../metadata/store.ts';
import { emptyAnswer, xmlAnswer } from '../../s3/answers/answer.ts';
import { versionHeaders } from '../../s3/answers/object-headers.ts';
import type { CallOf } from '../../s3/calls.ts';
import { aclDocument, checkAcl } from '../../s3/documents/acl.ts';
import {
  legalHoldDocument,
  readLegalHold,
  readRetention,
  retentionDocument,
} from '../../s3/documents/object-lock.ts';
import { readTags, tagsDocument } from '../../s3/documents/tags.ts';
import { S3Error } from '../../s3/errors.ts';
import { OBJECT_TAGS_MAX } from '../../s3/headers/tags.ts';
import type { Tag } from '../../s3/parameters.ts';
import { type AuthorizedCall, OPERATIONS, PASS_GOVERNANCE } from '../operations.ts';
import type { Reply } from '../reply.ts';
import type { OpenBucket, Session } from '../session.ts';
import { headersOf, refusalError, sealed } from '../stored.ts';
import { documentOf } from './document.ts';
import { findVersion, toldVersionId } from './read.ts';

interface OfVersion {
  readonly call: AuthorizedCall;
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

async function find(session: Session, call: OfVersion) {
  const bucket = await session.permitted(call.bucket, OPERATIONS[call.call], call.key);
  const version = await findVersion(session, bucket, call.key, call.versionId);
  return { bucket, version, headers: versionHeaders(toldVersionId(bucket, version.versionId).versionId) };
}

export async function getObjectTagging(session: Session, call: CallOf<'GetObjectTagging'>): Promise<Reply> {
  const { bucket, version, headers } = await find(session, call);
  const { tags } = await headersOf(session, bucket, version);
  return xmlAnswer(tagsDocument(tags), headers);
}

export async function putObjectTagging(session: Session, call: CallOf<'PutObjectTagging'>): Promise<Reply> {
  return emptyAnswer(
    200,
    await setTags(session, call, readTags(await documentOf(session, call), OBJECT_TAGS_MAX)),
  );
}

export async function deleteObjectTagging(
  session: Session,
  call: CallOf<'DeleteObjectTagging'>,
): Promise<Reply> {
  return emptyAnswer(204, await setTags(session, call, []));
}

async function setTags(session: Session, call: OfVersion, tags: readonly Tag[]) {
  const { bucket, version, headers } = await find(session, call);
  const said = { ...(await headersOf(session, bucket, version)), tags };
  const outcome = await session.parts.metadata.setSealed(bucket.uid, call.key, version.versionId, {
    sealed: await sealed(session, bucket, call.key, said, version.pieces),
    tagCount: tags.length,
  });
  if (outcome.outcome !== 'done') throw refusalError(outcome.outcome);
  return headers;
}

function requireLock({ spec }: OpenBucket): void {
  if (spec.objectLock?.enabled !== true) throw new S3Error('InvalidRequest', 'the bucket has no object lock');
}

export async function getObjectRetention(
  session: Session,
  call: CallOf<'GetObjectRetention'>,
): Promise<Reply> {
  const { bucket, version } = await find(session, call);
  requireLock(bucket);
  const { mode, retainUntil_ms } = version.lock;
  if (mode === undefined || retainUntil_ms === undefined) throw new S3Error('NoSuchObjectLockConfiguration');
  return xmlAnswer(retentionDocument({ mode, until_ms: retainUntil_ms }));
}

export async function putObjectRetention(
  session: Session,
  call: CallOf<'PutObjectRetention'>,
): Promise<Reply> {
  const { bucket, version } = await find(session, call);
  requireLock(bucket);
  const retention = readRetention(await documentOf(session, call));
  if (retention !== undefined && retention.until_ms <= session.now_ms)
    throw new S3Error('InvalidArgument', 'RetainUntilDate must be in the future');
  if (call.bypassGovernance) await session.require(bucket, PASS_GOVERNANCE, call.key);
  const { mode, until_ms } = retention ?? {};
  await setLock(session, bucket, call, version.versionId, call.bypassGovernance, {
    retention: mode === undefined || until_ms === undefined ? undefined : { mode, retainUntil_ms: until_ms },
  });
  return emptyAnswer();
}

export async function getObjectLegalHold(
  session: Session,
  call: CallOf<'GetObjectLegalHold'>,
): Promise<Reply> {
  const { bucket, version } = await find(session, call);
  requireLock(bucket);
  return xmlAnswer(legalHoldDocument(version.lock.legalHold === true));
}

export async function putObjectLegalHold(
  session: Session,
  call: CallOf<'PutObjectLegalHold'>,
): Promise<Reply> {
  const { bucket, version } = await find(session, call);
  requireLock(bucket);
  const legalHold = readLegalHold(await documentOf(session, call));
  await setLock(session, bucket, call, version.versionId, false, { legalHold });
  return emptyAnswer();
}

async function setLock(
  { parts }: Session,
  bucket: OpenBucket,
  { key }: OfVersion,
  versionId: string,
  passGovernance: boolean,
  change: LockChange,
): Promise<void> {
  const outcome = await parts.metadata.setLock(bucket.uid, key, versionId, change, { passGovernance });
  if (outcome.outcome === 'locked') {
    throw new S3Error(
      'AccessDenied',
      'retention is only made longer or stricter; governance is also shortened by whoever may pass it, with x-amz-bypass-governance-retention',
    );
  }
  if (outcome.outcome !== 'done') throw refusalError(outcome.outcome);
}

export async function getObjectAcl(session: Session, call: CallOf<'GetObjectAcl'>): Promise<Reply> {
  const { headers } = await find(session, call);
  return xmlAnswer(aclDocument(session.organization), headers);
}

/** There are no ACLs but the one that says nothing. */
export async function putObjectAcl(session: Session, call: CallOf<'PutObjectAcl'>): Promise<Reply> {
  const { headers } = await find(session, call);
  const bytes = await documentOf(session, call);
  if (bytes.length > 0) checkAcl(bytes, session.organization);
  return emptyAnswer(200, headers);
}

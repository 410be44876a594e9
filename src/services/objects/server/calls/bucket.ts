/** Buckets and their settings. What is set here is the Bucket's spec: the change is made by the region process, as whoever signed, like one by `kubectl`. */
import { sleep } from '#kernel/clock.ts';
import { isPublic, parsePolicy } from '../../bucket/policy.ts';
import { emptyAnswer, xmlAnswer } from '../../s3/answers/answer.ts';
import type { CallName, CallOf } from '../../s3/calls.ts';
import { aclDocument, checkAcl } from '../../s3/documents/acl.ts';
import { corsDocument, corsHeaders, readCors } from '../../s3/documents/cors.ts';
import { lifecycleDocument, readLifecycle } from '../../s3/documents/lifecycle.ts';
import { objectLockDocument, readObjectLock } from '../../s3/documents/object-lock.ts';
import {
  encryptionDocument,
  locationDocument,
  loggingDocument,
  ownershipControlsDocument,
  policyStatusDocument,
  publicAccessBlockDocument,
  readEncryption,
  readLogging,
  readNewBucket,
  readPublicAccessBlock,
  readVersioning,
  versioningDocument,
} from '../../s3/documents/settings.ts';
import { readTags, tagsAsRecord, tagsDocument, tagsOfRecord } from '../../s3/documents/tags.ts';
import { S3Error } from '../../s3/errors.ts';
import { BUCKET_TAGS_MAX } from '../../s3/headers/tags.ts';
import { type AuthorizedCall, OPERATIONS } from '../operations.ts';
import { asS3Refusal } from '../refusals.ts';
import type { Reply } from '../reply.ts';
import type { OpenBucket, Session } from '../session.ts';
import { documentOf } from './document.ts';

/** Between two looks for whether a bucket is there, or gone, and how many there are. */
const LOOK_MS = 20;
const LOOKS_MAX = 250;

type Spec = Readonly<Record<string, unknown>>;

/** As whoever signed; what is asked for after that is as it is then. */
export async function changeBucket(
  session: Session,
  name: string,
  what: { readonly op: 'create' | 'patch'; readonly spec: Spec } | { readonly op: 'delete' },
): Promise<void> {
  const { by, parts, realm, requestId, address } = session;
  if (by === undefined)
    throw new S3Error('AccessDenied', 'the request is not signed; sign it with an access key');
  const answer = await parts.gate.ask('change', {
    realm,
    accessKey: by.accessKey,
    name,
    requestId,
    ...(address === undefined ? {} : { address }),
    ...what,
  });
  // Whoever changes a bucket and then asks for it sees what they did, whenever news come.
  parts.answers.forget(realm);
  if (!answer.ok) throw asS3Refusal(answer, name);
}

export async function createBucket(session: Session, call: CallOf<'CreateBucket'>): Promise<Reply> {
  const { location, tags } = readNewBucket(await documentOf(session, call));
  const { domain } = session.parts;
  if (location !== undefined && location !== domain && location !== 'us-east-1')
    throw new S3Error('InvalidLocationConstraint', `buckets lie in region ${domain}; say that, or nothing`);
  await changeBucket(session, call.bucket, {
    op: 'create',
    spec: {
      ...(call.objectLock ? { versioning: 'enabled', objectLock: { enabled: true } } : {}),
      ...(tags.length > 0 ? { tags: tagsAsRecord(tags) } : {}),
    },
  });
  await untilUsable(session, call.bucket);
  return emptyAnswer(200, { location: `/${call.bucket}` });
}

/** Clients write into it next. One whose key takes longer is answered as made; it is. */
async function untilUsable({ realm, parts, signal }: Session, name: string): Promise<void> {
  for (let looks = 0; looks < LOOKS_MAX && !signal.aborted; looks++) {
    // It fails until the bucket has its key.
    const made = await parts.gate.ask('bucket', { realm, name }).catch(() => null);
    if (made !== null) break;
    await sleep(parts.clock, LOOK_MS, signal);
  }
  parts.answers.forget(realm);
}

/** Answered once the bucket is gone: clients make one of the same name next. One that takes longer, as its key does, goes by itself. */
export async function deleteBucket(session: Session, call: CallOf<'DeleteBucket'>): Promise<Reply> {
  const { realm, parts, signal } = session;
  const { uid } = await session.bucket(call.bucket);
  await changeBucket(session, call.bucket, { op: 'delete' });
  for (let looks = 0; looks < LOOKS_MAX && !signal.aborted; looks++) {
    const now = await parts.gate.ask('bucket', { realm, name: call.bucket });
    if (now?.uid !== uid) break;
    await sleep(parts.clock, LOOK_MS, signal);
  }
  parts.answers.forget(realm);
  return emptyAnswer(204);
}

export async function headBucket(session: Session, call: CallOf<'HeadBucket'>): Promise<Reply> {
  await open(session, call);
  return emptyAnswer(200, { 'x-amz-bucket-region': session.parts.domain });
}

export async function preflight(session: Session, call: CallOf<'Preflight'>): Promise<Reply> {
  const { spec } = await session.bucket(call.bucket);
  const headers = corsHeaders(spec.cors ?? [], call);
  if (headers === undefined) throw new S3Error('CORSForbidden');
  return emptyAnswer(200, headers);
}

type Named = { readonly call: CallName; readonly bucket: string };
type Authorized = Named & { readonly call: AuthorizedCall };

/** The bucket, once whoever asks may see what the call is about. */
const open = (session: Session, { call, bucket }: Authorized): Promise<OpenBucket> =>
  session.permitted(bucket, OPERATIONS[call]);

/** One of a bucket’s settings, told. */
const telling =
  (tell: (bucket: OpenBucket, session: Session) => string) =>
  async (session: Session, call: Authorized): Promise<Reply> =>
    xmlAnswer(tell(await open(session, call), session));

/** One of them, set from the document that came. */
const setting =
  <N extends CallName>(read: (bytes: Buffer, bucket: OpenBucket) => Spec, status: 200 | 204 = 200) =>
  async (session: Session, call: CallOf<N> & Named): Promise<Reply> => {
    const bucket = await session.bucket(call.bucket);
    const bytes = await documentOf(session, call as unknown as Parameters<typeof documentOf>[1]);
    await changeBucket(session, call.bucket, { op: 'patch', spec: read(bytes, bucket) });
    return emptyAnswer(status);
  };

/** One of them, taken away: as a merge patch says it. */
const unsetting =
  (spec: Spec) =>
  async (session: Session, call: Named): Promise<Reply> => {
    await session.bucket(call.bucket);
    await changeBucket(session, call.bucket, { op: 'patch', spec });
    return emptyAnswer(204);
  };

export const getBucketLocation = telling((_, { parts }) => locationDocument(parts.domain));

export const getBucketVersioning = telling(({ spec }) => versioningDocument(spec.versioning));
export const putBucketVersioning = setting<'PutBucketVersioning'>((bytes, { spec }) => {
  const versioning = readVersioning(bytes);
  if (spec.objectLock?.enabled === true && versioning !== 'enabled')
    throw new S3Error('InvalidBucketState', 'the bucket has object lock, so its versioning stays enabled');
  return { versioning };
});

export const getObjectLockConfiguration = telling(({ spec: { objectLock } }) => {
  if (objectLock?.enabled !== true) throw new S3Error('ObjectLockConfigurationNotFoundError');
  return objectLockDocument(objectLock);
});
export const putObjectLockConfiguration = setting<'PutObjectLockConfiguration'>((bytes) => {
  const { enabled, defaultRetention = null } = readObjectLock(bytes);
  // In place of what there was, not merged with it: days and years exclude each other.
  const retention = defaultRetention && { days: null, years: null, ...defaultRetention };
  return { objectLock: { enabled, defaultRetention: retention } };
});

export const getBucketLifecycleConfiguration = telling(({ spec: { lifecycle } }) => {
  if (lifecycle === undefined || lifecycle.length === 0) throw new S3Error('NoSuchLifecycleConfiguration');
  return lifecycleDocument(lifecycle);
});
export const putBucketLifecycleConfiguration = setting<'PutBucketLifecycleConfiguration'>((bytes) => ({
  lifecycle: readLifecycle(bytes),
}));
export const deleteBucketLifecycle = unsetting({ lifecycle: null });

export const getBucketCors = telling(({ spec: { cors } }) => {
  if (cors === undefined || cors.length === 0) throw new S3Error('NoSuchCORSConfiguration');
  return corsDocument(cors);
});
export const putBucketCors = setting<'PutBucketCors'>((bytes) => ({ cors: readCors(bytes) }));
export const deleteBucketCors = unsetting({ cors: null });

export async function getBucketPolicy(session: Session, call: CallOf<'GetBucketPolicy'>): Promise<Reply> {
  const { policy } = (await open(session, call)).spec;
  if (policy === undefined) throw new S3Error('NoSuchBucketPolicy');
  return { status: 200, headers: { 'content-type': 'application/json' }, body: policy };
}
export const getBucketPolicyStatus = telling(({ spec: { policy }, name }, { organization }) => {
  if (policy === undefined) throw new S3Error('NoSuchBucketPolicy');
  return policyStatusDocument(isPublic(parsePolicy(policy, { bucket: name, organization })));
});
export const putBucketPolicy = setting<'PutBucketPolicy'>(
  (bytes) => ({ policy: bytes.toString('utf8') }),
  204,
);
export const deleteBucketPolicy = unsetting({ policy: null });

export const getBucketEncryption = telling(({ spec: { key } }) =>
  encryptionDocument(key === undefined ? {} : { key }),
);
export const putBucketEncryption = setting<'PutBucketEncryption'>((bytes) => ({
  key: readEncryption(bytes).key ?? null,
}));
export const deleteBucketEncryption = unsetting({ key: null });

export const getPublicAccessBlock = telling(({ spec }) => publicAccessBlockDocument(spec.publicAccessBlock));
export const putPublicAccessBlock = setting<'PutPublicAccessBlock'>((bytes) => ({
  publicAccessBlock: readPublicAccessBlock(bytes),
}));
export const deletePublicAccessBlock = unsetting({
  publicAccessBlock: {
    blockPublicAcls: false,
    ignorePublicAcls: false,
    blockPublicPolicy: false,
    restrictPublicBuckets: false,
  },
});

export const getBucketTagging = telling(({ spec: { tags } }) => {
  if (tags === undefined || Object.keys(tags).length === 0) throw new S3Error('NoSuchTagSet');
  return tagsDocument(tagsOfRecord(tags));
});
export async function putBucketTagging(session: Session, call: CallOf<'PutBucketTagging'>): Promise<Reply> {
  const { spec } = await session.bucket(call.bucket);
  const tags = tagsAsRecord(readTags(await documentOf(session, call), BUCKET_TAGS_MAX));
  // Those that are not named go.
  const gone = Object.fromEntries(Object.keys(spec.tags ?? {}).map((name) => [name, null]));
  await changeBucket(session, call.bucket, { op: 'patch', spec: { tags: { ...gone, ...tags } } });
  return emptyAnswer(204);
}
export const deleteBucketTagging = unsetting({ tags: null });

export const getBucketAcl = telling((_, { organization }) => aclDocument(organization));
export async function putBucketAcl(session: Session, call: CallOf<'PutBucketAcl'>): Promise<Reply> {
  await open(session, call);
  const bytes = await documentOf(session, call);
  if (bytes.length > 0) checkAcl(bytes, session.organization);
  return emptyAnswer();
}
export const getBucketOwnershipControls = telling(() => ownershipControlsDocument());

export const getBucketLogging = telling(({ spec }) => loggingDocument(spec.logging));
export const putBucketLogging = setting<'PutBucketLogging'>((bytes) => ({
  logging: readLogging(bytes) ?? null,
}));

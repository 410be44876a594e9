/** Which right each call takes: a verb on a subresource of its Bucket, and what a bucket policy calls it. */
import type { Verb } from '#kernel/access.ts';
import type { Question } from '../gate/protocol.ts';
import type { CallName } from '../s3/calls.ts';

export interface Operation {
  readonly verb: Verb;
  /** Absent: of the Bucket itself. */
  readonly subresource?: NonNullable<Question['subresource']>;
  /** S3's name of the permission (S3 user guide, "Required permissions for Amazon S3 API operations"). */
  readonly action: string;
  /** The policy's resource is the object rather than the bucket. */
  readonly isOfObject?: true;
}

const onObject = (verb: Verb, action: string): Operation => ({
  verb,
  subresource: 'objects',
  action: `s3:${action}`,
  isOfObject: true,
});
const onLock = (verb: Verb, action: string): Operation => ({
  verb,
  subresource: 'retention',
  action: `s3:${action}`,
  isOfObject: true,
});
const onList = (action: string): Operation => ({
  verb: 'list',
  subresource: 'objects',
  action: `s3:${action}`,
});
const onBucket = (action: string): Operation => ({ verb: 'get', action: `s3:${action}` });

/** Calls that change a Bucket are authorized where they are carried out; those without a bucket of theirs, by what they list. */
export const OPERATIONS = {
  HeadBucket: onList('ListBucket'),
  GetBucketLocation: onBucket('GetBucketLocation'),
  GetBucketVersioning: onBucket('GetBucketVersioning'),
  GetObjectLockConfiguration: onBucket('GetBucketObjectLockConfiguration'),
  GetBucketLifecycleConfiguration: onBucket('GetLifecycleConfiguration'),
  GetBucketCors: onBucket('GetBucketCORS'),
  GetBucketPolicy: onBucket('GetBucketPolicy'),
  GetBucketPolicyStatus: onBucket('GetBucketPolicyStatus'),
  GetBucketEncryption: onBucket('GetEncryptionConfiguration'),
  GetPublicAccessBlock: onBucket('GetBucketPublicAccessBlock'),
  GetBucketTagging: onBucket('GetBucketTagging'),
  GetBucketAcl: onBucket('GetBucketAcl'),
  GetBucketOwnershipControls: onBucket('GetBucketOwnershipControls'),
  GetBucketLogging: onBucket('GetBucketLogging'),
  GetBucketInventoryConfiguration: onBucket('GetInventoryConfiguration'),
  ListBucketInventoryConfigurations: onBucket('GetInventoryConfiguration'),
  PutBucketAcl: { verb: 'update', action: 's3:PutBucketAcl' },

  ListObjects: onList('ListBucket'),
  ListObjectsV2: onList('ListBucket'),
  ListObjectVersions: onList('ListBucketVersions'),
  ListMultipartUploads: onList('ListBucketMultipartUploads'),
  ListParts: { ...onObject('list', 'ListMultipartUploadParts') },

  GetObject: onObject('get', 'GetObject'),
  HeadObject: onObject('get', 'GetObject'),
  GetObjectAttributes: onObject('get', 'GetObjectAttributes'),
  GetObjectTagging: onObject('get', 'GetObjectTagging'),
  GetObjectAcl: onObject('get', 'GetObjectAcl'),
  GetObjectRetention: onLock('get', 'GetObjectRetention'),
  GetObjectLegalHold: onLock('get', 'GetObjectLegalHold'),

  PutObject: onObject('create', 'PutObject'),
  PostObject: onObject('create', 'PutObject'),
  CopyObject: onObject('create', 'PutObject'),
  CreateMultipartUpload: onObject('create', 'PutObject'),
  UploadPart: onObject('create', 'PutObject'),
  UploadPartCopy: onObject('create', 'PutObject'),
  CompleteMultipartUpload: onObject('create', 'PutObject'),
  AbortMultipartUpload: onObject('create', 'AbortMultipartUpload'),
  PutObjectTagging: onObject('create', 'PutObjectTagging'),
  DeleteObjectTagging: onObject('create', 'DeleteObjectTagging'),
  PutObjectAcl: onObject('create', 'PutObjectAcl'),

  DeleteObject: onObject('delete', 'DeleteObject'),
  DeleteObjects: { verb: 'delete', subresource: 'objects', action: 's3:DeleteObject' },

  PutObjectRetention: onLock('update', 'PutObjectRetention'),
  PutObjectLegalHold: onLock('update', 'PutObjectLegalHold'),
} as const satisfies { readonly [N in CallName]?: Operation };

/** Calls that are authorized here, by what stands above: none of them can be without a right that it takes. */
export type AuthorizedCall = keyof typeof OPERATIONS;

export const PASS_GOVERNANCE: Operation = {
  verb: 'update',
  subresource: 'governance',
  action: 's3:BypassGovernanceRetention',
  isOfObject: true,
};

/** For the record: also of calls that are authorized where they are carried out. */
export function recordedOperation(call: CallName | undefined): Pick<Operation, 'verb' | 'subresource'> {
  if (call === undefined) return { verb: 'get' };
  const known: Operation | undefined = (OPERATIONS as { readonly [N in CallName]?: Operation })[call];
  if (known !== undefined) return known;
  if (call === 'CreateBucket') return { verb: 'create' };
  if (call === 'DeleteBucket') return { verb: 'delete' };
  if (call === 'ListBuckets') return { verb: 'list' };
  // What is set or taken away of a bucket changes it.
  return { verb: call === 'Preflight' ? 'get' : 'update' };
}

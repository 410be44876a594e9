/** Which function serves which call. */
import type { CallName, CallOf, S3Call } from '../s3/calls.ts';
import * as bucket from './calls/bucket.ts';
import * as inventory from './calls/inventory.ts';
import * as list from './calls/list.ts';
import * as read from './calls/read.ts';
import * as upload from './calls/upload.ts';
import * as version from './calls/version-settings.ts';
import * as write from './calls/write.ts';
import type { Handler, Reply } from './reply.ts';
import type { Session } from './session.ts';

const HANDLERS: { readonly [N in CallName]: Handler<CallOf<N>> } = {
  ListBuckets: list.listBuckets,
  CreateBucket: bucket.createBucket,
  HeadBucket: bucket.headBucket,
  DeleteBucket: bucket.deleteBucket,
  GetBucketLocation: bucket.getBucketLocation,
  GetBucketVersioning: bucket.getBucketVersioning,
  PutBucketVersioning: bucket.putBucketVersioning,
  GetObjectLockConfiguration: bucket.getObjectLockConfiguration,
  PutObjectLockConfiguration: bucket.putObjectLockConfiguration,
  GetBucketLifecycleConfiguration: bucket.getBucketLifecycleConfiguration,
  PutBucketLifecycleConfiguration: bucket.putBucketLifecycleConfiguration,
  DeleteBucketLifecycle: bucket.deleteBucketLifecycle,
  GetBucketCors: bucket.getBucketCors,
  PutBucketCors: bucket.putBucketCors,
  DeleteBucketCors: bucket.deleteBucketCors,
  GetBucketPolicy: bucket.getBucketPolicy,
  GetBucketPolicyStatus: bucket.getBucketPolicyStatus,
  PutBucketPolicy: bucket.putBucketPolicy,
  DeleteBucketPolicy: bucket.deleteBucketPolicy,
  GetBucketEncryption: bucket.getBucketEncryption,
  PutBucketEncryption: bucket.putBucketEncryption,
  DeleteBucketEncryption: bucket.deleteBucketEncryption,
  GetPublicAccessBlock: bucket.getPublicAccessBlock,
  PutPublicAccessBlock: bucket.putPublicAccessBlock,
  DeletePublicAccessBlock: bucket.deletePublicAccessBlock,
  GetBucketTagging: bucket.getBucketTagging,
  PutBucketTagging: bucket.putBucketTagging,
  DeleteBucketTagging: bucket.deleteBucketTagging,
  GetBucketAcl: bucket.getBucketAcl,
  PutBucketAcl: bucket.putBucketAcl,
  GetBucketOwnershipControls: bucket.getBucketOwnershipControls,
  GetBucketLogging: bucket.getBucketLogging,
  PutBucketLogging: bucket.putBucketLogging,
  GetBucketInventoryConfiguration: inventory.getBucketInventoryConfiguration,
  PutBucketInventoryConfiguration: inventory.putBucketInventoryConfiguration,
  DeleteBucketInventoryConfiguration: inventory.deleteBucketInventoryConfiguration,
  ListBucketInventoryConfigurations: inventory.listBucketInventoryConfigurations,
  ListObjects: list.listObjects,
  ListObjectsV2: list.listObjectsV2,
  ListObjectVersions: list.listObjectVersions,
  ListMultipartUploads: list.listMultipartUploads,
  DeleteObjects: write.deleteObjects,
  // It is a PutObject by then: `form.ts`.
  PostObject: () => Promise.reject(new Error('a form was not opened')),
  GetObject: read.getObject,
  HeadObject: read.headObject,
  GetObjectAttributes: read.getObjectAttributes,
  PutObject: write.putObject,
  CopyObject: write.copyObject,
  DeleteObject: write.deleteObject,
  CreateMultipartUpload: upload.createMultipartUpload,
  UploadPart: upload.uploadPart,
  UploadPartCopy: upload.uploadPartCopy,
  CompleteMultipartUpload: upload.completeMultipartUpload,
  AbortMultipartUpload: upload.abortMultipartUpload,
  ListParts: list.listParts,
  GetObjectTagging: version.getObjectTagging,
  PutObjectTagging: version.putObjectTagging,
  DeleteObjectTagging: version.deleteObjectTagging,
  GetObjectRetention: version.getObjectRetention,
  PutObjectRetention: version.putObjectRetention,
  GetObjectLegalHold: version.getObjectLegalHold,
  PutObjectLegalHold: version.putObjectLegalHold,
  GetObjectAcl: version.getObjectAcl,
  PutObjectAcl: version.putObjectAcl,
  Preflight: bucket.preflight,
};

export function dispatch(session: Session, call: S3Call): Promise<Reply> {
  return (HANDLERS[call.call] as Handler<S3Call>)(session, call);
}

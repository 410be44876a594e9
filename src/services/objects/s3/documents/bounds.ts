/** How long the document of each call may be, in bytes; `readSmallBody` holds it to that. */
import type { CallName } from '../calls.ts';

const KIB = 1_024;
const MIB = 1_024 * KIB;

/** Of settings. */
const SMALL = 64 * KIB;

export const DOCUMENT_BYTES_MAX = {
  CreateBucket: SMALL,
  PutBucketVersioning: SMALL,
  PutObjectLockConfiguration: SMALL,
  /** 1,000 rules. */
  PutBucketLifecycleConfiguration: 2 * MIB,
  /** 100 rules. */
  PutBucketCors: 512 * KIB,
  /** The policy itself has at most 20 KiB. */
  PutBucketPolicy: SMALL,
  PutBucketEncryption: SMALL,
  PutPublicAccessBlock: SMALL,
  PutBucketTagging: SMALL,
  PutBucketAcl: SMALL,
  PutBucketLogging: SMALL,
  PutBucketInventoryConfiguration: SMALL,
  PutObjectTagging: SMALL,
  PutObjectRetention: SMALL,
  PutObjectLegalHold: SMALL,
  PutObjectAcl: SMALL,
  /** 1,000 keys of 1,024 bytes, each of which may be an entity. */
  DeleteObjects: 8 * MIB,
  /** 10,000 parts. */
  CompleteMultipartUpload: 4 * MIB,
} as const satisfies Readonly<Partial<Record<CallName, number>>>;

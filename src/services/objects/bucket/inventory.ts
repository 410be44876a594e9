/** `Bucket.spec.inventory`: reports of what a bucket holds, put into a bucket as objects. Words are S3's (API reference, PutBucketInventoryConfiguration). */
import { Type } from 'typebox';
import { oneOf } from '#kernel/kind-parts.ts';
import { SET } from '#kernel/list-type.ts';

/** S3 has 1,000; each is a round over all of the bucket. */
export const INVENTORIES_MAX = 100;
export const INVENTORY_ID_PATTERN = '^[A-Za-z0-9._-]{1,64}$';

/** Columns that a report may have, in the order in which it has them. */
export const INVENTORY_FIELDS = [
  'Size',
  'LastModifiedDate',
  'ETag',
  'StorageClass',
  'IsMultipartUploaded',
  'ReplicationStatus',
  'EncryptionStatus',
  'ObjectLockRetainUntilDate',
  'ObjectLockMode',
  'ObjectLockLegalHoldStatus',
  'IntelligentTieringAccessTier',
  'BucketKeyStatus',
  'ChecksumAlgorithm',
] as const;

export const INVENTORY_VERSIONS = ['All', 'Current'] as const;
export const INVENTORY_SCHEDULES = ['Daily', 'Weekly'] as const;

const inventory = Type.Object({
  enabled: Type.Boolean({ default: true }),
  targetBucket: Type.String({
    minLength: 3,
    maxLength: 63,
    description: 'A bucket of the project; this one too.',
  }),
  prefix: Type.String({ default: '', maxLength: 512, description: 'What keys of reports begin with.' }),
  filter: Type.Optional(
    Type.Object(
      { prefix: Type.String({ minLength: 1, maxLength: 1_024, description: 'Of keys.' }) },
      { description: 'What it is about. Absent: every object.' },
    ),
  ),
  includedObjectVersions: oneOf(INVENTORY_VERSIONS, {
    default: 'Current',
    description: 'All: noncurrent versions and delete markers as well.',
  }),
  schedule: oneOf(INVENTORY_SCHEDULES, { default: 'Daily', description: 'How often it is made.' }),
  optionalFields: Type.Array(oneOf(INVENTORY_FIELDS), {
    ...SET,
    default: [],
    maxItems: INVENTORY_FIELDS.length,
    description: 'Columns beside bucket and key.',
  }),
});

export const inventories = Type.Record(Type.String({ pattern: INVENTORY_ID_PATTERN }), inventory, {
  maxProperties: INVENTORIES_MAX,
  description:
    'Reports of what it holds, by what they are called: CSV files with a manifest, as S3 has them.',
});

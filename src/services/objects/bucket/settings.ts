/** What may be set on a bucket, as schemas: the parts of `Bucket.spec` that S3 has calls of their own for. Words are S3's where it has words. */
import { Type } from 'typebox';
import { oneOf } from '#kernel/kind-parts.ts';
import { keyedBy, SET } from '#kernel/list-type.ts';
import { quantitySchema } from '#kernel/quantity.ts';

// Bounds of S3 itself (API reference: PutBucketLifecycleConfiguration, PutBucketCors, PutBucketTagging, PutBucketPolicy).
const LIFECYCLE_RULES_MAX = 1_000;
const CORS_RULES_MAX = 100;
const CORS_VALUES_MAX = 100;
const BUCKET_TAGS_MAX = 50;
const OBJECT_TAGS_MAX = 10;
const POLICY_BYTES_MAX = 20_480;
const KEY_LENGTH_MAX = 1_024;
const TAG_VALUE_MAX = 256;
const DAYS_MAX = 36_500;
const YEARS_MAX = 100;
const NONCURRENT_KEPT_MAX = 100;

export const VERSIONING = ['off', 'enabled', 'suspended'] as const;

export const versioning = oneOf(VERSIONING, {
  default: 'off',
  description:
    'Whether a write keeps what was there before. Once enabled it can be suspended, never off again.',
});

const days = (description: string) => Type.Integer({ minimum: 1, maximum: DAYS_MAX, description });

export const objectLock = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: 'Whether objects can be locked. It takes versioning, and never goes away again.',
    }),
    defaultRetention: Type.Optional(
      Type.Object(
        {
          mode: oneOf(['GOVERNANCE', 'COMPLIANCE'] as const, {
            description:
              'GOVERNANCE: whoever may update buckets/governance can pass over it. COMPLIANCE: nobody, until it is over.',
          }),
          days: Type.Optional(days('For so many days. This or years.')),
          years: Type.Optional(
            Type.Integer({ minimum: 1, maximum: YEARS_MAX, description: 'For so many years. This or days.' }),
          ),
        },
        { description: 'How new versions are locked that say nothing of it.' },
      ),
    ),
  },
  { description: 'Write once, read many.' },
);

export const tags = (max: number, description: string) =>
  Type.Record(Type.String({ minLength: 1, maxLength: 128 }), Type.String({ maxLength: TAG_VALUE_MAX }), {
    maxProperties: max,
    description,
  });

export const bucketTags = tags(BUCKET_TAGS_MAX, 'Tags of the bucket, as S3 has them.');

const size = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });

export const lifecycle = Type.Array(
  Type.Object({
    id: Type.String({ minLength: 1, maxLength: 255, description: 'What the rule is called.' }),
    enabled: Type.Boolean({ default: true }),
    filter: Type.Optional(
      Type.Object(
        {
          prefix: Type.Optional(Type.String({ maxLength: KEY_LENGTH_MAX, description: 'Of keys.' })),
          tags: Type.Optional(tags(OBJECT_TAGS_MAX, 'All of these.')),
          sizeGreaterThan: Type.Optional(size('In bytes.')),
          sizeLessThan: Type.Optional(size('In bytes.')),
        },
        { description: 'What it is about: all of it must hold. Absent: every object.' },
      ),
    ),
    expiration: Type.Optional(
      Type.Object(
        {
          days: Type.Optional(days('So long after it was written.')),
          date: Type.Optional(
            Type.String({
              pattern: '^\\d{4}-\\d{2}-\\d{2}T00:00:00(\\.000)?Z$',
              description: 'From this midnight on.',
            }),
          ),
          expiredObjectDeleteMarker: Type.Optional(
            Type.Boolean({ description: 'Removes delete markers that nothing is left behind.' }),
          ),
        },
        { description: 'When the current version goes: exactly one of these.' },
      ),
    ),
    noncurrentVersionExpiration: Type.Optional(
      Type.Object(
        {
          noncurrentDays: days('So long after another version took its place.'),
          newerNoncurrentVersions: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: NONCURRENT_KEPT_MAX,
              description: 'So many stay in any case.',
            }),
          ),
        },
        { description: 'When versions that are not current go.' },
      ),
    ),
    abortIncompleteMultipartUpload: Type.Optional(
      Type.Object(
        { daysAfterInitiation: days('So long after they began.') },
        { description: 'When uploads go that nobody completed.' },
      ),
    ),
  }),
  {
    ...keyedBy('id'),
    maxItems: LIFECYCLE_RULES_MAX,
    description: 'What is removed by itself. A lock holds against it.',
  },
);

const words = (description: string, maxLength = 255) =>
  Type.Array(Type.String({ minLength: 1, maxLength }), { ...SET, maxItems: CORS_VALUES_MAX, description });

export const cors = Type.Array(
  Type.Object({
    id: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    allowedOrigins: words('https://app.example; at most one * in each.'),
    allowedMethods: Type.Array(oneOf(['GET', 'PUT', 'HEAD', 'POST', 'DELETE']), {
      ...SET,
      minItems: 1,
      maxItems: 5,
      description: 'What such pages may do.',
    }),
    allowedHeaders: Type.Optional(words('Headers that they may send; at most one * in each.')),
    exposeHeaders: Type.Optional(words('Headers of answers that they may read.')),
    maxAgeSeconds: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 86_400, description: 'How long a browser may remember this.' }),
    ),
  }),
  {
    maxItems: CORS_RULES_MAX,
    description: 'Which web pages of other origins may use it. The first rule that fits counts.',
  },
);

export const policy = Type.String({
  minLength: 2,
  maxLength: POLICY_BYTES_MAX,
  description:
    'A bucket policy of S3 (JSON, Version 2012-10-17): refuses more than roles do, or opens to others of the organization.',
});

const blocked = (description: string) => Type.Boolean({ default: true, description });

export const publicAccessBlock = Type.Object(
  {
    blockPublicAcls: blocked('ACLs that open to everybody are refused.'),
    ignorePublicAcls: blocked('Those that are there open nothing.'),
    blockPublicPolicy: blocked('Policies that open to everybody are refused.'),
    restrictPublicBuckets: blocked('Those that are there open nothing to who is not of the organization.'),
  },
  {
    default: {},
    description: 'What stands against opening to everybody; all of it, unless it is taken away.',
  },
);

export const quota = Type.Object(
  {
    bytes: Type.Optional(quantitySchema('All versions together, as clients sent them.')),
    objects: Type.Optional(size('Versions.')),
  },
  { description: 'The most that it may hold.' },
);

export const logging = Type.Object(
  {
    targetBucket: Type.String({ minLength: 3, maxLength: 63, description: 'Another bucket of the project.' }),
    prefix: Type.String({ default: '', maxLength: 512, description: 'What keys of records begin with.' }),
  },
  {
    description:
      'Where records of access are put as objects, beside the access log, which has them in any case.',
  },
);

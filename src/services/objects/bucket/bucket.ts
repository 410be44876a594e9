/**
 * Bucket: a place for objects, reached by the S3 protocol. What S3 sets on a bucket is its spec, so that `kubectl apply` and `aws s3api` do the same; the objects themselves
 * are subresources that another process serves.
 */
import { Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, READY_COLUMN } from '#kernel/kind-parts.ts';
import type { KubeObject } from '#kernel/object.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import { OBJECTS_GROUP } from '../group.ts';
import { admitBucket } from './admission.ts';
import { BUCKET_FINALIZER, ERASE_ANNOTATION } from './erasing.ts';
import { inventories } from './inventory.ts';
import * as settings from './settings.ts';

const SPEC = Type.Object(
  {
    versioning: settings.versioning,
    objectLock: Type.Optional(settings.objectLock),
    lifecycle: Type.Optional(settings.lifecycle),
    cors: Type.Optional(settings.cors),
    policy: Type.Optional(settings.policy),
    publicAccessBlock: settings.publicAccessBlock,
    quota: Type.Optional(settings.quota),
    key: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 253,
        description:
          'A Key of the project (purpose encrypt or wrap) that holds the bucket’s own key: without it nothing of the bucket can be read. Another one is used for what is written from then on.',
      }),
    ),
    tags: Type.Optional(settings.bucketTags),
    logging: Type.Optional(settings.logging),
    inventory: Type.Optional(inventories),
  },
  { default: {} },
);

const STATUS = Type.Object({
  observedGeneration: OBSERVED_GENERATION,
  endpoint: Type.Optional(Type.String({ description: 'Where S3 clients find it, path-style.' })),
  keyVersion: Type.Optional(Type.Integer({ description: 'The version of its own key that is used.' })),
  key: Type.Optional(
    Type.String({ description: 'The Key that holds that version. Absent: the organization’s.' }),
  ),
  usage: Type.Optional(
    Type.Object(
      {
        bytes: Type.Integer({ description: 'All versions together, as clients sent them.' }),
        objects: Type.Integer({ description: 'Versions, uploads that are not complete among them.' }),
        observedAt: Type.String({ description: 'When it was so.' }),
      },
      { description: 'What it holds. It follows within a minute or so.' },
    ),
  ),
  damaged: Type.Optional(
    Type.Array(Type.Object({ key: Type.String(), version: Type.String(), foundAt: Type.String() }), {
      maxItems: 100,
      description:
        'Objects that the disk no longer has as they were written, the first hundred. They are not given out.',
    }),
  ),
  conditions: CONDITIONS,
});

export const Bucket = defineKind({
  group: OBJECTS_GROUP,
  version: 'v1',
  kind: 'Bucket',
  plural: 'buckets',
  categories: ['all'],
  scope: 'Project',
  realms: ['organization'],
  description:
    'A place for objects, reached by the S3 protocol with an AccessKey. Its name is unique in the organization. It cannot be deleted while it holds anything.',
  spec: SPEC,
  status: STATUS,
  columns: [
    {
      name: 'Versioning',
      type: 'string',
      description: 'off, enabled or suspended.',
      value: 'spec.versioning',
    },
    {
      name: 'Objects',
      type: 'integer',
      description: 'Versions that it holds.',
      value: 'status.usage.objects',
    },
    { name: 'Bytes', type: 'integer', description: 'Bytes that it holds.', value: 'status.usage.bytes' },
    READY_COLUMN,
    {
      name: 'Key',
      type: 'string',
      description: 'The Key that holds its own.',
      value: 'spec.key',
      priority: 1,
    },
    { name: 'Endpoint', type: 'string', description: 'Where it is.', value: 'status.endpoint', priority: 1 },
  ],
  subresources: {
    objects: {
      type: 'data',
      description: 'objects are at status.endpoint, by the S3 protocol with an AccessKey',
      verbs: ['create', 'delete', 'get', 'list'],
    },
    retention: {
      type: 'data',
      description: 'locks of objects are read and set by the S3 protocol, at status.endpoint',
      verbs: ['get', 'update'],
    },
    governance: {
      type: 'data',
      description: 'who may update this can pass over locks of governance mode, by the S3 protocol',
      verbs: ['update'],
    },
  },
  // What is in it is gone for good: it takes two people.
  guarded: [
    {
      transition: 'erase',
      approvals: 1,
      matches: (operation, object, previous) =>
        operation === 'update' && wantsErasing(object) && previous !== undefined && !wantsErasing(previous),
    },
  ],
  normalize: (object) => bornWithFinalizer(object, BUCKET_FINALIZER),
  admit: (request) => admitBucket(request, Bucket),
});

const wantsErasing = ({ metadata }: KubeObject): boolean =>
  metadata.annotations?.[ERASE_ANNOTATION] !== undefined;

export type BucketObject = ObjectOf<typeof Bucket>;
export type BucketSpec = BucketObject['spec'];
export type BucketStatus = NonNullable<BucketObject['status']>;

/**
 * Which call a request is, by its method, by whether it names a bucket and a key, and by its sub-resource (a query parameter such as `?versioning`). All that S3 has is in the
 * tables here, so that what this region does not have is answered 501 by its name. Source: S3 API reference, "Actions".
 */
import type { CallName } from './calls.ts';
import { notImplemented, S3Error } from './errors.ts';

type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
type Routes = Readonly<Record<string, Readonly<Partial<Record<Method, CallName | Missing>>>>>;

/** A call that S3 has and this region has not. */
interface Missing {
  readonly missing: string;
}
const missing = (name: string): Missing => ({ missing: name });

/** Without a sub-resource: the entry ''. */
const SERVICE: Routes = { '': { GET: 'ListBuckets' } };

const BUCKET: Routes = {
  '': {
    GET: 'ListObjects',
    HEAD: 'HeadBucket',
    PUT: 'CreateBucket',
    DELETE: 'DeleteBucket',
    POST: 'PostObject',
  },
  'list-type': { GET: 'ListObjectsV2' },
  acl: { GET: 'GetBucketAcl', PUT: 'PutBucketAcl' },
  cors: { GET: 'GetBucketCors', PUT: 'PutBucketCors', DELETE: 'DeleteBucketCors' },
  delete: { POST: 'DeleteObjects' },
  encryption: { GET: 'GetBucketEncryption', PUT: 'PutBucketEncryption', DELETE: 'DeleteBucketEncryption' },
  inventory: {
    GET: 'GetBucketInventoryConfiguration',
    PUT: 'PutBucketInventoryConfiguration',
    DELETE: 'DeleteBucketInventoryConfiguration',
  },
  lifecycle: {
    GET: 'GetBucketLifecycleConfiguration',
    PUT: 'PutBucketLifecycleConfiguration',
    DELETE: 'DeleteBucketLifecycle',
  },
  location: { GET: 'GetBucketLocation' },
  logging: { GET: 'GetBucketLogging', PUT: 'PutBucketLogging' },
  'object-lock': { GET: 'GetObjectLockConfiguration', PUT: 'PutObjectLockConfiguration' },
  ownershipControls: {
    GET: 'GetBucketOwnershipControls',
    PUT: missing('PutBucketOwnershipControls'),
    DELETE: missing('DeleteBucketOwnershipControls'),
  },
  policy: { GET: 'GetBucketPolicy', PUT: 'PutBucketPolicy', DELETE: 'DeleteBucketPolicy' },
  policyStatus: { GET: 'GetBucketPolicyStatus' },
  publicAccessBlock: {
    GET: 'GetPublicAccessBlock',
    PUT: 'PutPublicAccessBlock',
    DELETE: 'DeletePublicAccessBlock',
  },
  tagging: { GET: 'GetBucketTagging', PUT: 'PutBucketTagging', DELETE: 'DeleteBucketTagging' },
  uploads: { GET: 'ListMultipartUploads' },
  versioning: { GET: 'GetBucketVersioning', PUT: 'PutBucketVersioning' },
  versions: { GET: 'ListObjectVersions' },

  abac: { GET: missing('GetBucketAbac'), PUT: missing('PutBucketAbac') },
  accelerate: {
    GET: missing('GetBucketAccelerateConfiguration'),
    PUT: missing('PutBucketAccelerateConfiguration'),
  },
  analytics: {
    GET: missing('GetBucketAnalyticsConfiguration'),
    PUT: missing('PutBucketAnalyticsConfiguration'),
    DELETE: missing('DeleteBucketAnalyticsConfiguration'),
  },
  'intelligent-tiering': {
    GET: missing('GetBucketIntelligentTieringConfiguration'),
    PUT: missing('PutBucketIntelligentTieringConfiguration'),
    DELETE: missing('DeleteBucketIntelligentTieringConfiguration'),
  },
  metadataConfiguration: {
    GET: missing('GetBucketMetadataConfiguration'),
    POST: missing('CreateBucketMetadataConfiguration'),
    DELETE: missing('DeleteBucketMetadataConfiguration'),
  },
  metadataAnnotationTable: { PUT: missing('UpdateBucketMetadataAnnotationTableConfiguration') },
  metadataInventoryTable: { PUT: missing('UpdateBucketMetadataInventoryTableConfiguration') },
  metadataJournalTable: { PUT: missing('UpdateBucketMetadataJournalTableConfiguration') },
  metadataTable: {
    GET: missing('GetBucketMetadataTableConfiguration'),
    POST: missing('CreateBucketMetadataTableConfiguration'),
    DELETE: missing('DeleteBucketMetadataTableConfiguration'),
  },
  metrics: {
    GET: missing('GetBucketMetricsConfiguration'),
    PUT: missing('PutBucketMetricsConfiguration'),
    DELETE: missing('DeleteBucketMetricsConfiguration'),
  },
  notification: {
    GET: missing('GetBucketNotificationConfiguration'),
    PUT: missing('PutBucketNotificationConfiguration'),
  },
  replication: {
    GET: missing('GetBucketReplication'),
    PUT: missing('PutBucketReplication'),
    DELETE: missing('DeleteBucketReplication'),
  },
  requestPayment: {
    GET: missing('GetBucketRequestPayment'),
    PUT: missing('PutBucketRequestPayment'),
  },
  session: { GET: missing('CreateSession') },
  website: {
    GET: missing('GetBucketWebsite'),
    PUT: missing('PutBucketWebsite'),
    DELETE: missing('DeleteBucketWebsite'),
  },
};

const OBJECT: Routes = {
  '': { GET: 'GetObject', HEAD: 'HeadObject', PUT: 'PutObject', DELETE: 'DeleteObject' },
  acl: { GET: 'GetObjectAcl', PUT: 'PutObjectAcl' },
  attributes: { GET: 'GetObjectAttributes' },
  'legal-hold': { GET: 'GetObjectLegalHold', PUT: 'PutObjectLegalHold' },
  retention: { GET: 'GetObjectRetention', PUT: 'PutObjectRetention' },
  tagging: { GET: 'GetObjectTagging', PUT: 'PutObjectTagging', DELETE: 'DeleteObjectTagging' },
  uploads: { POST: 'CreateMultipartUpload' },
  uploadId: {
    GET: 'ListParts',
    PUT: 'UploadPart',
    POST: 'CompleteMultipartUpload',
    DELETE: 'AbortMultipartUpload',
  },

  annotation: {
    GET: missing('GetObjectAnnotation'),
    PUT: missing('PutObjectAnnotation'),
    DELETE: missing('DeleteObjectAnnotation'),
  },
  encryption: { PUT: missing('UpdateObjectEncryption') },
  renameObject: { PUT: missing('RenameObject') },
  restore: { POST: missing('RestoreObject') },
  select: { POST: missing('SelectObjectContent') },
  torrent: { GET: missing('GetObjectTorrent') },
};

/** Of requests that change something: parameters that are not sub-resources, and yet have a meaning. */
const PARAMETERS = new Set(['versionId', 'partNumber', 'select-type', 'id']);

export interface Asked {
  readonly method: string;
  readonly level: 'service' | 'bucket' | 'object';
  readonly query: ReadonlyMap<string, string>;
  readonly copies: boolean;
}

const LEVELS = { service: SERVICE, bucket: BUCKET, object: OBJECT } as const;

/** Throws NotImplemented, MethodNotAllowed, InvalidRequest. */
export function routeOf({ method, level, query, copies }: Asked): CallName {
  const routes = LEVELS[level];
  const named = [...query.keys()].filter((name) => name !== '' && Object.hasOwn(routes, name));
  if (named.length > 1)
    throw new S3Error(
      'InvalidRequest',
      `${named.join(' and ')} exclude each other in a query; send one of them`,
    );
  const subresource = named[0] ?? '';
  const route = routes[subresource] ?? {};
  if (method === 'PUT' || method === 'POST' || method === 'DELETE') refuseUnknown(query, routes);
  const found = Object.hasOwn(route, method) ? route[method as Method] : undefined;
  if (found === undefined) throw notAllowed(method, level, subresource, Object.keys(route));
  if (typeof found === 'object') throw notImplemented(found.missing);
  if (found === 'GetBucketInventoryConfiguration' && !query.has('id'))
    return 'ListBucketInventoryConfigurations';
  const call = copies ? (COPIES[found] ?? found) : found;
  // SDKs name the operation that they mean: one of tomorrow is not taken for one of today.
  const meant = query.get('x-id');
  if (meant !== undefined && meant !== call && OPERATION.test(meant)) throw notImplemented(`${meant} here`);
  return call;
}

const COPIES: { readonly [N in CallName]?: CallName } = {
  PutObject: 'CopyObject',
  UploadPart: 'UploadPartCopy',
};
const OPERATION = /^[A-Z][A-Za-z]{2,63}$/;

/** What S3 may have one day must not be taken for a plain PUT or DELETE. `x-…` is the client’s own (S3 user guide). */
function refuseUnknown(query: ReadonlyMap<string, string>, routes: Routes): void {
  for (const name of query.keys()) {
    if (Object.hasOwn(routes, name) || PARAMETERS.has(name) || /^x-/i.test(name)) continue;
    throw notImplemented(`the query parameter ${name.slice(0, 64)} here`);
  }
}

function notAllowed(method: string, level: string, subresource: string, allowed: readonly string[]): S3Error {
  const what = subresource === '' ? `a ${level}` : `?${subresource} of a ${level}`;
  return new S3Error('MethodNotAllowed', `${method.slice(0, 16)} is nothing that can be done to ${what}`, {
    details: { Method: method.slice(0, 16) },
    headers: { allow: allowed.join(', ') },
  });
}

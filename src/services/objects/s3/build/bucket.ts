/** Parameters of calls about a bucket and its settings. */
import type { Calls } from '../calls.ts';
import { invalidArgument, S3Error } from '../errors.ts';
import { refuseAcls } from '../headers/access.ts';
import { bodyExpectations } from '../headers/body.ts';
import { flag } from '../headers/fields.ts';
import { type Building, ofBucket } from './building.ts';

const METHOD = /^(GET|PUT|POST|DELETE|HEAD)$/;
const ALLOWED_HEADERS_MAX = 100;
const CONFIGURATION_ID_MAX = 64;

type OfBucket =
  | 'CreateBucket'
  | 'HeadBucket'
  | 'DeleteBucket'
  | 'PostObject'
  | 'Preflight'
  | 'ListBucketInventoryConfigurations'
  | Extract<keyof Calls, `${'Get' | 'Put' | 'Delete'}${'Bucket' | 'PublicAccess' | 'ObjectLock'}${string}`>;

const withBody = (from: Building) => ({ ...ofBucket(from), body: bodyExpectations(from.request.fields) });

function ofReport(from: Building) {
  const id = from.request.query.get('id') ?? '';
  if (id === '' || id.length > CONFIGURATION_ID_MAX)
    throw invalidArgument('id', id, `1 to ${CONFIGURATION_ID_MAX} characters`);
  return { ...ofBucket(from), id };
}

export const buildBucketCall: { readonly [N in OfBucket]: (from: Building) => Calls[N] } = {
  CreateBucket(from) {
    refuseAcls(from.request.fields);
    return { ...withBody(from), objectLock: flag(from.request.fields, 'x-amz-bucket-object-lock-enabled') };
  },
  HeadBucket: ofBucket,
  DeleteBucket: ofBucket,
  GetBucketLocation: ofBucket,
  GetBucketVersioning: ofBucket,
  PutBucketVersioning: withBody,
  GetObjectLockConfiguration: ofBucket,
  PutObjectLockConfiguration: withBody,
  GetBucketLifecycleConfiguration: ofBucket,
  PutBucketLifecycleConfiguration: withBody,
  DeleteBucketLifecycle: ofBucket,
  GetBucketCors: ofBucket,
  PutBucketCors: withBody,
  DeleteBucketCors: ofBucket,
  GetBucketPolicy: ofBucket,
  GetBucketPolicyStatus: ofBucket,
  PutBucketPolicy: withBody,
  DeleteBucketPolicy: ofBucket,
  GetBucketEncryption: ofBucket,
  PutBucketEncryption: withBody,
  DeleteBucketEncryption: ofBucket,
  GetPublicAccessBlock: ofBucket,
  PutPublicAccessBlock: withBody,
  DeletePublicAccessBlock: ofBucket,
  GetBucketTagging: ofBucket,
  PutBucketTagging: withBody,
  DeleteBucketTagging: ofBucket,
  GetBucketAcl: ofBucket,
  PutBucketAcl(from) {
    refuseAcls(from.request.fields);
    return withBody(from);
  },
  GetBucketOwnershipControls: ofBucket,
  GetBucketLogging: ofBucket,
  PutBucketLogging: withBody,
  GetBucketInventoryConfiguration: ofReport,
  PutBucketInventoryConfiguration: (from) => ({ ...withBody(from), ...ofReport(from) }),
  DeleteBucketInventoryConfiguration: ofReport,
  ListBucketInventoryConfigurations: ofBucket,

  PostObject(from) {
    const type = from.request.fields.get('content-type') ?? '';
    const boundary = /^multipart\/form-data\s*;.*?boundary="?([^\s";,]{1,70})"?/i.exec(type)?.[1];
    if (boundary === undefined)
      throw new S3Error('MalformedPOSTRequest', 'the Content-Type is multipart/form-data with a boundary');
    return { ...ofBucket(from), boundary };
  },

  Preflight({ request, bucket, key }) {
    const origin = request.fields.get('origin') ?? '';
    if (origin === '') throw new S3Error('InvalidRequest', 'the header Origin is missing');
    const method = request.fields.get('access-control-request-method') ?? '';
    if (!METHOD.test(method))
      throw invalidArgument('Access-Control-Request-Method', method, 'GET, HEAD, PUT, POST or DELETE');
    const headers = (request.fields.get('access-control-request-headers') ?? '')
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== '');
    if (headers.length > ALLOWED_HEADERS_MAX)
      throw new S3Error(
        'InvalidRequest',
        `Access-Control-Request-Headers names at most ${ALLOWED_HEADERS_MAX}`,
      );
    return { bucket, key, origin, method, headers };
  },
};

/**
 * Every call of S3 that this region has, as `parseCall` makes them from a request and `server/` serves them. What S3 has besides is answered 501 by `routes.ts`, by its name.
 * Absent is absent: defaults are given here only where S3's are the same for everybody.
 */
import type { WriteCondition } from '../metadata/store.ts';
import type {
  BodyExpectations,
  ChecksumAlgorithm,
  ChecksumType,
  CopySource,
  CustomerKey,
  ObjectMetadata,
  ReadConditions,
  RequestedEncryption,
  RequestedLock,
  RequestedRange,
  ResponseOverrides,
  Tag,
} from './parameters.ts';

interface OfBucket {
  readonly bucket: string;
  /** `x-amz-expected-bucket-owner`: refuse unless the bucket is this organization's. */
  readonly expectedOwner?: string;
}

interface OfObject extends OfBucket {
  /** 1 to 1,024 bytes of UTF-8 without NUL; no part of it has a meaning. */
  readonly key: string;
}

interface OfVersion extends OfObject {
  /** `null` is a version's id as well. */
  readonly versionId?: string;
}

interface OfUpload extends OfObject {
  readonly uploadId: string;
}

interface Listing extends OfBucket {
  readonly prefix: string;
  readonly delimiter: string;
  /** Names in the answer are percent-encoded. */
  readonly encodeUrl: boolean;
}

interface Written {
  readonly metadata: ObjectMetadata;
  readonly tags: readonly Tag[];
  readonly lock: RequestedLock;
  readonly encryption?: RequestedEncryption;
}

interface WithBody {
  readonly body: BodyExpectations;
}

interface Reading extends OfVersion {
  readonly range?: RequestedRange;
  readonly partNumber?: number;
  readonly conditions: ReadConditions;
  readonly customerKey?: CustomerKey;
  /** `x-amz-checksum-mode: ENABLED`. */
  readonly wantsChecksums: boolean;
  readonly overrides: ResponseOverrides;
}

export const OBJECT_ATTRIBUTES = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'] as const;
export type ObjectAttribute = (typeof OBJECT_ATTRIBUTES)[number];

/** Parameters by the call's name in the S3 API reference. */
export interface Calls {
  ListBuckets: { readonly prefix: string; readonly maxBuckets?: number; readonly continuationToken?: string };

  CreateBucket: OfBucket & { readonly objectLock: boolean } & WithBody;
  HeadBucket: OfBucket;
  DeleteBucket: OfBucket;
  GetBucketLocation: OfBucket;
  GetBucketVersioning: OfBucket;
  PutBucketVersioning: OfBucket & WithBody;
  GetObjectLockConfiguration: OfBucket;
  PutObjectLockConfiguration: OfBucket & WithBody;
  GetBucketLifecycleConfiguration: OfBucket;
  PutBucketLifecycleConfiguration: OfBucket & WithBody;
  DeleteBucketLifecycle: OfBucket;
  GetBucketCors: OfBucket;
  PutBucketCors: OfBucket & WithBody;
  DeleteBucketCors: OfBucket;
  GetBucketPolicy: OfBucket;
  GetBucketPolicyStatus: OfBucket;
  PutBucketPolicy: OfBucket & WithBody;
  DeleteBucketPolicy: OfBucket;
  GetBucketEncryption: OfBucket;
  PutBucketEncryption: OfBucket & WithBody;
  DeleteBucketEncryption: OfBucket;
  GetPublicAccessBlock: OfBucket;
  PutPublicAccessBlock: OfBucket & WithBody;
  DeletePublicAccessBlock: OfBucket;
  GetBucketTagging: OfBucket;
  PutBucketTagging: OfBucket & WithBody;
  DeleteBucketTagging: OfBucket;
  GetBucketAcl: OfBucket;
  PutBucketAcl: OfBucket & WithBody;
  GetBucketOwnershipControls: OfBucket;
  GetBucketLogging: OfBucket;
  PutBucketLogging: OfBucket & WithBody;
  GetBucketInventoryConfiguration: OfBucket & { readonly id: string };
  PutBucketInventoryConfiguration: OfBucket & WithBody & { readonly id: string };
  DeleteBucketInventoryConfiguration: OfBucket & { readonly id: string };
  ListBucketInventoryConfigurations: OfBucket;

  ListObjects: Listing & { readonly marker: string; readonly maxKeys: number };
  ListObjectsV2: Listing & {
    readonly startAfter: string;
    readonly continuationToken?: string;
    readonly fetchOwner: boolean;
    readonly maxKeys: number;
  };
  ListObjectVersions: Listing & {
    readonly keyMarker: string;
    readonly versionIdMarker?: string;
    readonly maxKeys: number;
  };
  ListMultipartUploads: Listing & {
    readonly keyMarker: string;
    readonly uploadIdMarker?: string;
    readonly maxUploads: number;
  };
  DeleteObjects: OfBucket & { readonly bypassGovernance: boolean } & WithBody;
  /** A browser's form: `form/` reads fields, policy and file. */
  PostObject: OfBucket & { readonly boundary: string };

  GetObject: Reading;
  HeadObject: Reading;
  GetObjectAttributes: OfVersion & {
    readonly attributes: readonly ObjectAttribute[];
    readonly maxParts: number;
    readonly partNumberMarker: number;
    readonly customerKey?: CustomerKey;
  };
  PutObject: OfObject & Written & WithBody & { readonly condition: WriteCondition };
  CopyObject: OfObject &
    Written & {
      readonly source: CopySource;
      readonly condition: WriteCondition;
      readonly replaceMetadata: boolean;
      readonly replaceTags: boolean;
      readonly algorithm?: ChecksumAlgorithm;
    };
  DeleteObject: OfVersion & { readonly bypassGovernance: boolean; readonly ifMatch?: string };

  CreateMultipartUpload: OfObject &
    Written & { readonly algorithm?: ChecksumAlgorithm; readonly checksumType?: ChecksumType };
  UploadPart: OfUpload & WithBody & { readonly partNumber: number; readonly customerKey?: CustomerKey };
  UploadPartCopy: OfUpload & {
    readonly partNumber: number;
    readonly source: CopySource;
    readonly range?: { readonly from: number; readonly last: number };
    readonly customerKey?: CustomerKey;
  };
  CompleteMultipartUpload: OfUpload &
    WithBody & {
      readonly condition: WriteCondition;
      /** Of the whole object, where the client says it. */
      readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
      readonly checksumType?: ChecksumType;
      /** `x-amz-mp-object-size`. */
      readonly objectSize?: number;
      readonly customerKey?: CustomerKey;
    };
  AbortMultipartUpload: OfUpload;
  ListParts: OfUpload & { readonly partNumberMarker: number; readonly maxParts: number };

  GetObjectTagging: OfVersion;
  PutObjectTagging: OfVersion & WithBody;
  DeleteObjectTagging: OfVersion;
  GetObjectRetention: OfVersion;
  PutObjectRetention: OfVersion & WithBody & { readonly bypassGovernance: boolean };
  GetObjectLegalHold: OfVersion;
  PutObjectLegalHold: OfVersion & WithBody;
  GetObjectAcl: OfVersion;
  PutObjectAcl: OfVersion & WithBody;

  /** A browser asks whether it may (CORS); never signed. */
  Preflight: {
    readonly bucket: string;
    readonly key: string;
    readonly origin: string;
    readonly method: string;
    readonly headers: readonly string[];
  };
}

export type CallName = keyof Calls;
export type S3Call = { readonly [N in CallName]: { readonly call: N } & Calls[N] }[CallName];
export type CallOf<N extends CallName> = Extract<S3Call, { readonly call: N }>;

export interface ParsedCall {
  readonly call: S3Call;
  /** From the host, where it names one: `<org>.s3.…` or `<bucket>.<org>.s3.…`. */
  readonly organization?: string;
  readonly addressing: 'path' | 'virtual-host';
}

/**
 * What S3 says went wrong: a code that clients know, the HTTP status that belongs to it, and a message that says what was wrong and what would be right.
 * Whatever else is thrown while a call is served is a fault of ours and answers `InternalError`.
 */

/** Codes and statuses are those of the S3 API reference, "Error responses"; the messages are ours. */
export const ERRORS = {
  AccessControlListNotSupported: [
    400,
    'access is given by roles and bucket policies, not by ACLs; send no ACL, or bucket-owner-full-control',
  ],
  AccessDenied: [
    403,
    'you may not do that; ask an administrator of your organization for a role that allows it',
  ],
  AuthorizationHeaderMalformed: [400, 'the Authorization header is not one of Signature Version 4'],
  AuthorizationQueryParametersError: [400, 'the query parameters X-Amz-… are not those of a presigned URL'],
  BadDigest: [400, 'the bytes that came do not have the digest that was sent with them; send them again'],
  BucketAlreadyExists: [
    409,
    'a bucket of that name is in another project of your organization; take another name',
  ],
  BucketAlreadyOwnedByYou: [409, 'you have a bucket of that name already'],
  BucketNotEmpty: [409, 'the bucket holds objects, versions or unfinished uploads; remove them first'],
  ConditionalRequestConflict: [409, 'another request changed the object at the same time; try again'],
  CORSForbidden: [403, 'no rule of the bucket’s CORS configuration allows that origin, method and headers'],
  EntityTooLarge: [400, 'that is larger than allowed'],
  EntityTooSmall: [400, 'that is smaller than allowed: each part but the last has at least 5 MiB'],
  IllegalVersioningConfigurationException: [400, 'versioning is Enabled or Suspended, without MFA delete'],
  IncompleteBody: [400, 'fewer or more bytes came than were announced'],
  IncorrectNumberOfFilesInPostRequest: [
    400,
    'a form upload has exactly one field named file, and it is the last',
  ],
  InsufficientStorage: [507, 'the region has no room left; tell its operator, or remove objects'],
  InternalError: [500, 'the fault is ours; try again, and tell the operator the request id if it stays'],
  InvalidAccessKeyId: [403, 'there is no such access key, or it has expired'],
  InvalidArgument: [400, 'an argument is not valid'],
  InvalidBucketName: [
    400,
    'a bucket’s name has 3 to 63 lower-case letters, digits, hyphens and dots, and begins and ends with a letter or digit',
  ],
  InvalidBucketState: [409, 'the state of the bucket does not allow that'],
  InvalidChunkSizeError: [403, 'a signed chunk is larger than this server takes'],
  InvalidDigest: [400, 'the digest is not one: it is base64 of as many bytes as its algorithm has'],
  InvalidEncryptionAlgorithmError: [400, 'the encryption is AES256 or aws:kms'],
  InvalidLocationConstraint: [400, 'a bucket lies in the region that it is made in'],
  InvalidObjectState: [403, 'the state of the object does not allow that'],
  InvalidPart: [400, 'a part that was named was not uploaded, or has another ETag or checksum'],
  InvalidPartOrder: [400, 'parts are named in ascending order'],
  InvalidPolicyDocument: [400, 'the policy of the form is not valid'],
  InvalidRange: [416, 'the range begins after the end of the object'],
  InvalidRequest: [400, 'the request is not valid'],
  InvalidStorageClass: [400, 'there is one storage class: STANDARD'],
  InvalidTag: [400, 'a tag is not valid'],
  InvalidToken: [400, 'access keys of this region have no session tokens; send none'],
  InvalidURI: [400, 'the path is not percent-encoded UTF-8'],
  KeyTooLongError: [400, 'a key has at most 1,024 bytes of UTF-8'],
  'KMS.DisabledException': [400, 'the key is disabled'],
  'KMS.NotFoundException': [400, 'there is no such key'],
  MalformedACLError: [400, 'the ACL is not valid'],
  MalformedPOSTRequest: [400, 'the body is not multipart/form-data as a browser sends it'],
  MalformedPolicy: [400, 'the bucket policy is not valid'],
  MalformedTrailerError: [400, 'what follows the last chunk is not the trailer that was announced'],
  MalformedXML: [400, 'the XML is not what this call takes'],
  MaxMessageLengthExceeded: [400, 'the body is longer than this call takes'],
  MaxPostPreDataLengthExceeded: [400, 'the fields before the file are longer than 20,000 bytes'],
  MetadataTooLarge: [400, 'x-amz-meta-* headers have at most 2,048 bytes in all'],
  MethodNotAllowed: [405, 'that cannot be done to this'],
  MissingContentLength: [
    411,
    'say how long the body is: Content-Length, or x-amz-decoded-content-length with aws-chunked',
  ],
  MissingRequestBodyError: [400, 'the call needs a body'],
  MissingSecurityHeader: [400, 'a header that the call needs is missing'],
  NoSuchBucket: [404, 'there is no such bucket'],
  NoSuchBucketPolicy: [404, 'the bucket has no policy'],
  NoSuchConfiguration: [404, 'the bucket has no such configuration'],
  NoSuchCORSConfiguration: [404, 'the bucket has no CORS configuration'],
  NoSuchKey: [404, 'there is no such object'],
  NoSuchLifecycleConfiguration: [404, 'the bucket has no lifecycle configuration'],
  NoSuchObjectLockConfiguration: [404, 'the object has no lock'],
  NoSuchPublicAccessBlockConfiguration: [404, 'the bucket has no public access block'],
  NoSuchTagSet: [404, 'there are no tags'],
  NoSuchUpload: [404, 'there is no such upload; it may have been completed or aborted'],
  NoSuchVersion: [404, 'there is no such version of the object'],
  NotImplemented: [501, 'this region does not have that'],
  NotModified: [304, 'not modified'],
  ObjectLockConfigurationNotFoundError: [404, 'the bucket has no object lock'],
  OperationAborted: [409, 'something else is changing the same; try again'],
  OwnershipControlsNotFoundError: [404, 'the bucket has no ownership controls'],
  PreconditionFailed: [412, 'the condition that was sent does not hold'],
  QuotaExceeded: [403, 'the bucket’s quota does not allow that; remove objects, or raise it'],
  RequestHeaderSectionTooLarge: [400, 'the headers are longer than allowed'],
  RequestTimeout: [400, 'nothing came for too long'],
  RequestTimeTooSkewed: [403, 'the time of the request is more than 15 minutes off; set the clock'],
  ServerSideEncryptionConfigurationNotFoundError: [404, 'the bucket has no encryption configuration'],
  ServiceUnavailable: [503, 'try again shortly'],
  SignatureDoesNotMatch: [
    403,
    'the signature does not match: look at the secret, and that nothing between you and the region changes the host, the path or signed headers',
  ],
  SlowDown: [503, 'too many requests; slow down'],
  TooManyConfigurations: [400, 'there are as many configurations of that kind as allowed; remove one'],
  TooManyBuckets: [400, 'there are as many buckets as allowed'],
  UnexpectedContent: [400, 'the call takes no body'],
  XAmzContentSHA256Mismatch: [400, 'the bytes that came do not have the x-amz-content-sha256 that was sent'],
} as const satisfies Readonly<Record<string, readonly [status: number, message: string]>>;

export type S3ErrorCode = keyof typeof ERRORS;

export interface S3ErrorOptions {
  /** More elements of the error document, such as `ArgumentName`. */
  readonly details?: Readonly<Record<string, string>>;
  /** Headers of the answer, such as `x-amz-delete-marker`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

export class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly code: S3ErrorCode;
  readonly status: number;
  readonly details: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  /** Without a message, the table's. */
  constructor(code: S3ErrorCode, message?: string, options: S3ErrorOptions = {}) {
    super(message ?? ERRORS[code][1], 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.status = ERRORS[code][0];
    this.details = options.details ?? {};
    this.headers = options.headers ?? {};
  }
}

/** An argument (header, query parameter, element) that is wrong. */
export function invalidArgument(name: string, value: string, message: string): S3Error {
  const shown = value.length <= 128 ? value : `${value.slice(0, 128)}…`;
  return new S3Error('InvalidArgument', `${name}: ${message}`, {
    details: { ArgumentName: name, ArgumentValue: shown },
  });
}

/** Never a silent 200: what is not there is named. */
export function notImplemented(what: string, instead?: string): S3Error {
  return new S3Error(
    'NotImplemented',
    `this region does not have ${what}${instead === undefined ? '' : `; ${instead}`}`,
  );
}

/** What the region process refused, in the words of S3. */
import { S3Error, type S3ErrorCode } from '../s3/errors.ts';

interface Refused {
  readonly code: number;
  /** Of a Kubernetes `Status`. */
  readonly reason: string;
  readonly message: string;
}

const BY_REASON: Readonly<Record<string, S3ErrorCode>> = {
  Forbidden: 'AccessDenied',
  Unauthorized: 'AccessDenied',
  NotFound: 'NoSuchBucket',
  AlreadyExists: 'BucketAlreadyOwnedByYou',
  Conflict: 'OperationAborted',
  Invalid: 'InvalidRequest',
  BadRequest: 'InvalidRequest',
  TooManyRequests: 'SlowDown',
  ServiceUnavailable: 'ServiceUnavailable',
};

/** A bucket of that name in another project is told from one of one's own; one that holds something, from one that changes. */
export function asS3Refusal({ reason, message, code }: Refused, bucket: string): S3Error {
  const details = { BucketName: bucket };
  if (reason === 'Conflict' && /holds|not empty/.test(message))
    return new S3Error('BucketNotEmpty', message, { details });
  if (/another project/.test(message)) return new S3Error('BucketAlreadyExists', message, { details });
  if (/policy/.test(message) && reason === 'Invalid')
    return new S3Error('MalformedPolicy', message, { details });
  const known = BY_REASON[reason] ?? (code >= 500 ? 'ServiceUnavailable' : 'InvalidRequest');
  return new S3Error(known, message, { details });
}

/** What buckets and objects may be called (S3 user guide, "Bucket naming rules" and "Naming objects"). */
import { S3Error } from './errors.ts';

export const KEY_BYTES_MAX = 1_024;

const BUCKET = /^(?=.{3,63}$)[a-z0-9][a-z0-9.-]*[a-z0-9]$/;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

export function isBucketName(name: string): boolean {
  return BUCKET.test(name) && !name.includes('..') && !IPV4.test(name) && !name.startsWith('xn--');
}

export function checkBucketName(name: string): string {
  if (!isBucketName(name))
    throw new S3Error('InvalidBucketName', undefined, { details: { BucketName: name.slice(0, 128) } });
  return name;
}

/** `..`, `//` and the like are bytes as others: a key is no path. */
export function checkKey(key: string): string {
  if (Buffer.byteLength(key) > KEY_BYTES_MAX)
    throw new S3Error('KeyTooLongError', undefined, {
      details: { Size: String(Buffer.byteLength(key)), MaxSizeAllowed: String(KEY_BYTES_MAX) },
    });
  if (key === '' || key.includes('\0') || !key.isWellFormed())
    throw new S3Error('InvalidURI', 'a key has 1 to 1,024 bytes of UTF-8, and no NUL');
  return key;
}

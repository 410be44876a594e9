/** What a client says of an object: content headers and `x-amz-meta-*`. */
import { notImplemented, S3Error } from '../errors.ts';
import type { ObjectMetadata } from '../parameters.ts';
import { type Fields, present } from './fields.ts';

/** Names and values together (S3 user guide, "User-defined object metadata"). */
export const USER_METADATA_BYTES_MAX = 2_048;
export const CONTENT_HEADER_CHARACTERS_MAX = 2_048;

const META = 'x-amz-meta-';

export function objectMetadata(fields: Fields): ObjectMetadata {
  if (fields.has('x-amz-website-redirect-location'))
    throw notImplemented('website redirects', 'send no x-amz-website-redirect-location');
  const storageClass = fields.get('x-amz-storage-class');
  if (storageClass !== undefined && storageClass !== 'STANDARD')
    throw new S3Error('InvalidStorageClass', undefined, { details: { StorageClassRequested: storageClass } });
  return {
    ...present('contentType', content(fields, 'content-type')),
    ...present('cacheControl', content(fields, 'cache-control')),
    ...present('contentDisposition', content(fields, 'content-disposition')),
    ...present('contentEncoding', withoutChunked(content(fields, 'content-encoding'))),
    ...present('contentLanguage', content(fields, 'content-language')),
    ...present('expires', content(fields, 'expires')),
    user: userMetadata(fields),
  };
}

function content(fields: Fields, name: string): string | undefined {
  const value = fields.get(name);
  if (value !== undefined && value.length > CONTENT_HEADER_CHARACTERS_MAX)
    throw new S3Error('InvalidArgument', `${name} has at most ${CONTENT_HEADER_CHARACTERS_MAX} bytes`);
  return value === '' ? undefined : value;
}

/** `aws-chunked` is of the way here, not of the object. */
function withoutChunked(encodings: string | undefined): string | undefined {
  const kept = encodings
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && one.toLowerCase() !== 'aws-chunked')
    .join(', ');
  return kept === '' ? undefined : kept;
}

function userMetadata(fields: Fields): Record<string, string> {
  // Without a prototype, so that a name such as `__proto__` is a name as others.
  const user: Record<string, string> = Object.create(null);
  let bytes = 0;
  for (const [name, value] of fields) {
    if (!name.startsWith(META)) continue;
    const short = name.slice(META.length);
    bytes += short.length + value.length;
    user[short] = value;
  }
  if (bytes > USER_METADATA_BYTES_MAX)
    throw new S3Error('MetadataTooLarge', undefined, {
      details: { Size: String(bytes), MaxSizeAllowed: String(USER_METADATA_BYTES_MAX) },
    });
  return user;
}

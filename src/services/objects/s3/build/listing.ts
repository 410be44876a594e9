/** Parameters of listings, and of the deletion of many objects. */
import type { Calls } from '../calls.ts';
import { invalidArgument } from '../errors.ts';
import { bodyExpectations } from '../headers/body.ts';
import { integer, oneOf, present } from '../headers/fields.ts';
import { bypassesGovernance } from '../headers/lock.ts';
import { KEY_BYTES_MAX } from '../names.ts';
import type { WireRequest } from '../request.ts';
import { type Building, identifier, ofBucket } from './building.ts';

/** A page has at most so many, however many are asked for. */
export const PAGE_MAX = 1_000;
const BUCKETS_PAGE_MAX = 10_000;
const TOKEN_CHARACTERS_MAX = 4_096;
const ASKED = { min: 0, max: 2 ** 31 - 1 };

type OfListing =
  | 'ListBuckets'
  | 'ListObjects'
  | 'ListObjectsV2'
  | 'ListObjectVersions'
  | 'ListMultipartUploads'
  | 'DeleteObjects';

export const buildListing: { readonly [N in OfListing]: (from: Building) => Calls[N] } = {
  ListBuckets: ({ request: { query } }) => ({
    prefix: query.get('prefix') ?? '',
    ...present('maxBuckets', integer(query, 'max-buckets', { min: 1, max: BUCKETS_PAGE_MAX })),
    ...present('continuationToken', token(query.get('continuation-token'))),
  }),
  ListObjects: (from) => ({
    ...listing(from),
    marker: name(from.request, 'marker'),
    maxKeys: page(from.request, 'max-keys'),
  }),
  ListObjectsV2(from) {
    const { query } = from.request;
    const type = query.get('list-type') ?? '';
    if (type !== '2') throw invalidArgument('list-type', type, '2, or leave it out');
    return {
      ...listing(from),
      startAfter: name(from.request, 'start-after'),
      ...present('continuationToken', token(query.get('continuation-token'))),
      fetchOwner: query.get('fetch-owner')?.toLowerCase() === 'true',
      maxKeys: page(from.request, 'max-keys'),
    };
  },
  ListObjectVersions(from) {
    const { query } = from.request;
    const keyMarker = name(from.request, 'key-marker');
    // An empty one is what SDKs send on a first page.
    const marker = query.get('version-id-marker') === '' ? undefined : identifier(query, 'version-id-marker');
    if (marker !== undefined && keyMarker === '')
      throw invalidArgument('version-id-marker', marker, 'it needs a key-marker');
    return {
      ...listing(from),
      keyMarker,
      ...present('versionIdMarker', marker),
      maxKeys: page(from.request, 'max-keys'),
    };
  },
  ListMultipartUploads(from) {
    const { query } = from.request;
    const keyMarker = name(from.request, 'key-marker');
    // Without a key-marker it counts for nothing (S3 API reference).
    const marker =
      keyMarker === '' || query.get('upload-id-marker') === ''
        ? undefined
        : identifier(query, 'upload-id-marker');
    return {
      ...listing(from),
      keyMarker,
      ...present('uploadIdMarker', marker),
      maxUploads: page(from.request, 'max-uploads'),
    };
  },
  DeleteObjects: (from) => ({
    ...ofBucket(from),
    bypassGovernance: bypassesGovernance(from.request.fields),
    body: bodyExpectations(from.request.fields),
  }),
};

function listing(from: Building) {
  return {
    ...ofBucket(from),
    prefix: name(from.request, 'prefix'),
    delimiter: name(from.request, 'delimiter'),
    encodeUrl: oneOf(from.request.query, 'encoding-type', ['url']) === 'url',
  };
}

/** A key, or a part of one; '' for none. */
function name({ query }: WireRequest, parameter: string): string {
  const value = query.get(parameter) ?? '';
  if (Buffer.byteLength(value) > KEY_BYTES_MAX || value.includes('\0'))
    throw invalidArgument(parameter, value, `at most ${KEY_BYTES_MAX} bytes, and no NUL`);
  return value;
}

function page({ query }: WireRequest, parameter: string): number {
  return Math.min(PAGE_MAX, integer(query, parameter, ASKED) ?? PAGE_MAX);
}

function token(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (text === '' || text.length > TOKEN_CHARACTERS_MAX)
    throw invalidArgument('continuation-token', text, 'a NextContinuationToken of the answer before');
  return text;
}

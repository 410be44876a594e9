/**
 * The keys of one object: each piece of its bytes has a data key, wrapped under the bucket's key and bound to bucket and name; what is said of the object (its headers, its tags)
 * is sealed under the bucket's key and bound to the pieces in their order. So who administers the database can neither give one object's bytes for another's nor take a piece out of one;
 * what they can do is to show an older version of the same name.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type BucketKey, KEY_BYTES, open, seal } from './bucket-key.ts';

export interface ObjectPlace {
  /** The bucket's uid. */
  readonly bucket: string;
  /** The object's key. */
  readonly key: string;
}

export interface DataKey {
  /** The caller zeroes it after use. */
  readonly bytes: Buffer;
  readonly wrapped: Buffer;
}

export function newDataKey(under: BucketKey, place: ObjectPlace): DataKey {
  const bytes = randomBytes(KEY_BYTES);
  return { bytes, wrapped: seal(under, 'data-key', bytes, contextOf(place)) };
}

/** Throws SealedError. The caller zeroes what it gets. */
export const openDataKey = (under: BucketKey, wrapped: Uint8Array, place: ObjectPlace): Buffer =>
  open(under, 'data-key', wrapped, contextOf(place));

/** What headers are bound to beside their place: the wrapped keys of the object’s pieces, in order. */
type Pieces = readonly { readonly wrappedKey: Uint8Array }[];

/** `headers`: a JSON value. */
export const sealHeaders = (under: BucketKey, headers: unknown, place: ObjectPlace, pieces: Pieces): Buffer =>
  seal(under, 'headers', Buffer.from(JSON.stringify(headers)), headersContext(place, pieces));

/** Throws SealedError. */
export function openHeaders(
  under: BucketKey,
  sealed: Uint8Array,
  place: ObjectPlace,
  pieces: Pieces,
): unknown {
  return JSON.parse(open(under, 'headers', sealed, headersContext(place, pieces)).toString('utf8'));
}

// A uid has no NUL, so the two cannot be confused.
const contextOf = ({ bucket, key }: ObjectPlace) => Buffer.from(`${bucket}\0${key}`);

function headersContext(place: ObjectPlace, pieces: Pieces): Buffer {
  const hash = createHash('sha256');
  for (const { wrappedKey } of pieces) hash.update(wrappedKey);
  return Buffer.concat([hash.digest(), contextOf(place)]);
}

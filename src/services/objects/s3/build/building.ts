/** What a call's parameters are built from, and the parts that many calls share. */
import { invalidArgument } from '../errors.ts';
import { type Fields, integer, present } from '../headers/fields.ts';
import type { WireRequest } from '../request.ts';

export interface Building {
  readonly request: WireRequest;
  readonly bucket: string;
  readonly key: string;
}

export const PART_NUMBER_MAX = 10_000;
export const VERSION_ID_CHARACTERS_MAX = 256;

export function ofBucket({ request, bucket }: Building) {
  return { bucket, ...present('expectedOwner', request.fields.get('x-amz-expected-bucket-owner')) };
}

export function ofObject(from: Building) {
  return { ...ofBucket(from), key: from.key };
}

export function ofVersion(from: Building) {
  return { ...ofObject(from), ...present('versionId', identifier(from.request.query, 'versionId')) };
}

/** An id that this server gave out: not empty, and not long. */
export function identifier(query: Fields, name: string): string | undefined {
  const value = query.get(name);
  if (value === undefined) return undefined;
  if (value === '' || value.length > VERSION_ID_CHARACTERS_MAX)
    throw invalidArgument(name, value, `1 to ${VERSION_ID_CHARACTERS_MAX} characters, as an answer gave it`);
  return value;
}

export function partNumber(query: Fields): number | undefined {
  return integer(query, 'partNumber', { min: 1, max: PART_NUMBER_MAX });
}

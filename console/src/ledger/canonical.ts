/** Canonical JSON (RFC 8785): the bytes that a digest is of. ECMAScript writes texts and numbers as the standard does; only the fields have to be in order. Pure. */
import { type Bytes, utf8 } from './bytes.ts';

const DEPTH_MAX = 8;

/** The bytes of a flat or nested value of JSON. */
export function canonical(value: unknown, depth = 0): string {
  if (depth > DEPTH_MAX) throw new RangeError(`more than ${DEPTH_MAX} levels`);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field, depth + 1)}`).join(',')}}`;
}

export const canonicalBytes = (value: unknown): Bytes => utf8(canonical(value));

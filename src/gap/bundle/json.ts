/**
 * JSON of a bundle: written in one way only (RFC 8785, which is also what makes two builds the same), and read with bounds, checked against a
 * schema, so that a wrong field is named.
 */
import canonicalize from 'canonicalize';
import type { Static, TSchema } from 'typebox';
import { assertBounded } from '#kernel/schema/bounds.ts';
import { checker } from '#kernel/schema/kind-schema.ts';
import { BundleError } from './problem.ts';

export function jsonBytes(value: unknown): Buffer {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('this value has no JSON form');
  return Buffer.from(text, 'utf8');
}

/** Text to a value; bounded in depth, without keys that reach a prototype. Throws BundleError that names `part`. */
export function parseJson(bytes: Uint8Array, part: string): unknown {
  try {
    const value: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    );
    assertBounded(value);
    return value;
  } catch (error) {
    throw new BundleError('Malformed', part, `is no JSON that we read: ${messageOf(error)}`);
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export type Reader<T extends TSchema> = (bytes: Uint8Array, part: string) => Static<T>;

/** A function that parses and checks, once compiled. Throws BundleError that names `part` and the field. */
export function readerOf<T extends TSchema>(schema: T): Reader<T> {
  const check = valueChecker(schema);
  return (bytes, part) => check(parseJson(bytes, part), part);
}

/** As `readerOf`, of a value that was parsed. */
export function valueChecker<T extends TSchema>(schema: T): (value: unknown, part: string) => Static<T> {
  const causes = checker(schema, '', { showValues: true });
  return (value, part) => {
    const [first, ...more] = causes(value);
    if (first === undefined) return value as Static<T>;
    const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
    const field = first.field === undefined || first.field === '' ? '' : `${first.field}: `;
    throw new BundleError('Malformed', part, `${field}${first.message}${rest}`);
  };
}

/**
 * What a leaf says of persons, kept beside its leaf so that it can be erased: the leaf holds only the SHA-256 of the record, and a
 * salt in the record keeps anybody from guessing what it was once it is gone. See docs/decisions/0015.
 */
import canonicalize from 'canonicalize';
import { Type } from 'typebox';
import { Compile } from 'typebox/schema';
import { bodyDigest, isOrdered, type Leaf, parseLeaf } from './leaf.ts';
import { LogError } from './log-error.ts';

/** At least 122 bits that nobody can guess. */
const SALT_CHARACTERS_MIN = 32;

const RECORD = Type.Object({
  salt: Type.String({ minLength: SALT_CHARACTERS_MIN }),
  actor: Type.String(),
  /** What proved the actor. */
  credential: Type.String(),
  /** Where the request came from. */
  address: Type.Optional(Type.String()),
  /** Of the object: it may be called after a person. */
  name: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  /** What an action declared to be recorded of its request: the reason code that a key was used for. */
  details: Type.Optional(Type.Record(Type.String(), Type.String())),
});
const VALIDATOR = Compile(RECORD);
const FIELDS = new Set(Object.keys(RECORD.properties));

export interface PersonalRecord {
  readonly salt: string;
  readonly actor: string;
  readonly credential: string;
  readonly address?: string;
  readonly name?: string;
  readonly reason?: string;
  readonly details?: Readonly<Record<string, string>>;
}

/** The bytes that a leaf's digest covers: canonical JSON. */
export function encodePersonal(record: PersonalRecord): Buffer {
  if (isOrdered(record)) return Buffer.from(JSON.stringify(record));
  const text = canonicalize(record);
  if (text === undefined) throw new LogError('MALFORMED_LEAF', 'the personal record is empty');
  return Buffer.from(text);
}

/** `sha256:<hex>` of a record, as its leaf names it. */
export const personalDigest = (record: Uint8Array): string => bodyDigest(record);

/** Reads a record. Throws a LogError when it is none. */
export function parsePersonal(value: unknown): PersonalRecord {
  if (!VALIDATOR.Check(value)) {
    const [, [error]] = VALIDATOR.Errors(value);
    throw new LogError(
      'MALFORMED_LEAF',
      `personal${error?.instancePath ?? ''}: ${error?.message ?? 'malformed'}`,
    );
  }
  const unknown = Object.keys(value).find((field) => !FIELDS.has(field));
  if (unknown !== undefined) throw new LogError('MALFORMED_LEAF', `personal.${unknown}: is not a field`);
  return value;
}

export function parsePersonalBytes(bytes: Uint8Array): PersonalRecord {
  return parsePersonal(
    JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')),
  );
}

/** A leaf with what is said of persons beside it, as one would read it: without the salt. What was erased is not there. */
export type WholeLeaf = Leaf & Partial<Omit<PersonalRecord, 'salt'>>;

export function wholeLeaf(leaf: Leaf, record: PersonalRecord | undefined): WholeLeaf {
  if (record === undefined) return leaf;
  const { salt: _, ...fields } = record;
  return { ...leaf, ...fields };
}

/** A stored leaf as one would read it. */
export const readWhole = (stored: { readonly leaf: Uint8Array; readonly personal?: Uint8Array }): WholeLeaf =>
  wholeLeaf(parseLeaf(stored.leaf), stored.personal && parsePersonalBytes(stored.personal));

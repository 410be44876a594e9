/**
 * What is written in a log: one RFC 8785 canonical JSON document a leaf. A leaf never holds a body, only its digest,
 * and never a secret. The forms are closed: what is not described here is not a leaf.
 */
import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { LogError } from './log-error.ts';
import { ENTRY_BYTES_MAX } from './tile.ts';

/** Names the leaf forms of this file; written into every genesis. */
export const LEAF_FORMAT = 'casemate.internal/leaf@v1';

// Whether a leaf has other fields is checked in `parseLeaf`: many times faster than `additionalProperties: false`.
const closed = <P extends Record<string, TSchema>>(properties: P) => Type.Object(properties);

// Present in every leaf. `time` is RFC 3339 in UTC with milliseconds.
const COMMON = {
  v: Type.Literal(1),
  index: Type.Integer({ minimum: 0 }),
  time: Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$' }),
};

const LogNameSchema = Type.Union([Type.Literal('changes'), Type.Literal('access')]);

/** Leaf 0: which realm, in which incarnation, this log is of. */
export const GenesisLeaf = closed({
  ...COMMON,
  type: Type.Literal('genesis'),
  origin: Type.String(),
  realm: Type.String(),
  uid: Type.String(),
  format: Type.Literal(LEAF_FORMAT),
});

/** Leaf 1: the public key that signs the log's checkpoints, and the one that cosigns them. */
export const KeyLeaf = closed({
  ...COMMON,
  type: Type.Literal('key'),
  vkey: Type.String(),
  /** Absent in logs that were begun before there were cosigners. */
  cosigner: Type.Optional(Type.String()),
});

/** A change of an object that was allowed and committed. */
export const ChangeLeaf = closed({
  ...COMMON,
  type: Type.Literal('change'),
  actor: Type.String(),
  /** What proved the actor: `certificate:<serial>`, `internal`. */
  credential: Type.String(),
  via: Type.String(),
  verb: Type.String(),
  /** `<plural>[.<group>]`. */
  resource: Type.String(),
  namespace: Type.Optional(Type.String()),
  name: Type.String(),
  uid: Type.String(),
  /** `sha256:<hex>` of the body's bytes as stored. */
  digest: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
  requestId: Type.String(),
  decision: Type.Literal('allowed'),
});

/** A checkpoint of another log, taken in whole: the region's log holds those of every organization. */
export const CheckpointLeaf = closed({
  ...COMMON,
  type: Type.Literal('checkpoint'),
  realm: Type.String(),
  log: LogNameSchema,
  checkpoint: Type.String(),
});

/** An entry of an `access` log: what was refused or failed, secrets read, terminals opened. */
export const AccessLeaf = closed({
  ...COMMON,
  type: Type.Literal('access'),
  actor: Type.String(),
  credential: Type.String(),
  verb: Type.String(),
  /** `<plural>[.<group>][/<subresource>]`. */
  resource: Type.String(),
  namespace: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  decision: Type.Union([
    Type.Literal('allowed'),
    Type.Literal('denied'),
    Type.Literal('unauthenticated'),
    Type.Literal('failed'),
  ]),
  reason: Type.Optional(Type.String()),
  /** What an action declared to be recorded of its request: the reason code that a key was used for. */
  details: Type.Optional(Type.Record(Type.String(), Type.String())),
  code: Type.Integer(),
  requestId: Type.String(),
});

export type GenesisLeaf = Static<typeof GenesisLeaf>;
export type KeyLeaf = Static<typeof KeyLeaf>;
export type ChangeLeaf = Static<typeof ChangeLeaf>;
export type CheckpointLeaf = Static<typeof CheckpointLeaf>;
export type AccessLeaf = Static<typeof AccessLeaf>;
export type Leaf = GenesisLeaf | KeyLeaf | ChangeLeaf | CheckpointLeaf | AccessLeaf;
export type LeafType = Leaf['type'];

const form = <S extends ReturnType<typeof closed>>(schema: S) => ({
  validator: Compile(schema),
  fields: new Set(Object.keys(schema.properties)),
});

const FORMS = {
  genesis: form(GenesisLeaf),
  key: form(KeyLeaf),
  change: form(ChangeLeaf),
  checkpoint: form(CheckpointLeaf),
  access: form(AccessLeaf),
};

/** `sha256:<hex>` of bytes, as leaves name what they are about. */
export function bodyDigest(bytes: Uint8Array): string {
  return `sha256:${hash('sha256', bytes, 'hex')}`;
}

// Leaves that are written together mostly say the same time.
let lastTime = { time_ms: 0, text: new Date(0).toISOString() };

/** RFC 3339 in UTC with milliseconds, as leaves write time. */
export function leafTime(time_ms: number): string {
  if (lastTime.time_ms !== time_ms) lastTime = { time_ms, text: new Date(time_ms).toISOString() };
  return lastTime.text;
}

/** The bytes of a leaf: canonical JSON. Throws when they would not fit an entry of the log. */
export function encodeLeaf(leaf: Leaf): Buffer {
  // A leaf is flat, and ECMAScript writes texts and numbers as RFC 8785 does: with its fields in order it is canonical as it stands.
  const text = isOrdered(leaf) ? JSON.stringify(leaf) : canonicalize(leaf);
  if (text === undefined) throw new LogError('MALFORMED_LEAF', 'the leaf is empty');
  const bytes = Buffer.from(text);
  if (bytes.length > ENTRY_BYTES_MAX) {
    throw new LogError(
      'MALFORMED_LEAF',
      `the leaf takes ${bytes.length} bytes; the most is ${ENTRY_BYTES_MAX}`,
    );
  }
  return bytes;
}

/** Whether the fields are in canonical order, and hold nothing that canonical JSON could not say. */
function isOrdered(leaf: Readonly<Record<string, unknown>>): boolean {
  let previous = '';
  for (const field in leaf) {
    const value = leaf[field];
    if (field <= previous || (typeof value === 'string' && !value.isWellFormed())) return false;
    previous = field;
  }
  return true;
}

const hasType = (value: unknown): value is { type: unknown } =>
  typeof value === 'object' && value !== null && 'type' in value;

const isLeafType = (type: unknown): type is LeafType =>
  typeof type === 'string' && Object.hasOwn(FORMS, type);

const malformed = (message: string) => new LogError('MALFORMED_LEAF', message);

/** Reads a leaf. Throws a LogError that names the field when it is none, or is not spelled canonically. */
export function parseLeaf(bytes: Uint8Array): Leaf {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('not JSON');
  }
  if (!hasType(value) || !isLeafType(value.type)) {
    throw malformed(`type: not one of ${Object.keys(FORMS).join(', ')}`);
  }
  const { validator, fields } = FORMS[value.type];
  if (!validator.Check(value)) {
    const [error] = validator.Errors(value);
    const field = error?.instancePath.slice(1).replaceAll('/', '.');
    throw malformed(`${field ? `${field}: ` : ''}${error?.message ?? 'malformed'}`);
  }
  // Leaves are flat, so canonical means: fields in order, and nothing that a plain serialization would write otherwise.
  let previous = '';
  let ordered = true;
  for (const field in value) {
    if (!fields.has(field)) throw malformed(`${field}: is not a field of this leaf`);
    ordered &&= field > previous;
    previous = field;
  }
  if (!ordered || JSON.stringify(value) !== text) throw malformed('not in canonical form (RFC 8785)');
  return value;
}

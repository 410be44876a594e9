/**
 * What is written in a log: one RFC 8785 canonical JSON document a leaf. A leaf never holds a body, only its digest,
 * and never a secret. The forms are closed: what is not described here is not a leaf.
 */
import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/schema';
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

/** A change of an object as earlier releases wrote it, with all it says of persons in the leaf. */
export const ChangeLeafV1 = closed({
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

const DECISION = Type.Union([
  Type.Literal('allowed'),
  Type.Literal('denied'),
  Type.Literal('unauthenticated'),
  Type.Literal('failed'),
]);

/** An entry of an `access` log as earlier releases wrote it, with all it says of persons in the leaf. */
export const AccessLeafV1 = closed({
  ...COMMON,
  type: Type.Literal('access'),
  actor: Type.String(),
  credential: Type.String(),
  verb: Type.String(),
  /** `<plural>[.<group>][/<subresource>]`. */
  resource: Type.String(),
  namespace: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  decision: DECISION,
  reason: Type.Optional(Type.String()),
  /** What an action declared to be recorded of its request: the reason code that a key was used for. */
  details: Type.Optional(Type.Record(Type.String(), Type.String())),
  code: Type.Integer(),
  requestId: Type.String(),
});

const COMMON_V2 = { ...COMMON, v: Type.Literal(2) };

/** A change of an object that was allowed and committed. Who made it, and what the object is called, stands beside it: `personal.ts`. */
export const ChangeLeafV2 = closed({
  ...COMMON_V2,
  type: Type.Literal('change'),
  via: Type.String(),
  verb: Type.String(),
  /** `<plural>[.<group>]`. */
  resource: Type.String(),
  namespace: Type.Optional(Type.String()),
  uid: Type.String(),
  /** `sha256:<hex>` of the body's bytes as stored, which begin with a salt or are sealed: `body.ts`. */
  digest: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
  requestId: Type.String(),
  decision: Type.Literal('allowed'),
  /** `sha256:<hex>` of the record that says who, with what, of which name. */
  personal: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
});

/** An entry of an `access` log: what was refused or failed, secrets read, terminals opened. Who it was stands beside it: `personal.ts`. */
export const AccessLeafV2 = closed({
  ...COMMON_V2,
  type: Type.Literal('access'),
  verb: Type.String(),
  /** `<plural>[.<group>][/<subresource>]`. */
  resource: Type.String(),
  namespace: Type.Optional(Type.String()),
  decision: DECISION,
  code: Type.Integer(),
  requestId: Type.String(),
  /** `sha256:<hex>` of the record that says who, with what, on which object, and why. */
  personal: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
});

/** What stood beside earlier leaves of this log was erased. */
export const ErasureLeaf = closed({
  ...COMMON_V2,
  type: Type.Literal('erasure'),
  /** What was: the bodies that changes recorded. Absent: what leaves say of persons. */
  of: Type.Optional(Type.Literal('bodies')),
  /** The first and the last leaf beside which it was erased; what is still there between them was not. */
  from: Type.Integer({ minimum: 0 }),
  to: Type.Integer({ minimum: 0 }),
  /** Who had it done: they answer for it, so it stays. */
  actor: Type.String(),
  /** Why: `retention of 365 days`. */
  reason: Type.String(),
});

export type GenesisLeaf = Static<typeof GenesisLeaf>;
export type KeyLeaf = Static<typeof KeyLeaf>;
export type ChangeLeafV1 = Static<typeof ChangeLeafV1>;
export type ChangeLeafV2 = Static<typeof ChangeLeafV2>;
export type ChangeLeaf = ChangeLeafV1 | ChangeLeafV2;
export type CheckpointLeaf = Static<typeof CheckpointLeaf>;
export type AccessLeafV1 = Static<typeof AccessLeafV1>;
export type AccessLeafV2 = Static<typeof AccessLeafV2>;
export type ErasureLeaf = Static<typeof ErasureLeaf>;
export type Leaf =
  | GenesisLeaf
  | KeyLeaf
  | ChangeLeaf
  | CheckpointLeaf
  | AccessLeafV1
  | AccessLeafV2
  | ErasureLeaf;
/** Leaves beside which a record of persons stands. */
export type RecordedLeaf = ChangeLeafV2 | AccessLeafV2;
export type LeafType = Leaf['type'];

interface Form {
  readonly fields: ReadonlySet<string>;
  check(value: unknown): value is Leaf;
  firstError(value: unknown): { readonly instancePath: string; readonly message: string } | undefined;
}

function form(schema: ReturnType<typeof closed>): Form {
  const validator = Compile(schema);
  return {
    fields: new Set(Object.keys(schema.properties)),
    check: (value): value is Leaf => validator.Check(value),
    firstError: (value) => validator.Errors(value)[1][0],
  };
}

/** By type, the form of each version. */
const FORMS = {
  genesis: { 1: form(GenesisLeaf) },
  key: { 1: form(KeyLeaf) },
  change: { 1: form(ChangeLeafV1), 2: form(ChangeLeafV2) },
  checkpoint: { 1: form(CheckpointLeaf) },
  access: { 1: form(AccessLeafV1), 2: form(AccessLeafV2) },
  erasure: { 2: form(ErasureLeaf) },
};

/** The form of a leaf's type and version; of another version the one that says so. */
function formOf(type: LeafType, version: unknown) {
  const forms: { readonly 1?: Form; readonly 2?: Form } = FORMS[type];
  const found = version === 2 ? (forms[2] ?? forms[1]) : (forms[1] ?? forms[2]);
  if (found === undefined) throw malformed(`v: a leaf of type ${type} has no version ${String(version)}`);
  return found;
}

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

/** Whether it is flat, its fields are in canonical order, and they hold nothing that canonical JSON could not say. */
export function isOrdered(leaf: object): boolean {
  let previous = '';
  const values = leaf as Readonly<Record<string, unknown>>;
  for (const field in values) {
    const value = values[field];
    if (field <= previous || typeof value === 'object') return false;
    if (typeof value === 'string' && !value.isWellFormed()) return false;
    previous = field;
  }
  return true;
}

const hasType = (value: unknown): value is { type: unknown; v?: unknown } =>
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
  const { check, firstError, fields } = formOf(value.type, value.v);
  if (!check(value)) {
    const error = firstError(value);
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

/** Whether a record of persons stands beside it, or stood there. */
export const isRecorded = (leaf: Leaf): leaf is RecordedLeaf =>
  leaf.v === 2 && (leaf.type === 'change' || leaf.type === 'access');

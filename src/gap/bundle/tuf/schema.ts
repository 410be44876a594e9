/**
 * TUF metadata as bundles carry it (The Update Framework 1.0.34, section 4), with three fields of our own that other clients leave alone:
 * in roots `x-casemate-profile` and `x-casemate-signers` (the post-quantum half of each signer), and in the others what ties them to one bundle.
 */
import { type Static, Type } from 'typebox';
import {
  BLOB_BYTES_MAX,
  DELEGATIONS_MAX,
  DELTAS_BYTES_MAX,
  ITEMS_MAX,
  MANIFEST_BYTES_MAX,
  SIGNATURES_MAX,
  SIGNERS_MAX,
  VERSION_MAX,
} from '../limits.ts';

const closed = { additionalProperties: false };
const HEX_32 = '^[0-9a-f]{64}$';
const Hex32 = Type.String({ pattern: HEX_32 });
/** No fraction, no other zone: one form only. */
export const TIME_PATTERN = '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$';
const Time = Type.String({ pattern: TIME_PATTERN, description: 'a time such as 2026-11-22T00:00:00Z' });

export const PROFILES = {
  /** What ANSSI and BSI ask for: classical and post-quantum. */
  hybrid: 'ml-dsa-65',
  /** CNSA 2.0 asks for ML-DSA-87; Ed25519 stays required beside it, so that any TUF client can still check the classical half. */
  cnsa: 'ml-dsa-87',
} as const;
export type Profile = keyof typeof PROFILES;
export type PostQuantumScheme = (typeof PROFILES)[Profile];

export const Ed25519Key = Type.Object(
  {
    keytype: Type.Literal('ed25519'),
    scheme: Type.Literal('ed25519'),
    keyval: Type.Object({ public: Hex32 }, closed),
  },
  closed,
);
export const PostQuantumKey = Type.Object(
  {
    keytype: Type.Literal('ml-dsa'),
    scheme: Type.Union([Type.Literal('ml-dsa-65'), Type.Literal('ml-dsa-87')]),
    keyval: Type.Object({ public: Type.String({ pattern: '^[0-9a-f]{3904}(?:[0-9a-f]{1280})?$' }) }, closed),
  },
  closed,
);
export type Ed25519Key = Static<typeof Ed25519Key>;
export type PostQuantumKey = Static<typeof PostQuantumKey>;

export const SIGNER_NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9@._-]{0,63}$';
export const SignerName = Type.String({
  pattern: SIGNER_NAME_PATTERN,
  description: 'letters, digits and @._-, at most 64',
});

/** What a root says of a signer beyond the Ed25519 key. */
const SignerInRoot = Type.Object({ name: SignerName, key: PostQuantumKey }, closed);

const Role = Type.Object(
  {
    keyids: Type.Array(Hex32, { minItems: 1, maxItems: SIGNERS_MAX, uniqueItems: true }),
    threshold: Type.Integer({ minimum: 1, maximum: SIGNERS_MAX }),
  },
  closed,
);

const common = {
  spec_version: Type.String({ pattern: '^1\\.[0-9]{1,3}(?:\\.[0-9]{1,3})?$' }),
  version: Type.Integer({ minimum: 1, maximum: VERSION_MAX }),
  expires: Time,
};

export const RootSigned = Type.Object(
  {
    _type: Type.Literal('root'),
    ...common,
    consistent_snapshot: Type.Literal(true),
    keys: Type.Record(Type.String({ pattern: HEX_32 }), Ed25519Key, { maxProperties: 4 * SIGNERS_MAX }),
    roles: Type.Object({ root: Role, targets: Role, snapshot: Role, timestamp: Role }, closed),
    'x-casemate-profile': Type.Union([Type.Literal('hybrid'), Type.Literal('cnsa')]),
    'x-casemate-signers': Type.Record(Type.String({ pattern: HEX_32 }), SignerInRoot, {
      maxProperties: 4 * SIGNERS_MAX,
    }),
  },
  closed,
);

export const BUNDLE_NAME_PATTERN = '^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$';
/** Which bundle this is about: versions count among those of one name. */
export const BundleIdentity = Type.Object(
  { name: Type.String({ pattern: BUNDLE_NAME_PATTERN }), created: Time },
  closed,
);

/** The digest of another role's signed part: not of its file, whose signatures come one after the other. */
const ByContent = Type.Object({ version: common.version, 'x-casemate-signed-sha256': Hex32 }, closed);

export const TimestampSigned = Type.Object(
  {
    _type: Type.Literal('timestamp'),
    ...common,
    meta: Type.Object({ 'snapshot.json': ByContent }, closed),
    'x-casemate-bundle': BundleIdentity,
  },
  closed,
);

export const SnapshotSigned = Type.Object(
  {
    _type: Type.Literal('snapshot'),
    ...common,
    /** `targets.json`, and those of the roles that it delegates to. */
    meta: Type.Intersect([
      Type.Object({ 'targets.json': ByContent }),
      Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}[.]json$' }), ByContent, {
        maxProperties: 1 + DELEGATIONS_MAX,
      }),
    ]),
    'x-casemate-bundle': BundleIdentity,
    /** How parts of the content travel, where they do not travel whole. It changes nothing of what the content is. */
    'x-casemate-deltas': Type.Optional(
      Type.Object({ sha256: Hex32, length: Type.Integer({ minimum: 2, maximum: DELTAS_BYTES_MAX }) }, closed),
    ),
  },
  closed,
);

export const NAME_PATTERN = '[a-z0-9]+(?:[._-][a-z0-9]+)*';
export const VERSION_PATTERN = '[A-Za-z0-9][A-Za-z0-9._+-]{0,127}';
/** `<type>/<name>/<version>`. */
export const TARGET_PATH_PATTERN = `^[a-z][a-z0-9-]{0,31}/${NAME_PATTERN}/${VERSION_PATTERN}$`;

const Target = Type.Object(
  {
    length: Type.Integer({ minimum: 2, maximum: MANIFEST_BYTES_MAX }),
    hashes: Type.Object({ sha256: Hex32 }, closed),
    custom: Type.Object(
      {
        /** The manifest of what is said about the item. */
        companion: Type.Object(
          { sha256: Hex32, length: Type.Integer({ minimum: 2, maximum: MANIFEST_BYTES_MAX }) },
          closed,
        ),
        /** Bytes of all that belongs to the item: shown before anything is copied. */
        size: Type.Integer({ minimum: 0, maximum: BLOB_BYTES_MAX * 4 }),
      },
      closed,
    ),
  },
  closed,
);

/** No name of a role that every bundle has. */
export const DELEGATED_ROLE_PATTERN = '^(?!(?:root|targets|snapshot|timestamp)$)[a-z][a-z0-9-]{0,31}$';
/** `<type>/<name>/*` or `<type>/*\/*`, as TUF's patterns are: a star stops at a slash. */
export const DELEGATED_PATH_PATTERN = `^[a-z][a-z0-9-]{0,31}/(?:[*]|${NAME_PATTERN})/[*]$`;

const DelegatedRole = Type.Object(
  {
    name: Type.String({ pattern: DELEGATED_ROLE_PATTERN }),
    keyids: Role.properties.keyids,
    threshold: Role.properties.threshold,
    paths: Type.Array(Type.String({ pattern: DELEGATED_PATH_PATTERN }), { minItems: 1, maxItems: 64 }),
    /** What it answers for, nobody else does. */
    terminating: Type.Literal(true),
    /** Of its list: who signs the list of the whole bundle signs for every part of it as well. */
    'x-casemate-signed-sha256': Hex32,
  },
  closed,
);

const Delegations = Type.Object(
  {
    keys: RootSigned.properties.keys,
    roles: Type.Array(DelegatedRole, { minItems: 1, maxItems: DELEGATIONS_MAX }),
    'x-casemate-signers': RootSigned.properties['x-casemate-signers'],
  },
  closed,
);
export type Delegations = Static<typeof Delegations>;

export const TargetsSigned = Type.Object(
  {
    _type: Type.Literal('targets'),
    ...common,
    targets: Type.Record(Type.String({ pattern: TARGET_PATH_PATTERN }), Target, { maxProperties: ITEMS_MAX }),
    delegations: Type.Optional(Delegations),
    'x-casemate-bundle': BundleIdentity,
  },
  closed,
);

export type RootSigned = Static<typeof RootSigned>;
export type TimestampSigned = Static<typeof TimestampSigned>;
export type SnapshotSigned = Static<typeof SnapshotSigned>;
export type TargetsSigned = Static<typeof TargetsSigned>;

export const Signature = Type.Object(
  { keyid: Hex32, sig: Type.String({ pattern: '^(?:[0-9a-f]{2})*$', maxLength: 16_384 }) },
  closed,
);
export type Signature = Static<typeof Signature>;

/** A metadata file around any signed part. */
export const Envelope = Type.Object(
  {
    signed: Type.Record(Type.String(), Type.Unknown()),
    signatures: Type.Array(Signature, { maxItems: SIGNATURES_MAX }),
  },
  closed,
);

/**
 * The keys the kernel needs of each realm, without knowing where they live: `trust/` implements this.
 */
import type { RealmId } from './realm-id.ts';

export type LogName = 'changes' | 'access';

/** Signs checkpoints of one log with Ed25519. */
export interface LogSigner {
  /** The signed note's key name, which is also the log's origin: `<region>.casemate.internal/orgs/<org>/changes`. */
  readonly origin: string;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/**
 * Cosigns checkpoints of one log with ML-DSA-44 (C2SP tlog-cosignature, type 6), beside its signer: what they prove holds as long as one of
 * the two algorithms does. It takes about a millisecond, so it is not for every commit.
 */
export interface LogCosigner {
  /** The log's origin, as of its signer. */
  readonly name: string;
  /** Raw ML-DSA-44 public key, 1312 bytes. */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** Authenticated encryption under a key of the realm. `context` binds a ciphertext to where it belongs. */
export interface Sealer {
  seal(plaintext: Uint8Array, context: string): Uint8Array;
  /** Throws when the ciphertext was changed, moved, or sealed under another key. */
  open(sealed: Uint8Array, context: string): Uint8Array;
}

export interface RealmKeys {
  readonly logs: Readonly<Record<LogName, LogSigner>>;
  /** Absent where the keyring has none: then checkpoints are signed with Ed25519 only. */
  readonly cosigners?: Readonly<Record<LogName, LogCosigner>>;
  readonly sealer: Sealer;
}

export interface RealmKeyring {
  /** Makes the keys of a new realm (idempotent: an existing realm's are returned). */
  create(realm: RealmId): Promise<RealmKeys>;
  open(realm: RealmId): Promise<RealmKeys>;
  /** Destroys them: what was sealed under them is lost. */
  destroy(realm: RealmId): Promise<void>;
}

/**
 * Where wrapped (already encrypted) key material is kept. The storage never sees a key in the clear. Names are
 * ours, ≤ 253 characters; blobs are ≤ 64 KiB. `engines/postgres` implements it; memory for tests.
 */
export interface WrappedKeyStorage {
  /** Stores a blob unless that name is taken; says whether it did. So two replicas cannot make two keys of one name. */
  add(realm: RealmId, name: string, blob: Uint8Array): Promise<boolean>;
  /** As `add`, for several blobs by their names in one step; gives everything that is kept for the realm then, as `all` does. */
  addAll(realm: RealmId, blobs: ReadonlyMap<string, Uint8Array>): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Stores or replaces a blob. */
  put(realm: RealmId, name: string, blob: Uint8Array): Promise<void>;
  get(realm: RealmId, name: string): Promise<Uint8Array | undefined>;
  /** Everything kept for a realm, by name, in the order of names. */
  all(realm: RealmId): Promise<ReadonlyMap<string, Uint8Array>>;
  /** The names kept for a realm, sorted. */
  list(realm: RealmId): Promise<readonly string[]>;
  delete(realm: RealmId, name: string): Promise<void>;
  /** Deletes everything kept for the realm. */
  deleteAll(realm: RealmId): Promise<void>;
}

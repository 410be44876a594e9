/** What holds the material of Keys' versions and works with it: the region's software, or an HSM. */
import type { RealmId } from '#kernel/realm-id.ts';
import type { Algorithm } from './algorithms.ts';

/** One version of one Key. */
export interface VersionRef {
  readonly realm: RealmId;
  readonly keyUid: string;
  readonly version: number;
  readonly algorithm: Algorithm;
}

export interface MadeVersion {
  /** PEM, of those that have one. */
  readonly publicKey?: string;
}

/**
 * All throw ServiceUnavailable when what holds the material does not answer; then nothing is lost. Whoever calls has checked what the
 * Key's status says of the version.
 */
export interface KeyBackend {
  /** Makes the material of a version unless there is one: the same answer however often it is called. */
  make(ref: VersionRef): Promise<MadeVersion>;
  /** `nonce ‖ ciphertext ‖ tag` of AES-256-GCM. */
  seal(ref: VersionRef, plaintext: Uint8Array, additionalData: Uint8Array): Promise<Buffer>;
  /** Undefined when it does not open. */
  open(ref: VersionRef, sealed: Uint8Array, additionalData: Uint8Array): Promise<Buffer | undefined>;
  sign(ref: VersionRef, message: Uint8Array): Promise<Buffer>;
  mac(ref: VersionRef, message: Uint8Array): Promise<Buffer>;
  random(bytes: number): Promise<Buffer>;
  /** Destroys the material of a version; no error when it is gone. */
  destroy(ref: VersionRef): Promise<void>;
  /** Destroys whatever there is of a Key, also what no status speaks of. */
  destroyAll(realm: RealmId, keyUid: string): Promise<void>;
}

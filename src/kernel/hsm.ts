/**
 * A hardware security module as the key service uses it: named keys that are made inside and never leave. `engines/pkcs11` implements it;
 * `trust/keys` decides what the keys are for.
 */

export type HsmAlgorithm = 'AES-256-GCM' | 'P-256' | 'P-384' | 'HMAC-SHA-256';

/** What a key is called in the HSM. Labels are unique; a group is what belongs together and is destroyed together. */
export interface HsmKeyName {
  /** At most 128 printable characters. */
  readonly label: string;
  /** At most 64 characters. */
  readonly group: string;
}

/** What the HSM says of itself; nothing of it was checked. */
export interface HsmInfo {
  /** The module's description and version. */
  readonly library: string;
  readonly token: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
  readonly firmware: string;
}

export interface HsmPublicPoint {
  /** Coordinates, big endian, of the curve's size. */
  readonly x: Uint8Array;
  readonly y: Uint8Array;
}

/** All throw `unavailable` (a StatusError) when the HSM does not answer in time; asked again it may. */
export interface Hsm {
  readonly name: string;
  info(): Promise<HsmInfo>;
  /** Makes a key that cannot be extracted, unless there is one of that label; gives the public half of those that have one. */
  make(key: HsmKeyName, algorithm: HsmAlgorithm): Promise<HsmPublicPoint | undefined>;
  /** `nonce ‖ ciphertext ‖ tag` of AES-256-GCM. Undefined when there is no such key. */
  seal(label: string, plaintext: Uint8Array, additionalData: Uint8Array): Promise<Buffer | undefined>;
  /** Undefined when there is no such key, or it does not open. */
  open(label: string, sealed: Uint8Array, additionalData: Uint8Array): Promise<Buffer | undefined>;
  /** ECDSA of the digest, r and s side by side. Undefined when there is no such key. */
  sign(label: string, digest: Uint8Array): Promise<Buffer | undefined>;
  /** HMAC-SHA-256. Undefined when there is no such key. */
  mac(label: string, message: Uint8Array): Promise<Buffer | undefined>;
  random(bytes: number): Promise<Buffer>;
  /** No error when there is none. */
  destroy(label: string): Promise<void>;
  destroyGroup(group: string): Promise<void>;
}

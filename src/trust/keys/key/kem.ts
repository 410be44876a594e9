/**
 * AES-256-GCM as Keys use it, and wrapping to a public ML-KEM key: a secret is encapsulated (FIPS 203), HKDF-SHA-256 makes an AES key of
 * it, and that seals. Everything is from node:crypto.
 */
import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  createSecretKey,
  encapsulate,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { headerOf, NONCE_BYTES, TAG_BYTES, type Use } from './envelope.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const OPTIONS = { authTagLength: TAG_BYTES };
const INFO = 'casemate key encapsulation v1';

/** `nonce ‖ ciphertext ‖ tag` under a new random nonce. */
export function sealAesGcm(key: KeyObject, plaintext: Uint8Array, additionalData: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, OPTIONS).setAAD(additionalData);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined when it does not open. */
export function openAesGcm(
  key: KeyObject,
  sealed: Uint8Array,
  additionalData: Uint8Array,
): Buffer | undefined {
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), OPTIONS)
    .setAAD(additionalData)
    .setAuthTag(sealed.subarray(-TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    return undefined;
  }
}

/** The AES key that an encapsulated secret stands for; the secret is zeroed. */
export function encapsulatedKey(secret: Buffer): KeyObject {
  const key = createSecretKey(new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), INFO, KEY_BYTES)));
  secret.fill(0);
  return key;
}

export interface Recipient {
  readonly keyUid: string;
  readonly version: number;
  /** PEM of an ML-KEM key. */
  readonly publicKey: string;
}

/** A whole envelope that only the holder of the recipient's private key opens. Undefined when the public key is no ML-KEM one. */
export function wrapTo(
  { keyUid, version, publicKey }: Recipient,
  use: Use,
  plaintext: Uint8Array,
  bound: Uint8Array,
): Buffer | undefined {
  const key = readPublicKey(publicKey);
  if (!key?.asymmetricKeyType?.startsWith('ml-kem-')) return undefined;
  const { ciphertext, sharedKey } = encapsulate(key);
  const header = headerOf({ use, keyUid, version, encapsulation: ciphertext });
  const sealed = sealAesGcm(encapsulatedKey(sharedKey), plaintext, Buffer.concat([header, bound]));
  return Buffer.concat([header, sealed]);
}

function readPublicKey(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

/**
 * What a bucket's key does: it wraps data keys and seals what is said of objects. Each use derives a key of its own from a random salt of 128 bits, so that no number of objects
 * wears the bucket's key out (AES-GCM with random nonces of 96 bits would, after 2^32 of them: NIST SP 800-38D, 8.3).
 *
 *   version[4] ‖ salt[16] ‖ ciphertext ‖ tag[16]       key: HMAC-SHA-256(bucket's key, purpose ‖ salt)       nonce: zero       additional data: context
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';

export const KEY_BYTES = 32;
const VERSION_BYTES = 4;
const SALT_BYTES = 16;
const TAG_BYTES = 16;
const HEADER_BYTES = VERSION_BYTES + SALT_BYTES;
// Each derived key is used once.
const NONCE = Buffer.alloc(12);

export type Purpose = 'data-key' | 'headers';

/** It did not open: changed, moved to another place, or sealed under another key. Says nothing of what is in it. */
export class SealedError extends Error {
  override readonly name = 'SealedError';
}

/** One version of a bucket's key, or a key that a client sent along (SSE-C), which has version 0. */
export interface BucketKey {
  readonly version: number;
  readonly key: KeyObject;
}

/** Takes the bytes over and zeroes them. */
export function bucketKey(version: number, bytes: Uint8Array): BucketKey {
  if (bytes.length !== KEY_BYTES)
    throw new SealedError(`a bucket’s key has ${KEY_BYTES} bytes, not ${bytes.length}`);
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return { version, key };
}

/** Under which version of the key it was sealed. */
export function versionOf(sealed: Uint8Array): number {
  if (sealed.length < HEADER_BYTES + TAG_BYTES) throw new SealedError('too short for anything sealed');
  return new DataView(sealed.buffer, sealed.byteOffset).getUint32(0);
}

/** `context`: where it belongs; it opens nowhere else. */
export function seal(under: BucketKey, purpose: Purpose, plaintext: Uint8Array, context: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(under.version);
  nextSalt().copy(header, VERSION_BYTES);
  const cipher = createCipheriv('aes-256-gcm', derived(under, purpose, header), NONCE, {
    authTagLength: TAG_BYTES,
  });
  cipher.setAAD(context);
  const body = cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([header, body, cipher.getAuthTag()]);
}

/** Throws SealedError. */
export function open(under: BucketKey, purpose: Purpose, sealed: Uint8Array, context: Uint8Array): Buffer {
  const version = versionOf(sealed);
  if (version !== under.version) {
    throw new SealedError(`sealed under version ${version} of the key, not ${under.version}`);
  }
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const decipher = createDecipheriv(
    'aes-256-gcm',
    derived(under, purpose, bytes.subarray(0, HEADER_BYTES)),
    NONCE,
    {
      authTagLength: TAG_BYTES,
    },
  );
  decipher.setAAD(context);
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const plaintext = decipher.update(bytes.subarray(HEADER_BYTES, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    throw new SealedError('it was changed, belongs elsewhere, or is of another key');
  }
  return plaintext;
}

const derived = ({ key }: BucketKey, purpose: Purpose, header: Uint8Array): Buffer =>
  createHmac('sha256', key).update(`casemate ${purpose}\0`).update(header).digest();

// Salts are no secret, and to ask for one costs as much as to ask for many.
const salts = Buffer.alloc(256 * SALT_BYTES);
let saltsUsed_bytes = salts.length;

function nextSalt(): Buffer {
  if (saltsUsed_bytes === salts.length) {
    randomFillSync(salts);
    saltsUsed_bytes = 0;
  }
  saltsUsed_bytes += SALT_BYTES;
  return salts.subarray(saltsUsed_bytes - SALT_BYTES, saltsUsed_bytes);
}

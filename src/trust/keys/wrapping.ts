/**
 * Authenticated encryption of small values: AES-256-GCM with a random nonce, the id of the key in the header (so that a
 * key can be replaced while old values still open), and a context that binds the value to its place. Pure but for the nonce.
 *
 *   magic[4] ‖ keyId[8] ‖ nonce[12] ‖ ciphertext ‖ tag[16]      additional data: magic ‖ keyId ‖ context
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

export const KEY_BYTES = 32;
const MAGIC_BYTES = 4;
const KEY_ID_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = MAGIC_BYTES + KEY_ID_BYTES + NONCE_BYTES;

/** Four ASCII characters that say what kind of envelope this is and its version. */
export type Magic = 'CMW1' | 'CMS1';

/** Why a value did not open. Never says anything about its content. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

/** A symmetric key and its public id. The bytes live in OpenSSL, which clears them when the key is collected. */
export interface SymmetricKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** Takes the key's bytes over and zeroes `bytes`. The id is a hash, so it tells nothing of the key. */
export function symmetricKey(bytes: Uint8Array): SymmetricKey {
  if (bytes.length !== KEY_BYTES) throw new SealError(`a key has ${KEY_BYTES} bytes, not ${bytes.length}`);
  const id = createHash('sha256')
    .update('casemate key id\0')
    .update(bytes)
    .digest('hex')
    .slice(0, 2 * KEY_ID_BYTES);
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return { id, key };
}

const additionalData = (header: Uint8Array, context: string) =>
  Buffer.concat([header.subarray(0, MAGIC_BYTES + KEY_ID_BYTES), Buffer.from(context, 'utf8')]);

export function seal(magic: Magic, key: SymmetricKey, plaintext: Uint8Array, context: string): Uint8Array {
  const header = Buffer.concat([
    Buffer.from(magic, 'ascii'),
    Buffer.from(key.id, 'hex'),
    randomBytes(NONCE_BYTES),
  ]);
  const cipher = createCipheriv('aes-256-gcm', key.key, header.subarray(-NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  cipher.setAAD(additionalData(header, context));
  return Buffer.concat([header, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The id of the key a value was sealed under. Throws SealError on what is no such envelope. */
export function sealedUnder(magic: Magic, sealed: Uint8Array): string {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes.length < HEADER_BYTES + TAG_BYTES || bytes.toString('latin1', 0, MAGIC_BYTES) !== magic) {
    throw new SealError('not a sealed value of a known format');
  }
  return bytes.toString('hex', MAGIC_BYTES, MAGIC_BYTES + KEY_ID_BYTES);
}

/** Throws SealError when the value was changed, moved, or sealed under another key. */
export function open(magic: Magic, key: SymmetricKey, sealed: Uint8Array, context: string): Buffer {
  const id = sealedUnder(magic, sealed);
  if (id !== key.id) throw new SealError(`sealed under key ${id}, not under ${key.id}`);
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const nonce = bytes.subarray(MAGIC_BYTES + KEY_ID_BYTES, HEADER_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key.key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData(bytes, context));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const plaintext = decipher.update(bytes.subarray(HEADER_BYTES, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    throw new SealError('the sealed value was changed or moved');
  }
  return plaintext;
}

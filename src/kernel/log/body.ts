/**
 * The stored form of an object that a change recorded: a salt, then its JSON. The digest in the leaf covers both, so when the body is erased
 * nobody can find out by guessing what it was. What is sealed needs no salt, and what earlier releases stored has none.
 */

/** What a salted body begins with; JSON never does. */
const SALTED = 0x01;
/** A UUID, as text: 122 random bits. */
const SALT_BYTES = 36;
const HEAD_BYTES = 1 + SALT_BYTES;

export function saltedBody(json: Uint8Array, salt: string): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + json.length);
  bytes[0] = SALTED;
  if (bytes.write(salt, 1, 'latin1') !== SALT_BYTES)
    throw new TypeError(`a salt has ${SALT_BYTES} characters`);
  bytes.set(json, HEAD_BYTES);
  return bytes;
}

/** The JSON of a body that is not sealed. */
export const bodyJson = (stored: Uint8Array): Uint8Array =>
  stored[0] === SALTED ? stored.subarray(HEAD_BYTES) : stored;

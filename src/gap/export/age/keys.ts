/** Keys of age, as `age-keygen` writes them: X25519, `age1…` and `AGE-SECRET-KEY-1…`. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { bech32, bech32Bytes } from './bech32.ts';

export const KEY_BYTES = 32;
const RECIPIENT = 'age';
const IDENTITY = 'age-secret-key-';
const SMALL_ORDER = 'this key is one that anybody could open';

/** Points of small order: what is agreed with them is known to all (RFC 7748 §6.1). */
const WEAK: readonly string[] = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
];

const rawKey = (bytes: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.from(bytes), format: 'raw-public', asymmetricKeyType: 'x25519' });

export const rawOf = (key: KeyObject): Buffer =>
  Buffer.from(
    key.type === 'private'
      ? createPublicKey(key).export({ format: 'raw-public' })
      : key.export({ format: 'raw-public' }),
  );

export const publicKeyOf = rawKey;

/** Why a text is no recipient, or undefined. */
export function recipientProblem(text: string): string | undefined {
  const bytes = text === text.toLowerCase() ? bech32Bytes(RECIPIENT, text) : undefined;
  if (bytes?.length !== KEY_BYTES)
    return 'is no key of age: age1 and 58 letters and digits, as age-keygen prints it';
  return WEAK.includes(bytes.toString('hex')) ? SMALL_ORDER : undefined;
}

/** The public key of `age1…`. Throws RangeError when it is none. */
export function parseRecipient(text: string): Buffer {
  const problem = recipientProblem(text);
  const bytes = bech32Bytes(RECIPIENT, text);
  if (problem !== undefined || bytes === undefined) throw new RangeError(`${text.slice(0, 80)} ${problem}`);
  return bytes;
}

/** The private key in the text of an identity file: the first line that is one. Throws RangeError; never says what it read. */
export function parseIdentity(text: string): KeyObject {
  for (const line of text.split('\n')) {
    const bytes = bech32Bytes(IDENTITY, line.trim());
    if (bytes?.length === KEY_BYTES) {
      return createPrivateKey({ key: bytes, format: 'raw-private', asymmetricKeyType: 'x25519' });
    }
  }
  throw new RangeError('there is no line AGE-SECRET-KEY-1… in it, as age-keygen writes it');
}

export const recipientOf = (key: KeyObject): string => bech32(RECIPIENT, rawOf(key));

/** A new pair: what stays, and what is given away. */
export function newIdentity(): { readonly identity: string; readonly recipient: string } {
  const { privateKey } = generateKeyPairSync('x25519');
  const raw = Buffer.from(privateKey.export({ format: 'raw-private' }));
  return { identity: bech32(IDENTITY, raw).toUpperCase(), recipient: recipientOf(privateKey) };
}

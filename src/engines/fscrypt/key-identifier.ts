/** What the kernel calls a key: HKDF-SHA512 of it, as fscrypt's documentation has it ("Key derivation function"; its first use is the identifier). */
import { hkdfSync } from 'node:crypto';

const KEY_IDENTIFIER_BYTES = 16;
const INFO = Buffer.from('fscrypt\0\x01', 'latin1');

/** 32 hexadecimal digits. */
export const keyIdentifier = (key: Uint8Array): string =>
  Buffer.from(hkdfSync('sha512', key, new Uint8Array(), INFO, KEY_IDENTIFIER_BYTES)).toString('hex');

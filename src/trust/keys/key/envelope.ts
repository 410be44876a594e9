/**
 * What a Key's ciphertexts look like. The header names key and version, so that nobody has to remember them, and is authenticated with
 * everything else; `use` keeps what was wrapped from being decrypted, and the other way round.
 *
 *   "CMK1" ‖ use[1] ‖ key uid[16] ‖ version u32 ‖ encapsulation u16 length and bytes ‖ nonce[12] ‖ ciphertext ‖ tag[16]
 *   additional data of the cipher: header up to the nonce ‖ what the caller bound it to
 */
import { badRequest, type StatusError } from '#kernel/errors.ts';

const MAGIC = Buffer.from('CMK1', 'ascii');
const UID_AT = MAGIC.length + 1;
const VERSION_AT = UID_AT + 16;
const LENGTH_AT = VERSION_AT + 4;
const ENCAPSULATION_AT = LENGTH_AT + 2;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

const USES = { encrypt: 1, wrap: 2, export: 3 } as const;
export type Use = keyof typeof USES;

export interface Envelope {
  readonly version: number;
  /** Of a key encapsulation mechanism; empty for others. */
  readonly encapsulation: Buffer;
  /** `nonce ‖ ciphertext ‖ tag`. */
  readonly sealed: Buffer;
  /** What the cipher authenticates besides. */
  readonly additionalData: Buffer;
}

export interface HeaderFields {
  readonly use: Use;
  readonly keyUid: string;
  readonly version: number;
  readonly encapsulation?: Uint8Array;
}

export function headerOf({ use, keyUid, version, encapsulation = Buffer.alloc(0) }: HeaderFields): Buffer {
  const numbers = Buffer.alloc(ENCAPSULATION_AT - VERSION_AT);
  numbers.writeUInt32BE(version, 0);
  numbers.writeUInt16BE(encapsulation.length, 4);
  return Buffer.concat([MAGIC, Buffer.from([USES[use]]), uidBytes(keyUid), numbers, encapsulation]);
}

/**
 * Reads one that this key made for this use. Throws the one error that every ciphertext gets which does not open: what is wrong with it
 * is nobody's to learn.
 */
export function readEnvelope(bytes: Buffer, use: Use, keyUid: string, bound: Uint8Array): Envelope {
  if (bytes.length < ENCAPSULATION_AT + NONCE_BYTES + TAG_BYTES) throw doesNotOpen();
  const version = bytes.readUInt32BE(VERSION_AT);
  const end = ENCAPSULATION_AT + bytes.readUInt16BE(LENGTH_AT);
  const encapsulation = bytes.subarray(ENCAPSULATION_AT, end);
  const header = bytes.subarray(0, end);
  if (!header.equals(headerOf({ use, keyUid, version, encapsulation }))) throw doesNotOpen();
  if (bytes.length < end + NONCE_BYTES + TAG_BYTES) throw doesNotOpen();
  return {
    version,
    encapsulation,
    sealed: bytes.subarray(end),
    additionalData: Buffer.concat([header, bound]),
  };
}

export const doesNotOpen = (): StatusError =>
  badRequest(
    'it does not open: it is of another key, was changed, or the additional data are not those it was made with',
  );

const uidBytes = (uid: string): Buffer => Buffer.from(uid.replaceAll('-', ''), 'hex');

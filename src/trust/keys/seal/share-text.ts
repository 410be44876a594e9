/**
 * A custodian's share as text that can be written on paper and typed again: base32 (RFC 4648) in groups of four, with a checksum, so that
 * a slip of the pen is noticed at once. Pure.
 *
 *   set[4] ‖ index u8 ‖ share[33] ‖ the first 4 bytes of SHA-256 of all that
 */
import { hash } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const SET_BYTES = 4;
/** What `shamir-secret-sharing` makes of 32 bytes: one more, the point on the curve. */
export const SHARE_BYTES = 33;
const CHECK_BYTES = 4;
const TOTAL_BYTES = SET_BYTES + 1 + SHARE_BYTES + CHECK_BYTES;
const TEXT_LENGTH_MAX = 512;

export interface Share {
  /** Eight hexadecimal digits: shares of another ceremony do not fit. */
  readonly set: string;
  /** From 1: which custodian's. */
  readonly index: number;
  /** Secret. */
  readonly bytes: Uint8Array;
}

export class ShareError extends Error {
  override readonly name = 'ShareError';
}

const checkOf = (bytes: Uint8Array) => hash('sha256', bytes, 'buffer').subarray(0, CHECK_BYTES);

export function shareText({ set, index, bytes }: Share): string {
  const body = Buffer.concat([Buffer.from(set, 'hex'), Buffer.from([index]), bytes]);
  const text = toBase32(Buffer.concat([body, checkOf(body)]));
  return text.match(/.{1,4}/g)?.join('-') ?? '';
}

/** Reads what `shareText` made; case, spaces and dashes do not matter. Throws ShareError without quoting it. */
export function parseShare(text: string): Share {
  const letters = text.slice(0, TEXT_LENGTH_MAX).toUpperCase().replaceAll(/[\s-]/g, '');
  const bytes = fromBase32(letters);
  if (bytes?.length !== TOTAL_BYTES) {
    throw new ShareError('that is no share: it has 17 groups of four letters and digits (A to Z, 2 to 7)');
  }
  const body = bytes.subarray(0, -CHECK_BYTES);
  if (!checkOf(body).equals(bytes.subarray(-CHECK_BYTES))) {
    throw new ShareError('that share was mistyped: its checksum does not fit; look at every group again');
  }
  return {
    set: body.toString('hex', 0, SET_BYTES),
    index: body[SET_BYTES] ?? 0,
    bytes: Uint8Array.from(body.subarray(SET_BYTES + 1)),
  };
}

function toBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((value >> bits) & 31);
    }
  }
  return bits === 0 ? text : text + ALPHABET.charAt((value << (5 - bits)) & 31);
}

function fromBase32(text: string): Buffer | undefined {
  const bytes = Buffer.alloc(Math.floor((text.length * 5) / 8));
  let at = 0;
  let bits = 0;
  let value = 0;
  for (const letter of text) {
    const digit = ALPHABET.indexOf(letter);
    if (digit < 0) return undefined;
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (value >> bits) & 255;
  }
  return bytes;
}

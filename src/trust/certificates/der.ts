/**
 * As much DER (X.690) as our own certificates take: writing it, and finding parts of what we wrote ourselves. Not for input from
 * outside: requests are read by @peculiar/x509 and Node.
 */

export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** An element with its tag and length. */
export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const size = content.reduce((sum, part) => sum + part.length, 0);
  if (size < 0x80) return Buffer.concat([Buffer.from([tag, size]), ...content]);
  if (size < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, size]), ...content]);
  if (size < 0x10000) return Buffer.concat([Buffer.from([tag, 0x82, size >> 8, size & 0xff]), ...content]);
  throw new RangeError(`${size} bytes: no part of a certificate is that long`);
}

/** An object identifier in dotted decimals. */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(TAG.oid, Uint8Array.from(bytes));
}

/** An unsigned integer of big-endian bytes. */
export function unsigned(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const significant = bytes.subarray(start);
  const isNegative = ((significant[0] ?? 0) & 0x80) !== 0;
  return der(TAG.integer, ...(isNegative ? [Uint8Array.of(0)] : []), significant);
}

/** A bit string of whole bytes. */
export const bitString = (bytes: Uint8Array): Buffer => der(TAG.bitString, Uint8Array.of(0), bytes);

/** Whole seconds: UTCTime until 2049, as RFC 5280 §4.1.2.5 wants it. */
export function time(time_ms: number): Buffer {
  const digits = new Date(time_ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  const isShort = Number(digits.slice(0, 4)) < 2050;
  return der(
    isShort ? TAG.utcTime : TAG.generalizedTime,
    Buffer.from(isShort ? digits.slice(2) : digits, 'latin1'),
  );
}

export interface Element {
  readonly tag: number;
  /** With tag and length. */
  readonly whole: Uint8Array;
  readonly content: Uint8Array;
}

/** The elements that follow one another in `bytes`. Throws a RangeError on what is no DER. */
export function elements(bytes: Uint8Array): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0;
    let length = bytes[at + 1] ?? 0;
    let start = at + 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 3) throw new RangeError('a length that DER does not have');
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + (bytes[start + i] ?? 0);
      start += count;
    }
    const end = start + length;
    if (end > bytes.length) throw new RangeError('an element ends past its container');
    found.push({ tag, whole: bytes.subarray(at, end), content: bytes.subarray(start, end) });
    at = end;
  }
  return found;
}

/** Percent-encoding as S3 has it: UTF-8, `+` a plus in a path and a space in a query, and one strict form of encoding. */
import { S3Error } from './errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const PLAIN = /^[\x21-\x24\x26-\x7e]*$/;

/** Of a path, or of `x-amz-copy-source`. Characters above U+007F are bytes that came unencoded. Throws InvalidURI. */
export function percentDecode(encoded: string): string {
  if (PLAIN.test(encoded)) return encoded;
  const bytes = Buffer.allocUnsafe(encoded.length);
  let length = 0;
  for (let at = 0; at < encoded.length; at++) {
    let byte = encoded.charCodeAt(at);
    if (byte === 0x25) {
      byte = Number.parseInt(/^[0-9a-fA-F]{2}$/.exec(encoded.slice(at + 1, at + 3))?.[0] ?? '', 16);
      at += 2;
    }
    if (!(byte <= 0xff)) throw new S3Error('InvalidURI');
    bytes[length++] = byte;
  }
  try {
    return utf8.decode(bytes.subarray(0, length));
  } catch {
    throw new S3Error('InvalidURI');
  }
}

/** Of a name or a value of a query, or of `x-amz-tagging`. */
export function formDecode(encoded: string): string {
  return percentDecode(encoded.includes('+') ? encoded.replaceAll('+', ' ') : encoded);
}

const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const UNRESERVED_PATH = /^[A-Za-z0-9\-._~/]*$/;

/** All but `A-Z a-z 0-9 - . _ ~` as `%XX`. */
export function percentEncode(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The same, with `/` as it is. */
export function percentEncodePath(path: string): string {
  return UNRESERVED_PATH.test(path) ? path : percentEncode(path).replaceAll('%2F', '/');
}

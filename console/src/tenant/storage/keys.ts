/** Names of objects as folders and files, and as addresses. Pure. */

export const DELIMITER = '/';
/** S3's own: 1,024 bytes of UTF-8. */
export const KEY_BYTES_MAX = 1_024;

/** `a/b/c.txt` below the prefix `a/` is `b/c.txt`. */
export const nameBelow = (prefix: string, key: string): string => key.slice(prefix.length);

/** Joins emoji, and shows nothing by itself. */
const JOINER = '\u200d';

/** As it is shown: what would show nothing, or turn the text around it, is visible. Markup is text in any case. */
export const shownName = (name: string): string =>
  name.replaceAll(/[\p{Cc}\p{Cf}]/gu, (one) => {
    const code = (one.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return one === JOINER ? one : `‹U+${code.padStart(4, '0')}›`;
  });

/** Each folder on the way to a prefix, with its own prefix. */
export function pathOfPrefix(prefix: string): readonly { readonly name: string; readonly prefix: string }[] {
  const names = prefix.split(DELIMITER).slice(0, -1);
  return names.map((name, at) => ({
    name,
    prefix: `${names.slice(0, at + 1).join(DELIMITER)}${DELIMITER}`,
  }));
}

/** The folder that a key is in. */
export const prefixOf = (key: string): string => key.slice(0, key.lastIndexOf(DELIMITER) + 1);

/** What a browser names a file that it stores. */
export const fileNameOf = (key: string): string =>
  key.slice(key.lastIndexOf(DELIMITER) + 1).replaceAll(/[\p{Cc}"\\/:*?<>|]/gu, '_') || 'object';

export const isTooLong = (key: string): boolean => new TextEncoder().encode(key).length > KEY_BYTES_MAX;

/** As S3 signs it: all but `A-Z a-z 0-9 - . _ ~ /` as `%XX`. */
export function encodedKey(key: string): string {
  return key.split(DELIMITER).map(encodedPart).join(DELIMITER);
}

function encodedPart(part: string): string {
  return encodeURIComponent(part.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * Browsers take `.` and `..` as ways through folders, encoded or not (URL Standard, "double-dot URL segment"), and servers take `//` for `/`: such keys are asked for by a
 * parameter.
 */
export const isUnaddressable = (key: string): boolean =>
  key
    .split(DELIMITER)
    .some((part, at, all) => part === '.' || part === '..' || (part === '' && at < all.length - 1));

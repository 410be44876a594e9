/**
 * The one form in which a bundle's tar file has entries: POSIX.1-2001 (pax) regular files of mode 0644, owner 0, time 0, under names that a layout
 * has. One form only, so a header that differs from what we would write is refused: links, devices, other owners, `..` have no way in. Pure.
 */
import { TAR_RECORD_BYTES as RECORD_BYTES, tarHeader } from '#kernel/tar-header.ts';
import { BLOB_BYTES_MAX } from './limits.ts';
import { BundleError } from './problem.ts';

const PAX_BYTES_MAX = RECORD_BYTES;

/** What may lie in a layout, in a folder as in a tar file. */
export const ENTRY_NAME = /^(?:oci-layout|index\.json|blobs\/sha256\/[0-9a-f]{64})$/;

export interface Entry {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

const text = (header: Buffer, start: number, end: number): string =>
  header.toString('latin1', start, end).replace(/\0.*$/s, '');

const octalSize = (header: Buffer): number => {
  const digits = text(header, 124, 136);
  return /^[0-7]{11}$/.test(digits) ? Number.parseInt(digits, 8) : -1;
};

/** How many bytes `parseTarHeader` needs, from the first record alone. */
export const headerBytes = (first: Buffer): number =>
  text(first, 156, 157) === 'x' ? 3 * RECORD_BYTES : RECORD_BYTES;

/** Reads a header. Throws BundleError that names the entry; `offset` tells where it stands. */
export function parseTarHeader(header: Buffer, offset: number): Entry {
  const extended = header.length > RECORD_BYTES;
  const last = header.subarray(header.length - RECORD_BYTES);
  const name = text(last, 0, 100);
  const part = `tar entry ${JSON.stringify(name)} at byte ${offset}`;
  if (!ENTRY_NAME.test(name)) {
    throw new BundleError(
      'Unexpected',
      part,
      'a bundle has no such file; it has oci-layout, index.json and blobs/sha256/…',
    );
  }
  const size = extended ? extendedSize(header, part) : octalSize(last);
  if (size < 0) throw new BundleError('Malformed', part, 'its size is no octal number of eleven digits');
  if (size > BLOB_BYTES_MAX) {
    throw new BundleError('TooLarge', part, `says that it has ${size} bytes; the most is ${BLOB_BYTES_MAX}`);
  }
  const expected = tarHeader({ name, size });
  if (!expected.equals(header)) {
    throw new BundleError(
      'Malformed',
      part,
      `${differingField(expected, header)} is not what a bundle’s entries have`,
    );
  }
  return { name, size };
}

function extendedSize(header: Buffer, part: string): number {
  const length = octalSize(header);
  const record = header.toString(
    'latin1',
    RECORD_BYTES,
    RECORD_BYTES + Math.min(Math.max(length, 0), PAX_BYTES_MAX),
  );
  const [, size] = /^[0-9]{1,3} size=([0-9]{1,16})\n$/.exec(record) ?? [];
  if (size === undefined)
    throw new BundleError('Malformed', part, 'its pax header says something else than a size');
  return Number(size);
}

const FIELDS: readonly (readonly [end: number, name: string])[] = [
  [100, 'its name'],
  [108, 'its mode'],
  [116, 'its owner'],
  [124, 'its group'],
  [136, 'its size'],
  [148, 'its time'],
  [156, 'its checksum'],
  [157, 'its type (only plain files are allowed)'],
  [257, 'the target of a link'],
  [265, 'its format'],
  [RECORD_BYTES, 'a field of its header'],
];

function differingField(expected: Buffer, found: Buffer): string {
  if (expected.length !== found.length) return 'the form of its size';
  for (let at = 0; at < expected.length; at += RECORD_BYTES) {
    const [a, b] = [expected.subarray(at, at + RECORD_BYTES), found.subarray(at, at + RECORD_BYTES)];
    // The checksum differs whenever anything does: look for what else.
    const index = a.findIndex((byte, i) => byte !== b[i] && (i < 148 || i >= 156));
    if (index >= 0) return FIELDS.find(([end]) => index < end)?.[1] ?? 'its header';
  }
  return 'its checksum';
}

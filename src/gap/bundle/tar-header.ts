/**
 * The one form in which a bundle's tar file has entries: POSIX.1-2001 (pax) regular files of mode 0644, owner 0, time 0, under names that a layout
 * has. One form only, so a header that differs from what we would write is refused: links, devices, other owners, `..` have no way in. Pure.
 */
import { BLOB_BYTES_MAX } from './limits.ts';
import { BundleError } from './problem.ts';

export const RECORD_BYTES = 512;
/** The largest size that eleven octal digits hold; a larger one stands in a pax header before the entry. */
const OCTAL_SIZE_MAX = 0o77777777777;
const PAX_NAME = 'pax';
const PAX_BYTES_MAX = RECORD_BYTES;

/** What may lie in a layout, in a folder as in a tar file. */
export const ENTRY_NAME = /^(?:oci-layout|index\.json|blobs\/sha256\/[0-9a-f]{64})$/;

export interface Entry {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;

function plainHeader(name: string, size: number, type: '0' | 'x'): Buffer {
  const header = Buffer.alloc(RECORD_BYTES);
  header.write(name, 0, 100, 'ascii');
  header.write(octal(0o644, 7), 100, 'ascii');
  header.write(octal(0, 7), 108, 'ascii');
  header.write(octal(0, 7), 116, 'ascii');
  header.write(octal(size, 11), 124, 'ascii');
  header.write(octal(0, 11), 136, 'ascii');
  header.write(' '.repeat(8), 148, 'ascii');
  header.write(type, 156, 'ascii');
  header.write('ustar\x0000', 257, 'latin1');
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** A pax record tells its own length, in decimal, which counts too. */
function paxSize(size: number): Buffer {
  const body = ` size=${size}\n`;
  let length = body.length;
  while (`${length}${body}`.length !== length) length = `${length}${body}`.length;
  return Buffer.from(`${length}${body}`, 'ascii');
}

export const paddingOf = (size: number): number => (RECORD_BYTES - (size % RECORD_BYTES)) % RECORD_BYTES;

/** What stands before the bytes of an entry. */
export function tarHeader({ name, size }: Entry): Buffer {
  if (size <= OCTAL_SIZE_MAX) return plainHeader(name, size, '0');
  const record = paxSize(size);
  return Buffer.concat([
    plainHeader(PAX_NAME, record.length, 'x'),
    record,
    Buffer.alloc(paddingOf(record.length)),
    // Readers take the size from the record before.
    plainHeader(name, 0, '0'),
  ]);
}

/** Two records of zeros, and nothing after them. */
export const TAR_END = Buffer.alloc(2 * RECORD_BYTES);

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

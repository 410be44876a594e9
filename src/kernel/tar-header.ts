/**
 * Headers of plain files in a tar (POSIX.1-2001) that are the same for the same content: mode 0644, owner 0, time 0. What a plain header cannot say stands in a pax header before it: long or
 * odd names, large sizes, and what the caller adds, under keys of its own. For whatever writes one: bundles, exports, backups. Pure.
 */

/** What a tar is counted in. */
export const TAR_RECORD_BYTES = 512;
const RECORD = TAR_RECORD_BYTES;
const NAME_BYTES_MAX = 100;
/** Eleven octal digits. */
const PLAIN_SIZE_MAX = 8 ** 11 - 1;

export const TAR_END = Buffer.alloc(2 * RECORD);

export interface TarEntry {
  readonly name: string;
  /** Bytes that follow. */
  readonly size: number;
  /** Further pax records; keys in capitals are nobody else's. */
  readonly records?: Readonly<Record<string, string>>;
}

export const tarPadding = (size: number): Buffer => Buffer.alloc((RECORD - (size % RECORD)) % RECORD);

export function tarHeader({ name, size, records = {} }: TarEntry): Buffer {
  const isPlainName =
    Buffer.byteLength(name) <= NAME_BYTES_MAX && /^[\x20-\x7e]+$/.test(name) && !name.endsWith('/');
  const isPlainSize = size <= PLAIN_SIZE_MAX;
  const said = {
    ...(isPlainName ? {} : { path: name }),
    ...(isPlainSize ? {} : { size: String(size) }),
    ...records,
  };
  const plain = record(isPlainName ? name : 'object', isPlainSize ? size : 0, '0');
  const entries = Object.entries(said);
  if (entries.length === 0) return plain;
  const text = Buffer.concat(entries.map(([key, value]) => paxRecord(key, value)));
  return Buffer.concat([record('pax', text.length, 'x'), text, tarPadding(text.length), plain]);
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const body = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(body);
  let length = bytes;
  while (String(length).length + bytes !== length) length = String(length).length + bytes;
  return Buffer.from(`${length}${body}`);
}

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;

function record(name: string, size: number, type: '0' | 'x'): Buffer {
  const header = Buffer.alloc(RECORD);
  header.write(name, 0, NAME_BYTES_MAX, 'latin1');
  header.write(octal(0o644, 7), 100, 'latin1');
  header.write(octal(0, 7), 108, 'latin1');
  header.write(octal(0, 7), 116, 'latin1');
  header.write(octal(size, 11), 124, 'latin1');
  header.write(octal(0, 11), 136, 'latin1');
  header.write(' '.repeat(8), 148, 'latin1');
  header.write(type, 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

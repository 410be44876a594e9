/** Archives for tests, each as odd as is asked for: what tools would not write. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface TarEntry {
  readonly name: string;
  readonly content?: string | Buffer;
  /** `0` is a file, `1` a hard link, `2` a symbolic link, `3` and `4` devices, `5` a folder, `6` a pipe. */
  readonly type?: string;
  readonly link?: string;
  /** Records of a pax header before it. */
  readonly pax?: Readonly<Record<string, string>>;
}

const RECORD = 512;
const padded = (bytes: Buffer) =>
  Buffer.concat([bytes, Buffer.alloc((RECORD - (bytes.length % RECORD)) % RECORD)]);

function header(name: string, type: string, size: number, link = ''): Buffer {
  const record = Buffer.alloc(RECORD);
  record.write(name, 0, 100, 'latin1');
  record.write('0000644\0', 100);
  record.write('0000000\0', 108);
  record.write('0000000\0', 116);
  record.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  record.write('00000000000\0', 136);
  record.write('        ', 148);
  record.write(type, 156, 1);
  record.write(link, 157, 100, 'latin1');
  record.write('ustar\x0000', 257, 'latin1');
  const sum = record.reduce((total, byte) => total + byte, 0);
  record.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return record;
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (`${length}${rest}`.length !== length) length = `${length}${rest}`.length;
  return `${length}${rest}`;
}

export function tarOf(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap(({ name, content = '', type = '0', link, pax }) => {
    const bytes = Buffer.from(content);
    const records = Buffer.from(
      Object.entries(pax ?? {})
        .map(([key, value]) => paxRecord(key, value))
        .join(''),
    );
    return [
      ...(pax === undefined ? [] : [header('pax', 'x', records.length), padded(records)]),
      header(name, type, bytes.length, link),
      padded(bytes),
    ];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * RECORD)]);
}

export interface ZipEntry {
  readonly name: string;
  readonly content?: string;
  /** Unix: type and permissions. */
  readonly mode?: number;
  readonly encrypted?: boolean;
  /** What its headers say, in place of the truth. */
  readonly size?: number;
  /** Begins where the entry with that number does. */
  readonly overlaps?: number;
}

export function zipOf(entries: readonly ZipEntry[], behind = ''): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  const starts: number[] = [];
  let offset = 0;
  for (const { name, content = '', mode = 0, encrypted = false, size, overlaps } of entries) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(encrypted ? 1 : 0, 2);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(size ?? bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const start = overlaps === undefined ? offset : (starts[overlaps] ?? 0);
    starts.push(start);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(start, 10);
    centrals.push(
      Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), fields, rest, Buffer.from(name)]),
    );
    if (overlaps !== undefined) continue;
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed]);
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end, Buffer.from(behind)]);
}

export interface ArEntry {
  readonly name: string;
  readonly content: string | Buffer;
  readonly size?: number;
}

export function arOf(entries: readonly ArEntry[]): Buffer {
  const parts = entries.flatMap(({ name, content, size }) => {
    const bytes = Buffer.from(content);
    const head = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}`;
    return [
      Buffer.from(`${head}${String(size ?? bytes.length).padEnd(10)}\`\n`, 'latin1'),
      bytes,
      Buffer.from(bytes.length % 2 === 1 ? '\n' : ''),
    ];
  });
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}

/** A Debian package of these two trees. */
export const debOf = (
  data: Buffer,
  control: Buffer = tarOf([{ name: './control', content: 'Package: x\n' }]),
): Buffer =>
  arOf([
    { name: 'debian-binary', content: '2.0\n' },
    { name: 'control.tar', content: control },
    { name: 'data.tar', content: data },
  ]);

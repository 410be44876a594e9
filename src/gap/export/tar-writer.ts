/** Files as a tar file (POSIX.1-2001), so that any tar unpacks a package: mode 0644, owner 0, time 0. Streams. */

const RECORD = 512;
const NAME_BYTES_MAX = 100;
const END = Buffer.alloc(2 * RECORD);

export interface TarFile {
  readonly path: string;
  /** Bytes; the content must have as many. */
  readonly size: number;
  readonly content: AsyncIterable<Uint8Array>;
}

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
const padding = (size: number): Buffer => Buffer.alloc((RECORD - (size % RECORD)) % RECORD);

function record(name: string, size: number, type: '0' | 'x'): Buffer {
  const header = Buffer.alloc(RECORD);
  header.write(name, 0, NAME_BYTES_MAX, 'utf8');
  header.write(octal(0o644, 7), 100, 'ascii');
  header.write(octal(0, 7), 108, 'ascii');
  header.write(octal(0, 7), 116, 'ascii');
  header.write(octal(size, 11), 124, 'ascii');
  header.write(octal(0, 11), 136, 'ascii');
  header.write(' '.repeat(8), 148, 'ascii');
  header.write(type, 156, 'ascii');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** A name that is long, or not ASCII, stands in a record before. */
function headerOf({ path, size }: TarFile): Buffer {
  const plain = record(path, size, '0');
  if (Buffer.byteLength(path) <= NAME_BYTES_MAX && /^[\x20-\x7e]*$/.test(path)) return plain;
  const body = ` path=${path}\n`;
  let length = Buffer.byteLength(body);
  while (Buffer.byteLength(`${length}${body}`) !== length) length = Buffer.byteLength(`${length}${body}`);
  const text = Buffer.from(`${length}${body}`);
  return Buffer.concat([record('pax', text.length, 'x'), text, padding(text.length), plain]);
}

export async function* tarOf(files: Iterable<TarFile>): AsyncGenerator<Uint8Array> {
  for (const file of files) {
    yield headerOf(file);
    let size = 0;
    for await (const chunk of file.content) {
      size += chunk.length;
      yield chunk;
    }
    if (size !== file.size) throw new RangeError(`${file.path} has ${size} bytes, not ${file.size}`);
    yield padding(size);
  }
  yield END;
}

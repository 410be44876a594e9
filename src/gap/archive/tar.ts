/**
 * Reads a tar file of anybody's making as it arrives: ustar, pax, GNU long names. Only files and folders are let through, unless more is asked for; what else there is, and anything
 * behind the end, is said; so is what programs are known to read in different ways. Memory is one record and the text of extended headers.
 */
import { ArchiveError } from './archive-error.ts';
import { ByteReader } from './byte-reader.ts';
import { TAR_TEXT_BYTES_MAX } from './limits.ts';

const RECORD = 512;

export interface TarMember {
  readonly name: string;
  /** As the header has it; `0` for every plain file. */
  readonly type: string;
  /** Where a link leads. */
  readonly link: string;
  readonly size: number;
  /** Everything that its headers say but plain numbers, for a look at what stands in there: eleven digits of a time are no person's number. */
  readonly header: Buffer;
  readonly content: AsyncIterable<Buffer>;
}

/** Files and folders. */
const PLAIN = '05';
/** And hard links, symbolic links, character and block devices, and pipes. */
export const ALL_TYPES = '0512346';

/** Gives members in order; each must be read to its end before the next. Throws ArchiveError. */
export async function* tarMembers(
  source: AsyncIterable<Buffer>,
  types: string = PLAIN,
): AsyncGenerator<TarMember> {
  const reader = new ByteReader(source);
  const headers: Buffer[] = [];
  let name: string | undefined;
  let link: string | undefined;
  let size: number | undefined;
  for (;;) {
    const record = await reader.take(RECORD);
    if (record === undefined) {
      if (reader.offset === 0) return;
      throw new ArchiveError(`breaks off at byte ${reader.offset}`);
    }
    if (record.every((byte) => byte === 0)) {
      await onlyZeros(reader);
      return;
    }
    if (!isChecked(record)) throw new ArchiveError(`the header before byte ${reader.offset} is none`);
    const type = typeOf(record);
    headers.push(withoutNumbers(record));
    const own = sizeOf(record);
    if (own === undefined)
      throw new ArchiveError(`the size in the header before byte ${reader.offset} is none`);
    if ('xgLK'.includes(type)) {
      if (own > TAR_TEXT_BYTES_MAX)
        throw new ArchiveError(`an extended header has more than ${TAR_TEXT_BYTES_MAX} bytes`);
      const text = await exactly(reader, own);
      await exactly(reader, padding(own));
      headers.push(text);
      if (headers.reduce((total, { length }) => total + length, 0) > 4 * TAR_TEXT_BYTES_MAX) {
        throw new ArchiveError('its extended headers have no end');
      }
      if (type === 'L') name = text.toString('latin1').replace(/\0.*$/s, '');
      if (type === 'K') link = text.toString('latin1').replace(/\0.*$/s, '');
      if (type === 'x') {
        const records = pax(text);
        name = records.get('path') ?? name;
        link = records.get('linkpath') ?? link;
        size = paxSize(records) ?? size;
      } else if (type === 'g') {
        const records = pax(text);
        if (['path', 'linkpath', 'size'].some((key) => records.has(key)))
          throw new ArchiveError('a pax header gives all that follow one name or size');
      }
      continue;
    }
    const shown = name ?? nameOf(record);
    if (!types.includes(type)) {
      throw new ArchiveError(
        `${JSON.stringify(shown.slice(0, 200))} is neither a file nor a folder (type ${JSON.stringify(type)})`,
      );
    }
    const length = type === '0' ? (size ?? own) : 0;
    if (type !== '0' && (size ?? own) !== 0 && '56'.includes(type))
      throw new ArchiveError(`${JSON.stringify(shown.slice(0, 200))} is no file, and has content`);
    const header = Buffer.concat(headers.splice(0));
    let read = 0;
    async function* content(): AsyncGenerator<Buffer> {
      while (read < length) {
        const chunk = await reader.some(length - read);
        if (chunk === undefined) throw new ArchiveError(`${JSON.stringify(shown.slice(0, 200))} breaks off`);
        read += chunk.length;
        yield chunk;
      }
    }
    yield {
      name: shown,
      type,
      link: link ?? field(record, 157, 257),
      size: length,
      header,
      content: content(),
    };
    if (read < length) throw new ArchiveError('a member was not read to its end');
    await exactly(reader, padding(length));
    [name, link, size] = [undefined, undefined, undefined];
  }
}

/** Mode, owner, group, size, time and checksum. */
const NUMBERS = [100, 156] as const;

/** What stands in place of a number and is none, stays. */
function withoutNumbers(record: Buffer): Buffer {
  const isPlain = /^[0-7 \0]*$/.test(record.toString('latin1', ...NUMBERS));
  return isPlain ? Buffer.from(record).fill(0, ...NUMBERS) : record;
}

const padding = (size: number): number => (RECORD - (size % RECORD)) % RECORD;

async function exactly(reader: ByteReader, count: number): Promise<Buffer> {
  const bytes = count === 0 ? Buffer.alloc(0) : await reader.take(count);
  if (bytes === undefined) throw new ArchiveError(`breaks off at byte ${reader.offset}`);
  return bytes;
}

/** tar fills up its last block; what is not zero there would be seen by nobody else. */
async function onlyZeros(reader: ByteReader): Promise<void> {
  for (;;) {
    const chunk = await reader.some(64 * 1024);
    if (chunk === undefined) return;
    if (chunk.some((byte) => byte !== 0)) throw new ArchiveError('there is something behind its end');
  }
}

const field = (record: Buffer, from: number, to: number): string =>
  record.toString('latin1', from, to).replace(/\0.*$/s, '');

function isChecked(record: Buffer): boolean {
  const said = Number.parseInt(field(record, 148, 156).trim(), 8);
  let sum = 0;
  for (const [at, byte] of record.entries()) sum += at >= 148 && at < 156 ? 32 : byte;
  return sum === said;
}

function sizeOf(record: Buffer): number | undefined {
  const first = record[124] ?? 0;
  if (first >= 0x80) {
    // GNU: a binary number, whose first byte is only a mark.
    const high = record.readUIntBE(124, 6) - 0x80 * 2 ** 40;
    const value = record.readUIntBE(130, 6);
    return high === 0 ? value : undefined;
  }
  const digits = field(record, 124, 136).trim();
  return /^[0-7]{1,12}$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

function nameOf(record: Buffer): string {
  const prefix = field(record, 257, 262) === 'ustar' && record[262] === 0 ? field(record, 345, 500) : '';
  const name = field(record, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Before ustar plain files had a zero there; a 7 is a file as well. */
function typeOf(record: Buffer): string {
  const type = String.fromCharCode(record[156] ?? 0);
  return type === '\0' || type === '7' ? '0' : type;
}

/** Records of a pax header, `<length> <key>=<value>\n` each; of a key that is there twice the last. */
function pax(text: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(0x20, at);
    const length = Number(text.toString('latin1', at, Math.max(at, space)));
    if (space < 0 || !Number.isSafeInteger(length) || length < space - at + 3 || at + length > text.length) {
      throw new ArchiveError('a pax header is not well formed');
    }
    const record = text.toString('latin1', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    const key = record.slice(0, Math.max(0, equals));
    if (key.startsWith('GNU.sparse.'))
      throw new ArchiveError('a file has holes in a form that programs read in different ways');
    records.set(key, record.slice(equals + 1));
    at += length;
  }
  return records;
}

function paxSize(records: ReadonlyMap<string, string>): number | undefined {
  const text = records.get('size');
  if (text === undefined) return undefined;
  const size = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(size)) throw new ArchiveError('a size is no number');
  return size;
}

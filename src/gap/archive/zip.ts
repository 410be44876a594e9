/**
 * Reads a zip file that is in memory, by its directory; and makes sure that nothing is in it that the directory does not lead to: entries lie one behind the other from
 * the first byte to the directory, so none overlaps another (a bomb), lies between two, or differs from what other programs unpack.
 */
import { crc32, createInflateRaw } from 'node:zlib';
import { ArchiveError } from './archive-error.ts';
import { plainName } from './names.ts';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_BYTES = 22;
const COMMENT_MAX = 65_535;
const DESCRIPTOR = 0x08074b50;
const ENCRYPTED = 1;
const HAS_DESCRIPTOR = 8;
const STORED = 0;
const DEFLATED = 8;
/** "Version made by" whoever keeps Unix modes in the upper half of an entry's attributes. */
const MADE_BY_UNIX = 3;
const FILE_TYPE = 0o170000;
const [PLAIN_FILE, FOLDER] = [0o100000, 0o040000];

export interface ZipMember {
  readonly name: string;
  /** Bytes of its headers, for a look at what stands in there. */
  readonly header: Buffer;
  /** Throws ArchiveError when it is not what the directory says. */
  content(): AsyncIterable<Buffer>;
}

interface Central {
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
  /** Type and permissions, where whoever made it keeps them. */
  readonly mode: number;
  readonly name: Buffer;
  readonly header: Buffer;
}

/** Throws ArchiveError. */
export function zipMembers(bytes: Buffer): {
  readonly comment: Buffer;
  readonly members: readonly ZipMember[];
} {
  const end = endOf(bytes);
  const count = bytes.readUInt16LE(end + 10);
  const size = bytes.readUInt32LE(end + 12);
  const start = bytes.readUInt32LE(end + 16);
  if (
    count === 0xffff ||
    size === 0xffffffff ||
    start === 0xffffffff ||
    count !== bytes.readUInt16LE(end + 8)
  ) {
    throw new ArchiveError(
      'it is a zip file of another form (zip64, or in volumes), which nothing here opens',
    );
  }
  if (start + size !== end) throw new ArchiveError('its directory does not end where the file does');
  const directory = centralEntries(bytes, start, end, count);
  requireNames(directory);
  let at = 0;
  const members = [...directory]
    .sort((a, b) => a.offset - b.offset)
    .map((entry) => {
      if (entry.offset !== at)
        throw new ArchiveError(`there is something at byte ${at} that its directory does not lead to`);
      const { member, next } = memberAt(bytes, entry, start);
      at = next;
      return member;
    });
  if (at !== start)
    throw new ArchiveError(`there is something at byte ${at} that its directory does not lead to`);
  return { comment: bytes.subarray(end + END_BYTES), members };
}

function endOf(bytes: Buffer): number {
  const first = Math.max(0, bytes.length - END_BYTES - COMMENT_MAX);
  for (let at = bytes.length - END_BYTES; at >= first; at--) {
    if (bytes.readUInt32LE(at) === END && at + END_BYTES + bytes.readUInt16LE(at + 20) === bytes.length)
      return at;
  }
  throw new ArchiveError('it has no directory at its end');
}

function centralEntries(bytes: Buffer, start: number, end: number, count: number): Central[] {
  const entries: Central[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    if (at + 46 > end || bytes.readUInt32LE(at) !== CENTRAL)
      throw new ArchiveError('its directory is not well formed');
    const name = bytes.readUInt16LE(at + 28);
    const next = at + 46 + name + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    if (next > end) throw new ArchiveError('its directory is not well formed');
    entries.push({
      flags: bytes.readUInt16LE(at + 8),
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
      mode: bytes.readUInt8(at + 5) === MADE_BY_UNIX ? bytes.readUInt16LE(at + 40) : 0,
      name: bytes.subarray(at + 46, at + 46 + name),
      header: bytes.subarray(at + 46, next),
    });
    at = next;
  }
  if (at !== end) throw new ArchiveError('its directory is not well formed');
  return entries;
}

/** What programs that unpack it would put elsewhere, or twice in one place. */
function requireNames(directory: readonly Central[]): void {
  const seen = new Set<string>();
  for (const { name: bytes, mode } of directory) {
    const text = bytes.toString('latin1');
    const shown = JSON.stringify(text.slice(0, 200));
    // Windows takes it for a slash.
    const name = plainName(text.replaceAll('\\', '/'));
    if (seen.has(name)) throw new ArchiveError(`${shown} is in it twice`);
    seen.add(name);
    const type = mode & FILE_TYPE;
    if (type !== 0 && type !== PLAIN_FILE && type !== FOLDER)
      throw new ArchiveError(`${shown} is neither a file nor a folder`);
  }
}

function memberAt(bytes: Buffer, entry: Central, directory: number): { member: ZipMember; next: number } {
  const { offset, packed, flags, method, crc, size } = entry;
  const name = entry.name.toString('latin1');
  const shown = JSON.stringify(name.slice(0, 200));
  if (offset + 30 > directory || bytes.readUInt32LE(offset) !== LOCAL)
    throw new ArchiveError(`${shown} is not where its directory says`);
  const headerEnd = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
  const dataEnd = headerEnd + packed;
  if (dataEnd > directory) throw new ArchiveError(`${shown} is not where its directory says`);
  const local = bytes.subarray(offset + 30, offset + 30 + bytes.readUInt16LE(offset + 26));
  if (!local.equals(entry.name) || bytes.readUInt16LE(offset + 8) !== method) {
    throw new ArchiveError(`${shown} has one name or form in the directory and another beside it`);
  }
  if ((flags & ENCRYPTED) !== 0) throw new ArchiveError(`${shown} is encrypted`);
  if (method !== STORED && method !== DEFLATED)
    throw new ArchiveError(`${shown} is packed in a way that nothing here opens (${method})`);
  const hasDescriptor = (flags & HAS_DESCRIPTOR) !== 0;
  const next = hasDescriptor ? dataEnd + descriptorBytes(bytes, dataEnd, directory) : dataEnd;
  const data = bytes.subarray(headerEnd, dataEnd);
  return {
    next,
    member: {
      name,
      header: Buffer.concat([bytes.subarray(offset + 30, headerEnd), Buffer.from('\n'), entry.header]),
      content: () => unpacked(data, method, { name: shown, crc, size }),
    },
  };
}

function descriptorBytes(bytes: Buffer, at: number, limit: number): number {
  const length = at + 4 <= limit && bytes.readUInt32LE(at) === DESCRIPTOR ? 16 : 12;
  if (at + length > limit) throw new ArchiveError('an entry breaks off');
  return length;
}

async function* unpacked(
  data: Buffer,
  method: number,
  wanted: { readonly name: string; readonly crc: number; readonly size: number },
): AsyncGenerator<Buffer> {
  let crc = 0;
  let size = 0;
  const count = (chunk: Buffer) => {
    size += chunk.length;
    if (size > wanted.size) throw new ArchiveError(`${wanted.name} is larger than its directory says`);
    crc = crc32(chunk, crc);
  };
  if (method === STORED) {
    for (let at = 0; at < data.length; at += 65_536) {
      const chunk = data.subarray(at, at + 65_536);
      count(chunk);
      yield chunk;
    }
  } else {
    const inflate = createInflateRaw();
    inflate.end(data);
    try {
      for await (const chunk of inflate as AsyncIterable<Buffer>) {
        count(chunk);
        yield chunk;
      }
    } catch (error) {
      if (error instanceof ArchiveError) throw error;
      throw new ArchiveError(`${wanted.name} does not unpack`);
    } finally {
      inflate.destroy();
    }
    if (inflate.bytesWritten !== data.length)
      throw new ArchiveError(`${wanted.name} holds more than what unpacks`);
  }
  if (size !== wanted.size || crc !== wanted.crc)
    throw new ArchiveError(`${wanted.name} is not what its directory says`);
}

/**
 * Reads an .xz file (the .xz file format, version 1.2.1) as it arrives: one stream of blocks of LZMA2, each with its check, then an index that must agree with them. What
 * the format has beside that (several streams in a file, padding behind it, filters for programs' code) is refused: no packager writes it, and not every program reads it alike.
 */
import { crc32 } from 'node:zlib';
import { ArchiveError } from '../archive-error.ts';
import { ByteReader } from '../byte-reader.ts';
import { XZ_BLOCKS_MAX, XZ_DICTIONARY_BYTES_MAX } from '../limits.ts';
import { type BlockCheck, CHECKS, littleEndian32 } from './block-check.ts';
import { unpackLzma2 } from './lzma2.ts';

const HEADER_MAGIC = Buffer.from('fd377a585a00', 'hex');
const FOOTER_MAGIC = Buffer.from('YZ');
const LZMA2 = 0x21;
const ALIGNMENT = 4;
/** Of a number of seven bits a byte. */
const NUMBER_BYTES_MAX = 9;

function fail(what: string): never {
  throw new ArchiveError(what);
}

const BROKEN = 'it does not unpack';

/** Bytes of one part, as they are read, for its check and its length. */
class Part {
  readonly #reader: ByteReader;
  #crc = 0;
  length = 0;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  async take(count: number): Promise<Buffer> {
    const bytes = (await this.#reader.take(count)) ?? fail('it breaks off');
    this.#crc = crc32(bytes, this.#crc);
    this.length += count;
    return bytes;
  }

  async number(): Promise<number> {
    let [value, scale] = [0, 1];
    for (let count = 1; count <= NUMBER_BYTES_MAX; count += 1) {
      const byte = (await this.take(1))[0] as number;
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value) || (byte === 0 && count > 1)) fail(BROKEN);
        return value;
      }
    }
    return fail(BROKEN);
  }

  /** Zeros up to `length`, and the CRC-32 of everything. */
  async end(length: number): Promise<void> {
    if (this.length > length) fail(BROKEN);
    if ((await this.take(length - this.length)).some((byte) => byte !== 0)) fail(BROKEN);
    const expected = littleEndian32(this.#crc);
    if (!(await this.take(4)).equals(expected)) fail(BROKEN);
  }
}

interface BlockHeader {
  readonly dictionary_bytes: number;
  readonly packedSize: number | undefined;
  readonly size: number | undefined;
}

/** Undefined: it is the index that begins here. */
async function readBlockHeader(part: Part): Promise<BlockHeader | undefined> {
  const first = (await part.take(1))[0] as number;
  if (first === 0) return undefined;
  const flags = (await part.take(1))[0] as number;
  if ((flags & 0x3c) !== 0) fail(BROKEN);
  const packedSize = (flags & 0x40) === 0 ? undefined : await part.number();
  const size = (flags & 0x80) === 0 ? undefined : await part.number();
  const filter = await part.number();
  if ((flags & 0x03) !== 0 || filter !== LZMA2)
    fail('it is packed with a filter that packages do not use, and is not opened');
  if ((await part.number()) !== 1) fail(BROKEN);
  const dictionary_bytes = dictionarySize((await part.take(1))[0] as number);
  await part.end((first + 1) * ALIGNMENT - 4);
  return { dictionary_bytes, packedSize, size };
}

function dictionarySize(byte: number): number {
  if (byte > 40) fail(BROKEN);
  const bytes = (2 | (byte & 1)) * 2 ** ((byte >>> 1) + 11);
  if (bytes > XZ_DICTIONARY_BYTES_MAX)
    fail(`it takes a dictionary of ${bytes} bytes to unpack, more than ${XZ_DICTIONARY_BYTES_MAX}`);
  return bytes;
}

interface Block {
  /** With its header and its check, without its padding. */
  readonly length: number;
  readonly size: number;
}

/** Gives what is in it, and at last how long it was. */
async function* readBlock(
  reader: ByteReader,
  header: BlockHeader,
  headerLength: number,
  check: BlockCheck,
): AsyncGenerator<Buffer, Block> {
  const from = reader.offset;
  let size = 0;
  for await (const chunk of unpackLzma2(reader, header.dictionary_bytes)) {
    size += chunk.length;
    check.update(chunk);
    yield chunk;
  }
  const packedSize = reader.offset - from;
  if (packedSize !== (header.packedSize ?? packedSize) || size !== (header.size ?? size)) fail(BROKEN);
  const part = new Part(reader);
  if ((await part.take(padding(packedSize))).some((byte) => byte !== 0)) fail(BROKEN);
  const expected = check.value();
  if (!(await part.take(expected.length)).equals(expected))
    fail('it unpacks to something else than was packed');
  return { length: headerLength + packedSize + expected.length, size };
}

const padding = (length: number): number => (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT;

/** Gives how long it is. */
async function readIndex(part: Part, blocks: readonly Block[]): Promise<number> {
  if ((await part.number()) !== blocks.length) fail(BROKEN);
  for (const { length, size } of blocks) {
    if ((await part.number()) !== length || (await part.number()) !== size) fail(BROKEN);
  }
  await part.end(part.length + padding(part.length));
  return part.length;
}

async function readFooter(reader: ByteReader, flags: Buffer, indexLength: number): Promise<void> {
  const footer = (await reader.take(12)) ?? fail('it breaks off');
  const said = footer.subarray(4, 10);
  const isRight =
    footer.readUInt32LE(0) === crc32(said) &&
    (said.readUInt32LE(0) + 1) * ALIGNMENT === indexLength &&
    said.subarray(4).equals(flags) &&
    footer.subarray(10).equals(FOOTER_MAGIC);
  if (!isRight) fail(BROKEN);
}

/** Gives what is in it. Throws ArchiveError for what is not one whole .xz file, and what the source throws. */
export async function* unpackXz(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  const header = (await reader.take(12)) ?? fail('it breaks off');
  const flags = header.subarray(6, 8);
  const check = CHECKS[flags[1] as number];
  if (!header.subarray(0, 6).equals(HEADER_MAGIC) || header.readUInt32LE(8) !== crc32(flags)) fail(BROKEN);
  if (flags[0] !== 0 || check === undefined)
    fail('it has a check that packages do not use, and is not opened');
  const blocks: Block[] = [];
  for (;;) {
    const part = new Part(reader);
    const block = await readBlockHeader(part);
    if (block === undefined) {
      await readFooter(reader, flags, await readIndex(part, blocks));
      break;
    }
    if (blocks.length === XZ_BLOCKS_MAX) fail(`it has more than ${XZ_BLOCKS_MAX} blocks`);
    blocks.push(yield* readBlock(reader, block, part.length, check()));
  }
  if ((await reader.some(1)) !== undefined) fail('there is something behind its end');
}

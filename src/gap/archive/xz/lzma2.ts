/**
 * LZMA2 (the .xz file format, 5.3.1, and xz's own source): LZMA in chunks that tell both of their lengths, so that each is unpacked in one go. Memory is the
 * dictionary and one chunk.
 */
import { ArchiveError } from '../archive-error.ts';
import type { ByteReader } from '../byte-reader.ts';
import { LzmaDecoder, parseProperties } from './lzma.ts';

/** What a chunk can unpack to. */
const CHUNK_BYTES_MAX = 0x20_0000;

const broken = (): never => {
  throw new ArchiveError('it does not unpack');
};

const taken = async (reader: ByteReader, count: number): Promise<Buffer> =>
  (await reader.take(count)) ?? broken();

/** What was unpacked last. Grows as it is needed, up to the dictionary and the room of some chunks. */
class Window {
  readonly #dictionary_bytes: number;
  #bytes = Buffer.alloc(0);
  #end = 0;
  /** Where the dictionary begins: before the first byte that is still there, once it was moved. */
  #begin = 0;

  constructor(dictionary_bytes: number) {
    this.#dictionary_bytes = dictionary_bytes;
  }

  forget(): void {
    this.#end = this.#begin = 0;
  }

  /** Lets `fill` write the next `count` bytes, from `from` on, and gives them; they are the caller's. */
  append(count: number, fill: (bytes: Buffer, begin: number, from: number) => void): Buffer {
    this.#makeRoom(count);
    const from = this.#end;
    const bytes = this.#bytes.subarray(0, from + count);
    fill(bytes, this.#begin, from);
    this.#end += count;
    return Buffer.from(bytes.subarray(from));
  }

  #makeRoom(count: number): void {
    if (this.#end + count <= this.#bytes.length) return;
    const limit = this.#dictionary_bytes + 2 * CHUNK_BYTES_MAX;
    const kept = Math.min(this.#end, this.#dictionary_bytes);
    const from = this.#end - kept;
    const room = Math.min(limit, Math.max(2 * this.#bytes.length, kept + count));
    const bytes = room > this.#bytes.length ? Buffer.allocUnsafe(room) : this.#bytes;
    this.#bytes.copy(bytes, 0, from, this.#end);
    this.#bytes = bytes;
    this.#begin -= from;
    this.#end = kept;
  }
}

/** Gives what is in it, up to its end mark. Throws ArchiveError. */
export async function* unpackLzma2(reader: ByteReader, dictionary_bytes: number): AsyncGenerator<Buffer> {
  const window = new Window(dictionary_bytes);
  const decoder = new LzmaDecoder();
  let [needsDictionary, needsProperties] = [true, true];
  for (;;) {
    const control = (await taken(reader, 1))[0] as number;
    if (control === 0) return;
    if (control >= 0xe0 || control === 1) {
      [needsDictionary, needsProperties] = [false, true];
      window.forget();
    }
    if (needsDictionary) broken();
    if (control < 0x80) {
      if (control > 2) broken();
      const plain = await taken(reader, (await taken(reader, 2)).readUInt16BE(0) + 1);
      yield window.append(plain.length, (bytes, _begin, from) => void plain.copy(bytes, from));
      continue;
    }
    const sizes = await taken(reader, 4);
    const size = ((control & 0x1f) << 16) + sizes.readUInt16BE(0) + 1;
    const packedSize = sizes.readUInt16BE(2) + 1;
    if (control >= 0xc0) {
      decoder.reset(parseProperties((await taken(reader, 1))[0] as number) ?? broken());
      needsProperties = false;
    } else if (needsProperties) broken();
    else if (control >= 0xa0) decoder.reset();
    const packed = await taken(reader, packedSize);
    yield window.append(size, (bytes, begin, from) => {
      if (!decoder.decode(packed, bytes, begin, from, dictionary_bytes)) broken();
    });
  }
}

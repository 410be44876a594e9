/** Reads a tar that `write.ts` made as it arrives, to the end of its stream. Memory is one chunk and one pax header. */

const RECORD = 512;
/** A key of 1,024 bytes, two kilobytes of metadata, tags. */
const PAX_BYTES_MAX = 256 * 1024;

export class TarError extends Error {
  override readonly name = 'TarError';
}

export interface TarMember {
  readonly name: string;
  readonly size: number;
  readonly records: ReadonlyMap<string, string>;
  /** Read to its end before the next one is asked for. */
  readonly content: AsyncGenerator<Buffer>;
}

/** Throws TarError. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarMember> {
  const reader = new Reader(source);
  let records: ReadonlyMap<string, string> = new Map();
  for (;;) {
    const header = await reader.take(RECORD);
    if (header.every((byte) => byte === 0)) {
      await reader.toEnd();
      return;
    }
    const type = String.fromCharCode(header[156] ?? 0);
    const plain = Number.parseInt(textOf(header, 124, 136).trim(), 8);
    if (!isChecked(header) || !Number.isSafeInteger(plain)) {
      throw new TarError(`the header before byte ${reader.offset} is none`);
    }
    if (type === 'x') {
      if (plain > PAX_BYTES_MAX) throw new TarError(`a pax header has more than ${PAX_BYTES_MAX} bytes`);
      records = paxRecords(await reader.take(plain));
      await reader.take(padding(plain));
      continue;
    }
    if (type !== '0') throw new TarError(`an entry of type ${JSON.stringify(type)} is none of ours`);
    const name = records.get('path') ?? textOf(header, 0, 100);
    const size = Number(records.get('size') ?? plain);
    if (!Number.isSafeInteger(size) || size < 0) throw new TarError(`${JSON.stringify(name)} has no size`);
    let left = size;
    async function* content(): AsyncGenerator<Buffer> {
      while (left > 0) {
        const chunk = await reader.some(left);
        left -= chunk.length;
        yield chunk;
      }
    }
    yield { name, size, records, content: content() };
    if (left > 0) throw new TarError(`${JSON.stringify(name)} was not read to its end`);
    await reader.take(padding(size));
    records = new Map();
  }
}

/** All of a member, which has at most so many bytes. */
export async function contentOf(member: TarMember, bytes_max: number): Promise<Buffer> {
  if (member.size > bytes_max)
    throw new TarError(`${JSON.stringify(member.name)} has more than ${bytes_max} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of member.content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const padding = (size: number): number => (RECORD - (size % RECORD)) % RECORD;
const textOf = (record: Buffer, from: number, to: number): string =>
  record.toString('latin1', from, to).replace(/\0.*$/s, '');

function isChecked(record: Buffer): boolean {
  const said = Number.parseInt(textOf(record, 148, 156).trim(), 8);
  let sum = 0;
  for (const [at, byte] of record.entries()) sum += at >= 148 && at < 156 ? 32 : byte;
  return sum === said;
}

function paxRecords(text: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(text.toString('latin1', at, space));
    if (!Number.isSafeInteger(length) || length < space - at + 3 || at + length > text.length) {
      throw new TarError('a pax header is not well formed');
    }
    const record = text.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    records.set(record.slice(0, Math.max(0, equals)), record.slice(equals + 1));
    at += length;
  }
  return records;
}

class Reader {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);
  offset = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** At least one byte, at most so many. */
  async some(count_max: number): Promise<Buffer> {
    if (this.#held.length === 0 && !(await this.#more())) throw this.#brokenOff();
    const chunk = this.#held.subarray(0, count_max);
    this.#held = this.#held.subarray(chunk.length);
    this.offset += chunk.length;
    return chunk;
  }

  async take(count: number): Promise<Buffer> {
    while (this.#held.length < count) if (!(await this.#more())) throw this.#brokenOff();
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    this.offset += count;
    return taken;
  }

  async toEnd(): Promise<void> {
    do {
      if (this.#held.some((byte) => byte !== 0)) throw new TarError('there is something behind its end');
      this.#held = Buffer.alloc(0);
    } while (await this.#more());
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#source.next();
    if (done === true) return false;
    const chunk = Buffer.from(value.buffer, value.byteOffset, value.length);
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    return true;
  }

  #brokenOff(): TarError {
    return new TarError(`breaks off after ${this.offset} bytes`);
  }
}

/** Reads a stream of chunks by counts of bytes. Holds one chunk, and what is asked for. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #chunk: Buffer = Buffer.alloc(0);
  #offset = 0;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Bytes given so far. */
  get offset(): number {
    return this.#offset;
  }

  /** At least one byte and at most `max`; undefined at the end. */
  async some(max: number): Promise<Buffer | undefined> {
    while (this.#chunk.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return undefined;
      this.#chunk = next.value;
    }
    const given = this.#chunk.subarray(0, max);
    this.#chunk = this.#chunk.subarray(given.length);
    this.#offset += given.length;
    return given;
  }

  /** Exactly so many; undefined when the stream ends before. */
  async take(count: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    let had = 0;
    while (had < count) {
      const part = await this.some(count - had);
      if (part === undefined) return undefined;
      parts.push(part);
      had += part.length;
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }
}

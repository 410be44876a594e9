/**
 * Cuts a stream of JSON into the objects at one depth of it, so that a file of hundreds of megabytes is read with the memory of its largest
 * entry. Depth 0: texts one after the other, or one list of them; depth 2: `{package: {vulnerability: …}}`. Each piece is then
 * parsed by `JSON.parse`, which judges it; what is around the pieces is judged here.
 */
import { AdvisoryError } from './problem.ts';

export interface Piece {
  /** The keys above it. */
  readonly path: readonly string[];
  readonly value: unknown;
}

export interface PieceOptions {
  /** For messages. */
  readonly source: string;
  readonly depth: 0 | 1 | 2;
  /** Of one piece. */
  readonly pieceBytes_max?: number;
}

const PIECE_BYTES_MAX = 16 * 1024 * 1024;
const KEY_BYTES_MAX = 4_096;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** What may come next outside the pieces. */
type Expected = 'piece' | 'first key' | 'key' | 'colon' | 'comma';

/** Gives the pieces of each chunk together. Throws an AdvisoryError that says where. */
export async function* jsonPieces(
  chunks: AsyncIterable<Uint8Array>,
  options: PieceOptions,
): AsyncGenerator<readonly Piece[]> {
  const cutter = new Cutter(options);
  for await (const chunk of chunks) yield cutter.take(chunk);
  cutter.end();
}

class Cutter {
  readonly #options: PieceOptions;
  readonly #path: string[] = [];
  #expected: Expected = 'piece';
  /** At depth 0: inside one list around the pieces. */
  #inList = false;
  #isFirst = true;
  /** Of brackets within the piece; 0: outside of pieces. */
  #nesting = 0;
  #inText = false;
  #escaped = false;
  /** What came of the piece, or the key, in earlier chunks. */
  #parts: Uint8Array[] = [];
  #size = 0;
  #position = 0;

  constructor(options: PieceOptions) {
    this.#options = options;
  }

  take(chunk: Uint8Array): readonly Piece[] {
    const pieces: Piece[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.#inText) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) {
          this.#inText = false;
          if (this.#nesting === 0) this.#key(this.#cut(chunk, from, at + 1));
        }
      } else if (this.#nesting > 0) {
        if (byte === QUOTE) this.#inText = true;
        else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.#nesting++;
        else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && --this.#nesting === 0) {
          pieces.push(this.#piece(this.#cut(chunk, from, at + 1)));
        }
      } else if (!isSpace(byte) && this.#between(byte, at)) {
        from = at;
      }
    }
    if (this.#inText || this.#nesting > 0) this.#keep(chunk.subarray(from));
    this.#position += chunk.length;
    return pieces;
  }

  end(): void {
    const isOpen = this.#inText || this.#nesting > 0 || this.#inList || this.#path.length > 0;
    if (isOpen || (this.#options.depth > 0 && (this.#expected !== 'piece' || this.#isFirst))) {
      throw this.#malformed(`ends in the middle${this.#where()}: the file is not complete`);
    }
    if (this.#isFirst) throw this.#malformed('is empty');
  }

  /** A byte outside of pieces; true when something begins here that is cut out. */
  #between(byte: number, at: number): boolean {
    const { depth } = this.#options;
    switch (this.#expected) {
      case 'piece':
        return this.#value(byte, at);
      case 'first key':
      case 'key':
        if (byte === QUOTE) {
          this.#inText = true;
          return true;
        }
        if (byte === CLOSE_OBJECT && this.#expected === 'first key') return this.#close();
        throw this.#unexpected(byte, at, 'a key');
      case 'colon':
        if (byte !== COLON) throw this.#unexpected(byte, at, '":"');
        this.#expected = 'piece';
        return false;
      case 'comma':
        if (byte === COMMA) {
          this.#expected = depth === 0 ? 'piece' : 'key';
          return false;
        }
        if (depth > 0 && byte === CLOSE_OBJECT) return this.#close();
        if (depth === 0 && byte === CLOSE_LIST) {
          this.#inList = false;
          this.#expected = 'piece';
          return false;
        }
        throw this.#unexpected(byte, at, '"," or the end');
    }
  }

  #value(byte: number, at: number): boolean {
    const { depth } = this.#options;
    if (byte === OPEN_OBJECT) {
      this.#isFirst = false;
      if (this.#keysOpen < depth) {
        this.#keysOpen++;
        this.#expected = 'first key';
        return false;
      }
      this.#nesting = 1;
      return true;
    }
    if (depth === 0 && byte === OPEN_LIST && this.#isFirst) {
      this.#isFirst = false;
      this.#inList = true;
      return false;
    }
    if (depth === 0 && byte === CLOSE_LIST && this.#inList) {
      this.#inList = false;
      return false;
    }
    throw this.#unexpected(byte, at, 'an object');
  }

  /** How many objects are open around the pieces. */
  #keysOpen = 0;

  #close(): false {
    this.#keysOpen--;
    this.#path.pop();
    this.#expected = this.#keysOpen === 0 ? 'piece' : 'comma';
    return false;
  }

  #key(bytes: Buffer): void {
    this.#path[this.#keysOpen - 1] = String(this.#parse(bytes));
    this.#expected = 'colon';
  }

  #piece(bytes: Buffer): Piece {
    const piece = { path: [...this.#path], value: this.#parse(bytes) };
    this.#expected = this.#options.depth > 0 || this.#inList ? 'comma' : 'piece';
    return piece;
  }

  #parse(bytes: Buffer): unknown {
    try {
      return JSON.parse(bytes.toString('utf8'));
    } catch (error) {
      throw this.#malformed(`is no JSON${this.#where()}: ${error instanceof Error ? error.message : error}`);
    }
  }

  #cut(chunk: Uint8Array, from: number, to: number): Buffer {
    this.#keep(chunk.subarray(from, to));
    const bytes = Buffer.concat(this.#parts, this.#size);
    this.#parts = [];
    this.#size = 0;
    return bytes;
  }

  #keep(part: Uint8Array): void {
    const max =
      this.#nesting > 0 || !this.#inText ? (this.#options.pieceBytes_max ?? PIECE_BYTES_MAX) : KEY_BYTES_MAX;
    this.#parts.push(part);
    this.#size += part.length;
    if (this.#size > max) {
      const message = `${this.#options.source}: the entry${this.#where()} has more than ${max} bytes, which none of this format has`;
      throw new AdvisoryError('TooLarge', message);
    }
  }

  #where(): string {
    return this.#path.length === 0 ? '' : ` at ${this.#path.join(' ')}`;
  }

  #unexpected(byte: number, at: number, wanted: string): AdvisoryError {
    const found = JSON.stringify(String.fromCharCode(byte));
    return this.#malformed(
      `has ${found} at byte ${this.#position + at}${this.#where()}; ${wanted} was expected`,
    );
  }

  #malformed(problem: string): AdvisoryError {
    return new AdvisoryError('Malformed', `${this.#options.source} ${problem}`);
  }
}

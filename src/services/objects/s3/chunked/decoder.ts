/**
 * The coding `aws-chunked`: chunks with their size and, where the request is signed so, a signature; then a trailer with a checksum. What is signed is given out once
 * its signature is known to be right, so a chunk that is signed is held in memory, and is bounded.
 */
import { createHash, type Hash } from 'node:crypto';
import { S3Error } from '../errors.ts';
import type { SignatureChain } from '../signature/authenticate.ts';
import { ChunkSignatures } from './chunk-signatures.ts';

/** SDKs send 64 and 128 KiB. */
export const SIGNED_CHUNK_BYTES_MAX = 1_048_576;
export const CHUNK_HEADER_BYTES_MAX = 1_024;
export const TRAILER_BYTES_MAX = 8_192;

export interface ChunkedOptions {
  /** `x-amz-decoded-content-length`. */
  readonly size: number;
  /** Where chunks are signed. */
  readonly chain?: SignatureChain;
  /** Names that may come in the trailer. */
  readonly trailers: readonly string[];
}

const HEADER = /^([0-9a-fA-F]{1,13})(?:;(.*))?$/;
const SIGNATURE = /^chunk-signature=([0-9a-f]{64})$/;
const TRAILER_SIGNATURE = 'x-amz-trailer-signature';
const CR = 0x0d;
const LF = 0x0a;

type State = 'header' | 'data' | 'after-data' | 'trailer';

export class ChunkedDecoder {
  readonly #options: ChunkedOptions;
  readonly #signatures: ChunkSignatures | undefined;
  #state: State = 'header';
  /** What came of a chunk's header, of the line end after its bytes, or of the trailer. */
  #line: Buffer = Buffer.alloc(0);
  /** Of the chunk: bytes still to come. */
  #left = 0;
  /** Of all chunks so far, as their headers say. */
  #size = 0;
  #held:
    | { readonly bytes: Buffer; readonly hash: Hash; readonly signature: string; length: number }
    | undefined;

  constructor(options: ChunkedOptions) {
    this.#options = options;
    this.#signatures = options.chain && new ChunkSignatures(options.chain);
  }

  /** Gives what is decoded of these bytes and, where signed, verified. It may share their memory. */
  push(bytes: Uint8Array): readonly Uint8Array[] {
    const out: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'data') {
        const piece = bytes.subarray(at, at + this.#left);
        at += piece.length;
        this.#data(piece, out);
      } else if (this.#state === 'trailer') {
        this.#collect(bytes.subarray(at), TRAILER_BYTES_MAX, 'MalformedTrailerError');
        at = bytes.length;
      } else at = this.#toLineEnd(bytes, at);
    }
    return out;
  }

  /** The bytes are at their end. Gives the trailer, by names in lower case. */
  end(): ReadonlyMap<string, string> {
    if (this.#state !== 'trailer')
      throw new S3Error('IncompleteBody', 'the body ended before the chunk of no bytes that ends it');
    if (this.#size !== this.#options.size) throw wrongSize(this.#options.size, this.#size);
    return this.#trailer();
  }

  #toLineEnd(bytes: Uint8Array, from: number): number {
    const end = bytes.indexOf(LF, from);
    this.#collect(
      bytes.subarray(from, end < 0 ? bytes.length : end),
      CHUNK_HEADER_BYTES_MAX,
      'InvalidRequest',
    );
    if (end < 0) return bytes.length;
    if (this.#line.at(-1) !== CR) throw malformed('a line ends with CR and LF');
    const line = this.#line.toString('latin1', 0, this.#line.length - 1);
    this.#line = Buffer.alloc(0);
    if (this.#state === 'header') this.#header(line);
    else if (line !== '') throw malformed('a chunk is longer than its header says');
    else this.#state = 'header';
    return end + 1;
  }

  #collect(bytes: Uint8Array, max: number, code: 'InvalidRequest' | 'MalformedTrailerError'): void {
    if (this.#line.length + bytes.length > max)
      throw new S3Error(code, `aws-chunked: a chunk’s header or the trailer has more than ${max} bytes`);
    this.#line = Buffer.concat([this.#line, bytes]);
  }

  #header(line: string): void {
    const parts = HEADER.exec(line);
    if (!parts) throw malformed('a chunk begins with its size in hexadecimal');
    const size = Number.parseInt(parts[1] ?? '', 16);
    this.#size += size;
    if (this.#size > this.#options.size) throw wrongSize(this.#options.size, this.#size);
    if (this.#signatures) this.#hold(this.#signatures, size, SIGNATURE.exec(parts[2] ?? '')?.[1]);
    this.#left = size;
    this.#state = size === 0 ? 'trailer' : 'data';
  }

  #hold(signatures: ChunkSignatures, size: number, signature: string | undefined): void {
    if (signature === undefined)
      throw malformed('a chunk’s header has ;chunk-signature= and 64 hexadecimal digits');
    if (size > SIGNED_CHUNK_BYTES_MAX)
      throw new S3Error(
        'InvalidChunkSizeError',
        `a signed chunk has at most ${SIGNED_CHUNK_BYTES_MAX} bytes; send smaller ones`,
      );
    const hash = createHash('sha256');
    if (size === 0) signatures.checkChunk(hash, signature);
    else this.#held = { bytes: Buffer.allocUnsafeSlow(size), hash, signature, length: 0 };
  }

  #data(piece: Uint8Array, out: Uint8Array[]): void {
    this.#left -= piece.length;
    const held = this.#held;
    if (held) {
      held.bytes.set(piece, held.length);
      held.length += piece.length;
      held.hash.update(piece);
    } else out.push(piece);
    if (this.#left > 0) return;
    if (held) {
      this.#signatures?.checkChunk(held.hash, held.signature);
      out.push(held.bytes);
      this.#held = undefined;
    }
    this.#state = 'after-data';
  }

  /**
   * What is signed to its end has to come with its trailer; what is not may come without.
   * Some clients put an empty line before the trailer, some one before its signature, and some none at the end.
   */
  #trailer(): Map<string, string> {
    const trailers = new Map<string, string>();
    let signature: string | undefined;
    for (const line of this.#line.toString('latin1').split('\n')) {
      const colon = line.indexOf(':');
      if (line.trim() === '') continue;
      const name = line.slice(0, Math.max(0, colon)).toLowerCase();
      const value = line.slice(colon + 1).trim();
      if (name === TRAILER_SIGNATURE && this.#signatures && signature === undefined) signature = value;
      else if (signature === undefined && this.#options.trailers.includes(name) && !trailers.has(name))
        trailers.set(name, value);
      else throw new S3Error('MalformedTrailerError');
    }
    if (this.#signatures && this.#options.trailers.length > 0) {
      const text = [...trailers].map(([key, value]) => `${key}:${value}\n`).join('');
      this.#signatures.checkTrailer(text, signature ?? '');
    }
    return trailers;
  }
}

function malformed(message: string): S3Error {
  return new S3Error('InvalidRequest', `aws-chunked: ${message}`);
}

function wrongSize(announced: number, came: number): S3Error {
  const how = came > announced ? 'more' : 'only';
  return new S3Error(
    'IncompleteBody',
    `x-amz-decoded-content-length said ${announced} bytes, and ${how} ${came} came`,
  );
}

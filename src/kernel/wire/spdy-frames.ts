/**
 * SPDY/3.1 frames, as far as `kubectl exec` up to 1.29 needs them (it speaks nothing else). Pure but for the shared inflate context
 * of header blocks. No flow control: kubectl's own library has none, TCP does it.
 */
import { createInflate, type Inflate } from 'node:zlib';

export const FRAME_TYPE = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7 } as const;

export type SpdyFrame =
  | { readonly type: 'data'; readonly stream: number; readonly fin: boolean; readonly data: Buffer }
  | { readonly type: 'control'; readonly control: number; readonly fin: boolean; readonly payload: Buffer };

const FRAME_HEAD_BYTES = 8;
const FLAG_FIN = 1;
const VERSION = 3;
/** Far above what kubectl sends at once (32 KiB). */
const FRAME_BYTES_MAX = 1024 * 1024;
const HEADER_BLOCK_BYTES_MAX = 16 * 1024;
const HEADER_PAIRS_MAX = 32;

export class SpdyError extends Error {}

/** Cuts a byte stream into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  *push(chunk: Buffer): Generator<SpdyFrame> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= FRAME_HEAD_BYTES) {
      const head = this.#rest.readUInt32BE(0);
      const flags = this.#rest.readUInt8(4);
      const length = this.#rest.readUIntBE(5, 3);
      if (length > FRAME_BYTES_MAX) throw new SpdyError(`a frame of ${length} bytes`);
      if (this.#rest.length < FRAME_HEAD_BYTES + length) return;
      const payload = this.#rest.subarray(FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + length);
      this.#rest = this.#rest.subarray(FRAME_HEAD_BYTES + length);
      const fin = (flags & FLAG_FIN) !== 0;
      if (head < 0x80000000) yield { type: 'data', stream: head, fin, data: payload };
      else {
        if (((head >>> 16) & 0x7fff) !== VERSION) throw new SpdyError('a frame of another version');
        yield { type: 'control', control: head & 0xffff, fin, payload };
      }
    }
  }
}

export function dataFrame(stream: number, data: Uint8Array, fin = false): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUInt32BE(stream, 0);
  head.writeUInt8(fin ? FLAG_FIN : 0, 4);
  head.writeUIntBE(data.length, 5, 3);
  return Buffer.concat([head, data]);
}

export function controlFrame(control: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUInt32BE((0x80000000 | (VERSION << 16) | control) >>> 0, 0);
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A zlib stream without dictionary begins so. */
const ZLIB_HEAD = Buffer.from([0x78, 0x01]);
/** No header pairs (a count of zero) as a stored block, then an empty one, which makes the reader give out what it has. */
const NO_HEADERS = Buffer.from([0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);

/** Accepts a stream. The first reply of a connection opens the compression context that all share. */
export function synReply(stream: number, first: boolean): Buffer {
  return controlFrame(
    FRAME_TYPE.synReply,
    Buffer.concat([word(stream), ...(first ? [ZLIB_HEAD] : []), NO_HEADERS]),
  );
}

/** The header blocks that a client sends, in order: they share one compression context. */
export class HeaderReader {
  readonly #inflate: Inflate = createInflate({ dictionary: DICTIONARY });
  #output: Buffer[] = [];
  #size = 0;
  /** Set once the context is broken; nothing after that can be read. */
  readonly #broken = Promise.withResolvers<never>();

  constructor() {
    this.#broken.promise.catch(() => {});
    this.#inflate.on('error', () => this.#broken.reject(new SpdyError('a broken header block')));
    this.#inflate.on('data', (chunk: Buffer) => {
      this.#size += chunk.length;
      if (this.#size > HEADER_BLOCK_BYTES_MAX)
        this.#inflate.destroy(new SpdyError('a header block that is too large'));
      else this.#output.push(chunk);
    });
  }

  /** Headers by lower-case name. One call at a time. */
  async read(block: Buffer): Promise<Map<string, string>> {
    this.#output = [];
    this.#size = 0;
    const written = new Promise<void>((resolve, reject) => {
      this.#inflate.write(block, (error) =>
        error ? reject(new SpdyError('a broken header block')) : resolve(),
      );
    });
    await Promise.race([written, this.#broken.promise]);
    return parsePairs(Buffer.concat(this.#output));
  }

  close(): void {
    this.#inflate.destroy();
  }
}

function parsePairs(block: Buffer): Map<string, string> {
  let at = 0;
  const take = (length: number) => {
    if (length > block.length - at) throw new SpdyError('a header block that ends too soon');
    at += length;
    return block.subarray(at - length, at);
  };
  const count = take(4).readUInt32BE();
  if (count > HEADER_PAIRS_MAX) throw new SpdyError('too many headers');
  const headers = new Map<string, string>();
  for (let pair = 0; pair < count; pair++) {
    const name = take(take(4).readUInt32BE()).toString('latin1').toLowerCase();
    headers.set(name, take(take(4).readUInt32BE()).toString('latin1'));
  }
  return headers;
}

// The dictionary of SPDY/3 (draft-mbelshe-httpbis-spdy-00, section 2.6.10.1): words with their lengths, then text.
const WORDS =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization ' +
  'cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range ' +
  'content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since ' +
  'last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer ' +
  'transfer-encoding upgrade user-agent vary via warning www-authenticate method get status';
const MORE_WORDS = ['200 OK', 'version', 'HTTP/1.1', 'url', 'public', 'set-cookie', 'keep-alive', 'origin'];
const TEXT =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information' +
  '204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error' +
  '501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, ' +
  'Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,' +
  'publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';

const DICTIONARY = Buffer.concat([
  ...[...WORDS.split(' '), ...MORE_WORDS].flatMap((text) => [word(text.length), Buffer.from(text)]),
  Buffer.from(TEXT),
]);

/**
 * The bytes of a request, decoded, and held to everything that was said of them: length, Content-MD5, SHA-256, checksums in headers and trailers. What is wrong is thrown
 * before the last of the bytes is given out, so nobody who reads to the end stores what a client did not mean.
 */
import { createHash, type Hash } from 'node:crypto';
import { inlineMd5, type RunningMd5 } from '../hashing/md5-threads.ts';
import { DEFAULT_ALGORITHM, type Digest, newDigest } from './checksums/digest.ts';
import { ChunkedDecoder } from './chunked/decoder.ts';
import { S3Error } from './errors.ts';
import { algorithmOfHeader, checkDigest } from './headers/body.ts';
import type { BodyExpectations, ChecksumAlgorithm } from './parameters.ts';
import type { SignatureChain } from './signature/authenticate.ts';
import type { PayloadForm } from './signature/payload.ts';

export interface BodyOptions {
  readonly expected: BodyExpectations;
  readonly payload: PayloadForm;
  /** Of an authenticated request: what signed chunks go on from. */
  readonly chain?: SignatureChain;
  /** Computes ETags beside the rest; without it they are computed here. */
  readonly md5?: { begin(size: number | undefined): RunningMd5 } | undefined;
  /** Which checksum to give besides what the client announces; CRC64NVME where neither says one. `none` where nobody stores it. */
  readonly algorithm?: ChecksumAlgorithm | 'none';
}

export interface BodyResult {
  /** In bytes. */
  readonly size: number;
  /** In hexadecimal: the ETag. */
  readonly md5: string;
  readonly checksums: Readonly<Partial<Record<ChecksumAlgorithm, string>>>;
}

export interface OpenedBody {
  /** Once. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Once the bytes have been read to their end. */
  result(): BodyResult;
}

export function openBody(source: AsyncIterable<Uint8Array>, options: BodyOptions): OpenedBody {
  const checks = new BodyChecks(options);
  return { bytes: checkedBytes(source, decoderFor(options), checks), result: () => checks.result() };
}

/** The whole of a small body, such as XML. Throws MaxMessageLengthExceeded, and what `openBody` throws. */
export async function readSmallBody(
  source: AsyncIterable<Uint8Array>,
  options: BodyOptions,
  bytesMax: number,
): Promise<Buffer> {
  const tooLong = new S3Error(
    'MaxMessageLengthExceeded',
    `the body of this call has at most ${bytesMax} bytes`,
  );
  if ((options.expected.size ?? 0) > bytesMax) throw tooLong;
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of openBody(source, { algorithm: 'none', ...options }).bytes) {
    size += piece.length;
    if (size > bytesMax) throw tooLong;
    // A copy: pieces may be parts of larger buffers, and are kept.
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces, size);
}

function decoderFor({ expected, payload, chain }: BodyOptions): ChunkedDecoder | undefined {
  if (!expected.chunked) return undefined;
  if (payload.form === 'hashed')
    throw new S3Error(
      'InvalidRequest',
      'with aws-chunked, x-amz-content-sha256 is one of the STREAMING-… forms',
    );
  const signed = payload.form === 'chunked' && payload.signed;
  if (signed && !chain)
    throw new S3Error('SignatureDoesNotMatch', 'chunks are signed, and the request is not');
  return new ChunkedDecoder({
    size: expected.size ?? 0,
    trailers: expected.trailers,
    ...(signed && chain && { chain }),
  });
}

async function* checkedBytes(
  source: AsyncIterable<Uint8Array>,
  decoder: ChunkedDecoder | undefined,
  checks: BodyChecks,
): AsyncGenerator<Uint8Array, void, undefined> {
  // One piece is held back until all is known to be right, or more comes.
  let held: Uint8Array | undefined;
  try {
    for await (const bytes of source) {
      for (const piece of decoder ? decoder.push(bytes) : [bytes]) {
        if (piece.length === 0) continue;
        const busy = checks.update(piece);
        if (busy) await busy;
        if (held) yield held;
        held = piece;
      }
    }
    await checks.end(decoder?.end());
  } finally {
    checks.close();
  }
  if (held) yield held;
}

class BodyChecks {
  readonly #options: BodyOptions;
  readonly #md5: RunningMd5;
  readonly #sha256: Hash | undefined;
  readonly #digests = new Map<ChecksumAlgorithm, Digest>();
  #size = 0;
  #result: BodyResult | undefined;

  constructor(options: BodyOptions) {
    this.#options = options;
    const { expected, payload, algorithm, md5 } = options;
    this.#md5 = md5?.begin(expected.size) ?? inlineMd5();
    if (payload.form === 'hashed') this.#sha256 = createHash('sha256');
    const announced = expected.trailers.map(algorithmOfHeader);
    const wanted = [expected.algorithm, ...announced, algorithm === 'none' ? undefined : algorithm];
    for (const one of wanted) if (one) this.#digests.set(one, newDigest(one));
    if (this.#digests.size === 0 && algorithm !== 'none')
      this.#digests.set(DEFAULT_ALGORITHM, newDigest(DEFAULT_ALGORITHM));
  }

  /** A promise where there is something to wait for before the next. */
  update(bytes: Uint8Array): Promise<void> | undefined {
    const { size } = this.#options.expected;
    this.#size += bytes.length;
    if (size !== undefined && this.#size > size) throw wrongSize(size, this.#size);
    this.#sha256?.update(bytes);
    for (const digest of this.#digests.values()) digest.update(bytes);
    return this.#md5.update(bytes);
  }

  /** Throws whatever of what was said does not hold. */
  async end(trailers: ReadonlyMap<string, string> = new Map()): Promise<void> {
    const { expected, payload } = this.#options;
    if (expected.size !== undefined && this.#size !== expected.size)
      throw wrongSize(expected.size, this.#size);
    const md5 = await this.#md5.digest();
    if (expected.contentMd5 && !md5.equals(expected.contentMd5))
      throw new S3Error('BadDigest', 'the bytes that came do not have the Content-MD5 that was sent', {
        details: {
          ExpectedDigest: expected.contentMd5.toString('base64'),
          CalculatedDigest: md5.toString('base64'),
        },
      });
    const sha256 = this.#sha256?.digest('hex');
    if (payload.form === 'hashed' && sha256 !== payload.sha256)
      throw new S3Error('XAmzContentSHA256Mismatch', undefined, {
        details: { ClientComputedContentSHA256: payload.sha256, S3ComputedContentSHA256: sha256 ?? '' },
      });
    const checksums: Partial<Record<ChecksumAlgorithm, string>> = {};
    for (const [algorithm, digest] of this.#digests) checksums[algorithm] = digest.digest();
    const { checksum } = expected;
    if (checksum) compare(checksum.algorithm, checksum.value, checksums);
    for (const [name, value] of trailers) {
      const algorithm = algorithmOfHeader(name);
      checkDigest(name, algorithm, value);
      compare(algorithm, value, checksums);
    }
    this.#result = { size: this.#size, md5: md5.toString('hex'), checksums };
  }

  close(): void {
    this.#md5.forget();
  }

  result(): BodyResult {
    if (!this.#result) throw new Error('a body has a result once it has been read to its end');
    return this.#result;
  }
}

function compare(
  algorithm: ChecksumAlgorithm,
  said: string,
  computed: Readonly<Partial<Record<ChecksumAlgorithm, string>>>,
): void {
  if (computed[algorithm] === said) return;
  throw new S3Error('BadDigest', `the bytes that came do not have the ${algorithm} that was sent`, {
    details: { ExpectedDigest: said, CalculatedDigest: computed[algorithm] ?? '' },
  });
}

function wrongSize(said: number, came: number): S3Error {
  const how = came > said ? 'more' : 'only';
  return new S3Error('IncompleteBody', `${said} bytes were announced, and ${how} ${came} came`);
}

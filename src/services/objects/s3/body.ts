/**
 * The bytes of a request, decoded, and held to everything that was said of them: length, Content-MD5, SHA-256, checksums in headers and trailers. What is wrong is thrown
 * before the last of the bytes is given out, so nobody who reads to the end stores what a client did not mean.
 */
import { randomBytes } from 'node:crypto';
import { type Hashes, inlineHashes, type RunningHashes } from '../hashing/running-hashes.ts';
import { DEFAULT_ALGORITHM, type HashName } from './checksums/digest.ts';
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
  /** Computes hashes beside the rest; without it they are computed here. */
  readonly hashing?:
    | { begin(names: ReadonlySet<HashName>, size: number | undefined): RunningHashes }
    | undefined;
  /** Which checksum to give besides what the client announces; CRC64NVME where neither says one. `none` where nobody stores it. */
  readonly algorithm?: ChecksumAlgorithm | 'none';
  /** `any`: one that no other bytes have, where nobody takes it for their MD5; that takes a third of the work away. */
  readonly etag?: 'md5' | 'any';
}

/** Bits of an ETag that is no MD5. */
const ETAG_BYTES = 16;

export interface BodyResult {
  /** In bytes. */
  readonly size: number;
  /** 32 hexadecimal digits: MD5 of the bytes where that was asked for, or had to be computed anyway. */
  readonly etag: string;
  readonly checksums: Readonly<Partial<Record<ChecksumAlgorithm, string>>>;
}

export interface OpenedBody {
  /** Once. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Once the bytes have been read to their end. */
  result(): BodyResult;
}

/** Bytes of the source are as they were until those after the next are asked for. */
export function openBody(source: AsyncIterable<Uint8Array>, options: BodyOptions): OpenedBody {
  const checks = new BodyChecks(options);
  return { bytes: checkedBytes(source, decoderFor(options), checks), result: () => checks.result() };
}

/** The same of a body that has come already. Throws what `openBody` throws. */
export function checkBody(
  source: Uint8Array,
  options: BodyOptions,
): { readonly bytes: readonly Uint8Array[]; readonly result: BodyResult } {
  // Nothing is waited for: what has come is few.
  const checks = new BodyChecks({ ...options, hashing: undefined });
  const decoder = decoderFor(options);
  const bytes = decoder ? decoder.push(source) : [source];
  checks.update(bytes);
  checks.end(decoder?.end());
  return { bytes, result: checks.result() };
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
  // What came last is held back until all is known to be right, or more comes.
  let held: readonly Uint8Array[] = [];
  try {
    for await (const bytes of source) {
      const pieces = decoder ? decoder.push(bytes) : [bytes];
      if (pieces.length === 0) continue;
      const busy = checks.update(pieces);
      if (busy) await busy;
      yield* held;
      held = pieces;
    }
    await checks.end(decoder?.end());
  } finally {
    checks.close();
  }
  yield* held;
}

class BodyChecks {
  readonly #options: BodyOptions;
  /** Which of the hashes are kept as the object's checksums. */
  readonly #algorithms: ReadonlySet<ChecksumAlgorithm>;
  readonly #hashes: RunningHashes;
  #size = 0;
  #result: BodyResult | undefined;

  constructor(options: BodyOptions) {
    this.#options = options;
    const { expected, payload, algorithm, hashing, etag = 'md5' } = options;
    const announced = expected.trailers.map(algorithmOfHeader);
    const wanted = [expected.algorithm, ...announced, algorithm === 'none' ? undefined : algorithm];
    const algorithms = new Set(wanted.filter((one) => one !== undefined));
    if (algorithms.size === 0 && algorithm !== 'none') algorithms.add(DEFAULT_ALGORITHM);
    this.#algorithms = algorithms;
    const names = new Set<HashName>(algorithms);
    if (etag === 'md5' || expected.contentMd5) names.add('MD5');
    if (payload.form === 'hashed') names.add('SHA256');
    this.#hashes = hashing?.begin(names, expected.size) ?? inlineHashes(names);
  }

  /** A promise where there is something to wait for before the next. */
  update(pieces: readonly Uint8Array[]): Promise<void> | undefined {
    const { size } = this.#options.expected;
    for (const piece of pieces) {
      this.#size += piece.length;
      if (size !== undefined && this.#size > size) throw wrongSize(size, this.#size);
    }
    return this.#hashes.update(pieces);
  }

  /** Throws, or rejects with, whatever of what was said does not hold. A promise where there is something to wait for. */
  end(trailers: ReadonlyMap<string, string> = new Map()): Promise<void> | undefined {
    const { expected } = this.#options;
    if (expected.size !== undefined && this.#size !== expected.size)
      throw wrongSize(expected.size, this.#size);
    const hashes = this.#hashes.digest();
    if (hashes instanceof Promise) return hashes.then((all) => this.#compareAll(all, trailers));
    this.#compareAll(hashes, trailers);
    return undefined;
  }

  #compareAll(hashes: Hashes, trailers: ReadonlyMap<string, string>): void {
    const { expected, payload } = this.#options;
    const bytesOf = (name: HashName) => Buffer.from(hashes.get(name) ?? '', 'base64');
    const md5 = hashes.has('MD5') ? bytesOf('MD5') : undefined;
    if (expected.contentMd5 && !md5?.equals(expected.contentMd5))
      throw new S3Error('BadDigest', 'the bytes that came do not have the Content-MD5 that was sent', {
        details: {
          ExpectedDigest: expected.contentMd5.toString('base64'),
          CalculatedDigest: md5?.toString('base64') ?? '',
        },
      });
    const sha256 = bytesOf('SHA256').toString('hex');
    if (payload.form === 'hashed' && sha256 !== payload.sha256)
      throw new S3Error('XAmzContentSHA256Mismatch', undefined, {
        details: { ClientComputedContentSHA256: payload.sha256, S3ComputedContentSHA256: sha256 },
      });
    const checksums: Partial<Record<ChecksumAlgorithm, string>> = {};
    for (const algorithm of this.#algorithms) checksums[algorithm] = hashes.get(algorithm) ?? '';
    const { checksum } = expected;
    if (checksum) compare(checksum.algorithm, checksum.value, checksums);
    for (const [name, value] of trailers) {
      const algorithm = algorithmOfHeader(name);
      checkDigest(name, algorithm, value);
      compare(algorithm, value, checksums);
    }
    const etag = (md5 ?? randomBytes(ETAG_BYTES)).toString('hex');
    this.#result = { size: this.#size, etag, checksums };
  }

  close(): void {
    this.#hashes.forget();
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

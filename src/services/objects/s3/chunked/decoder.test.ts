import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { S3Error } from '../errors.ts';
import type { SignatureChain } from '../signature/authenticate.ts';
import { deriveKey } from '../signature/signing-keys.ts';
import { chunkedBody, EXAMPLE } from '../testing/client.ts';
import { codeOf } from '../testing/thrown.ts';
import {
  CHUNK_HEADER_BYTES_MAX,
  ChunkedDecoder,
  type ChunkedOptions,
  SIGNED_CHUNK_BYTES_MAX,
} from './decoder.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_122 });

const chainFrom = (seed: string): SignatureChain => ({
  signingKey: deriveKey(EXAMPLE.secret, { ...EXAMPLE, date: '20130524' }),
  seed,
  time: EXAMPLE.time,
  scope: '20130524/us-east-1/s3/aws4_request',
});

function decode(body: Uint8Array, options: ChunkedOptions, splits: readonly number[] = []) {
  const decoder = new ChunkedDecoder(options);
  const out: Uint8Array[] = [];
  let from = 0;
  for (const length of [...splits, body.length]) {
    // A copy, as what is pushed is the caller's to overwrite.
    out.push(...decoder.push(body.slice(from, from + length)).map((piece) => Buffer.from(piece)));
    from += length;
  }
  return { trailers: decoder.end(), bytes: Buffer.concat(out) };
}

const CRC32C = { name: 'x-amz-checksum-crc32c', value: 'sOO8/Q==' };

describe('aws-chunked, with the examples that AWS publishes', () => {
  const bytes = [Buffer.alloc(65_536, 'a'), Buffer.alloc(1_024, 'a')];
  const size = 66_560;
  const framed = (signatures: readonly string[], end: string) =>
    Buffer.concat([
      Buffer.from(`10000;chunk-signature=${signatures[0]}\r\n`),
      ...[bytes[0] ?? Buffer.alloc(0), Buffer.from(`\r\n400;chunk-signature=${signatures[1]}\r\n`)],
      ...[bytes[1] ?? Buffer.alloc(0), Buffer.from(`\r\n0;chunk-signature=${signatures[2]}\r\n${end}`)],
    ]);

  it('signed chunks', () => {
    const signatures = [
      'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
      '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
      'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
    ];
    const chain = chainFrom('4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9');
    const body = framed(signatures, '\r\n');
    assert.equal(body.length, 66_824);
    assert.ok(decode(body, { size, chain, trailers: [] }).bytes.equals(Buffer.concat(bytes)));
    const changed = Buffer.from(body);
    changed[1_000] = 0;
    assert.equal(
      codeOf(() => decode(changed, { size, chain, trailers: [] })),
      'SignatureDoesNotMatch',
    );
  });

  it('signed chunks with a signed trailer, with and without the empty lines that clients put in', () => {
    const signatures = [
      'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
      '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
      '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
    ];
    const chain = chainFrom('106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e');
    const trailer = 'x-amz-checksum-crc32c:sOO8/Q==';
    const signature =
      'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435';
    const options = { size, chain, trailers: [CRC32C.name] };
    for (const end of [
      `${trailer}\r\n${signature}\r\n\r\n`,
      `${trailer}\n\r\n\r\n${signature}\r\n\r\n`,
      `\r\n${trailer}\r\n${signature}`,
    ])
      assert.deepEqual([...decode(framed(signatures, end), options).trailers], [[CRC32C.name, CRC32C.value]]);
    for (const end of [
      `${trailer}\r\n\r\n`,
      `${trailer.replace('sOO8', 'sOO9')}\r\n${signature}\r\n\r\n`,
      '\r\n',
    ])
      assert.equal(
        codeOf(() => decode(framed(signatures, end), options)),
        'SignatureDoesNotMatch',
      );
  });
});

describe('aws-chunked', () => {
  const seed = 'a'.repeat(64);
  const coded = fc.record({
    chunks: fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 6 }),
    signed: fc.boolean(),
    trailer: fc.option(fc.constant(CRC32C), { nil: undefined }),
    splits: fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 30 }),
  });
  const optionsFor = (size: number, signed: boolean, trailer?: typeof CRC32C): ChunkedOptions => ({
    size,
    trailers: trailer ? [trailer.name] : [],
    ...(signed && { chain: chainFrom(seed) }),
  });

  it('comes back as it was, however it is split on the way', () => {
    fc.assert(
      fc.property(coded, ({ chunks, signed, trailer, splits }) => {
        const body = chunkedBody({ chunks, ...(trailer && { trailer }), ...(signed && { seed }) });
        const whole = Buffer.concat(chunks);
        const read = decode(body, optionsFor(whole.length, signed, trailer), splits);
        assert.ok(read.bytes.equals(whole));
        assert.deepEqual([...read.trailers], trailer ? [[trailer.name, trailer.value]] : []);
      }),
      { numRuns: 300 },
    );
  });

  it('is refused, or is the same, where a signed one was changed anywhere', () => {
    const changed = fc.record({ body: coded, at: fc.nat(), to: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(changed, ({ body: { chunks, trailer, splits }, at, to }) => {
        const body = chunkedBody({ chunks, ...(trailer && { trailer }), seed });
        const whole = Buffer.concat(chunks);
        body[at % body.length] = (body[at % body.length] ?? 0) ^ to;
        const options = optionsFor(whole.length, true, trailer);
        let read: Buffer;
        try {
          read = decode(body, options, splits).bytes;
        } catch (error) {
          assert.ok(error instanceof S3Error, String(error));
          return;
        }
        assert.ok(read.equals(whole));
      }),
      { numRuns: 300 },
    );
  });

  it('never gives out bytes of a signed chunk before its signature is known to be right', () => {
    const chunk = Buffer.alloc(1_000, 'x');
    const body = chunkedBody({ chunks: [chunk], seed });
    const decoder = new ChunkedDecoder(optionsFor(1_000, true));
    const begin = body.indexOf('\n') + 1;
    assert.deepEqual(decoder.push(body.subarray(0, begin + 999)), []);
    const last = Buffer.from([0]);
    assert.equal(
      codeOf(() => decoder.push(last)),
      'SignatureDoesNotMatch',
    );
  });

  it('is refused where it lies about its length, is cut off, or goes on', () => {
    const chunks = [Buffer.alloc(10, 'x')];
    const body = chunkedBody({ chunks });
    const read = (bytes: Uint8Array, size = 10) => codeOf(() => decode(bytes, optionsFor(size, false)));
    assert.equal(read(body), 'none');
    assert.equal(read(body, 9), 'IncompleteBody');
    assert.equal(read(body, 11), 'IncompleteBody');
    for (let length = 0; length < body.length - '0\r\n\r\n'.length; length++)
      assert.equal(read(body.subarray(0, length)), 'IncompleteBody');
    assert.equal(read(Buffer.concat([body, Buffer.from('more')])), 'MalformedTrailerError');
    assert.equal(read(Buffer.from('a\r\n0123456789x\r\n0\r\n\r\n')), 'InvalidRequest');
    assert.equal(read(Buffer.from('a\n0123456789\n0\n\n')), 'InvalidRequest');
    assert.equal(read(Buffer.from('-1\r\n')), 'InvalidRequest');
    assert.equal(read(Buffer.from('fffffffffffff\r\n')), 'IncompleteBody');
  });

  it('is bounded in its headers, its trailer, and the size of signed chunks', () => {
    const options = optionsFor(2 ** 40, true);
    const push = (text: string) => codeOf(() => new ChunkedDecoder(options).push(Buffer.from(text)));
    const header = (size: number) => `${size.toString(16)};chunk-signature=${seed}\r\n`;
    assert.equal(push(header(SIGNED_CHUNK_BYTES_MAX)), 'none');
    assert.equal(push(header(SIGNED_CHUNK_BYTES_MAX + 1)), 'InvalidChunkSizeError');
    assert.equal(push('1'.repeat(CHUNK_HEADER_BYTES_MAX + 1)), 'InvalidRequest');
    const unsigned = optionsFor(0, false, CRC32C);
    const long = Buffer.from(`0\r\n${CRC32C.name}:${'x'.repeat(9_000)}`);
    assert.equal(
      codeOf(() => decode(long, unsigned, [4_000])),
      'MalformedTrailerError',
    );
  });

  it('takes no trailer that was not announced, or comes twice', () => {
    const read = (text: string) =>
      codeOf(() => decode(Buffer.from(`0\r\n${text}\r\n`), optionsFor(0, false, CRC32C)));
    assert.equal(read(''), 'none');
    assert.equal(read(`${CRC32C.name}:AAAAAA==\r\n`), 'none');
    assert.equal(read(`${CRC32C.name}:AAAAAA==\r\n${CRC32C.name}:AAAAAA==\r\n`), 'MalformedTrailerError');
    assert.equal(read('x-amz-checksum-sha1:AAAAAA==\r\n'), 'MalformedTrailerError');
    assert.equal(read('x-amz-trailer-signature:AAAAAA==\r\n'), 'MalformedTrailerError');
  });
});

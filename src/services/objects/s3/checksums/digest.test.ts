import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CHECKSUM_ALGORITHMS } from '../headers/body.ts';
import { checksumOf, combineDigests, newDigest } from './digest.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_122 });

const hexOf = (base64: string) => Buffer.from(base64, 'base64').toString('hex');

describe('checksums of S3', () => {
  it('have the check values of their specifications', () => {
    const bytes = Buffer.from('123456789');
    assert.equal(hexOf(checksumOf('CRC32', bytes)), 'cbf43926');
    assert.equal(hexOf(checksumOf('CRC32C', bytes)), 'e3069283');
    assert.equal(hexOf(checksumOf('CRC64NVME', bytes)), 'ae8b14860a799888');
    assert.equal(hexOf(checksumOf('SHA1', bytes)), 'f7c3bc1d808e04732adf679965ccc34ca7ae3441');
    assert.equal(
      hexOf(checksumOf('SHA256', bytes)),
      '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
    );
  });

  it('have the values of 32 zeros, ones and numbers of RFC 3720, and of a page of zeros of the NVMe specification', () => {
    const numbers = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
    assert.equal(hexOf(checksumOf('CRC32C', Buffer.alloc(32))), '8a9136aa');
    assert.equal(hexOf(checksumOf('CRC32C', Buffer.alloc(32, 0xff))), '62a8ab43');
    assert.equal(hexOf(checksumOf('CRC32C', numbers)), '46dd794e');
    assert.equal(hexOf(checksumOf('CRC64NVME', Buffer.alloc(4096))), '6482d367eb22b64e');
    assert.equal(hexOf(checksumOf('CRC64NVME', Buffer.alloc(4096, 0xff))), 'c0ddba7302eca3ac');
  });

  it('are the same however the bytes are split, also over pages', () => {
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 2_654_435_761) >>> 13));
    const cuts = fc.array(fc.nat({ max: bytes.length }), { maxLength: 8 });
    for (const algorithm of CHECKSUM_ALGORITHMS) {
      const whole = checksumOf(algorithm, bytes);
      fc.assert(
        fc.property(cuts, (unsorted) => {
          const digest = newDigest(algorithm);
          const ends = [...unsorted.sort((a, b) => a - b), bytes.length];
          let from = 0;
          for (const end of ends) {
            digest.update(bytes.subarray(from, end));
            from = end;
          }
          assert.equal(digest.digest(), whole);
        }),
        { numRuns: 20 },
      );
    }
  });

  it('of a whole object are had from those of its parts', () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 5_000 }), { minLength: 1, maxLength: 8 });
    for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME'] as const)
      fc.assert(
        fc.property(parts, (pieces) => {
          const digests = pieces.map((piece) => ({
            digest: checksumOf(algorithm, piece),
            size: piece.length,
          }));
          const whole = checksumOf(algorithm, Buffer.concat(pieces));
          assert.equal(combineDigests(algorithm, 'FULL_OBJECT', digests), whole);
        }),
        { numRuns: 50 },
      );
  });

  it('of parts beyond 4 GiB are put together without reading them again', () => {
    // 5 GiB of zeros, as 5 parts of 1 GiB, as 1,280 of 4 MiB, and doubled up from 1 MiB.
    const of = (parts: number, size: number, digest: string) =>
      combineDigests(
        'CRC64NVME',
        'FULL_OBJECT',
        Array.from({ length: parts }, () => ({ digest, size })),
      );
    const mebibyte = checksumOf('CRC64NVME', Buffer.alloc(2 ** 20));
    const four = of(4, 2 ** 20, mebibyte);
    const gibibyte = of(256, 2 ** 22, four);
    assert.equal(of(5, 2 ** 30, gibibyte), of(1_280, 2 ** 22, four));
  });

  it('of composite objects are those of the digests of their parts, with how many there are', () => {
    const parts = ['one', 'two'].map((text) => ({
      digest: checksumOf('SHA256', Buffer.from(text)),
      size: 3,
    }));
    const both = Buffer.concat(parts.map(({ digest }) => Buffer.from(digest, 'base64')));
    assert.equal(combineDigests('SHA256', 'COMPOSITE', parts), `${checksumOf('SHA256', both)}-2`);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32c, crc64nvme, crc64xz } from './crc.ts';

const CHECKED = Buffer.from('123456789');
const BYTES = Buffer.from(
  Array.from({ length: 150_000 }, (_, index) => Math.imul(index, 2_654_435_761) >>> 13),
);

describe('CRCs', () => {
  it('have the check values of their specifications', () => {
    assert.equal(crc32c(CHECKED), 0xe306_9283);
    assert.equal(crc64nvme(CHECKED), 0xae8b_1486_0a79_9888n);
    assert.equal(crc64xz(CHECKED), 0x995d_c9bb_df19_39fan);
  });

  it('are those of one byte after the other, however many come at once', () => {
    for (const size of [
      0,
      1,
      15,
      16,
      8_192,
      16_383,
      16_384,
      16_385,
      32_768,
      65_535,
      65_536,
      81_920,
      BYTES.length,
    ]) {
      const bytes = BYTES.subarray(0, size);
      let [of32, nvme, xz] = [0, 0n, 0n];
      for (let at = 0; at < size; at++) {
        const one = bytes.subarray(at, at + 1);
        [of32, nvme, xz] = [crc32c(one, of32), crc64nvme(one, nvme), crc64xz(one, xz)];
      }
      assert.deepEqual([crc32c(bytes), crc64nvme(bytes), crc64xz(bytes)], [of32, nvme, xz], `${size} bytes`);
    }
  });
});

/**
 * The CRC of bytes that were uploaded in parts, from the CRCs of the parts: that of the first, times x to the power of the bits that follow, plus that of the second, in
 * polynomials over GF(2) modulo the CRC's own. Reflected: the highest bit of a word is the coefficient of x⁰.
 */
import { CRC32C_POLYNOMIAL, CRC64NVME_POLYNOMIAL } from '#kernel/crc/crc.ts';

/** 64 bits as two halves; BigInt would take a millisecond a part. */
interface Word {
  readonly high: number;
  readonly low: number;
}

export type CrcAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME';

interface Field {
  readonly bits: 32 | 64;
  readonly polynomial: Word;
  /** x^(8·2^k), k from 0: to skip 2^k bytes. */
  readonly powers: Word[];
}

const field = (bits: 32 | 64, polynomial: bigint): Field => ({
  bits,
  polynomial: wordOf(polynomial),
  powers: [],
});
const FIELDS: Readonly<Record<CrcAlgorithm, Field>> = {
  CRC32: field(32, 0xedb88320n),
  CRC32C: field(32, CRC32C_POLYNOMIAL),
  CRC64NVME: field(64, CRC64NVME_POLYNOMIAL),
};

/** `size`: of the second, in bytes. */
export function combineCrcs(algorithm: CrcAlgorithm, first: bigint, second: bigint, size: number): bigint {
  const of = FIELDS[algorithm];
  let word = wordOf(first);
  for (let rest = size, k = 0; rest > 0; rest = Math.floor(rest / 2), k++)
    if (rest % 2 === 1) word = multiply(of, word, power(of, k));
  return ((BigInt(word.high >>> 0) << 32n) | BigInt(word.low >>> 0)) ^ second;
}

function power(of: Field, k: number): Word {
  const known = of.powers[k];
  if (known) return known;
  // x⁸: the ninth bit from the top.
  const eighth = of.bits === 64 ? { high: 0x0080_0000, low: 0 } : { high: 0, low: 0x0080_0000 };
  const half = k === 0 ? undefined : power(of, k - 1);
  const made = half ? multiply(of, half, half) : eighth;
  of.powers[k] = made;
  return made;
}

function multiply({ bits, polynomial }: Field, a: Word, b: Word): Word {
  let [high, low] = [0, 0];
  let [bHigh, bLow] = [b.high, b.low];
  for (let bit = bits - 1; bit >= 0; bit--) {
    const set = bit >= 32 ? (a.high >>> (bit - 32)) & 1 : (a.low >>> bit) & 1;
    if (set) {
      high ^= bHigh;
      low ^= bLow;
    }
    const odd = bLow & 1;
    bLow = (bLow >>> 1) | (bHigh << 31);
    bHigh >>>= 1;
    if (odd) {
      bHigh ^= polynomial.high;
      bLow ^= polynomial.low;
    }
  }
  return { high, low };
}

function wordOf(value: bigint): Word {
  return { high: Number(value >> 32n) | 0, low: Number(value & 0xffff_ffffn) | 0 };
}

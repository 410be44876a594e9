/** Sizes as the API writes them: `5Gi`. Pure. The API is the judge; this is for a word while somebody types. */

const PATTERN = /^(\d+(?:\.\d+)?)(|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)$/;
const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

export const isQuantity = (text: string): boolean => PATTERN.test(text);

/** NaN for what is none. */
export function bytesOf(text: string): number {
  const [, number = '', unit = ''] = PATTERN.exec(text) ?? [];
  return number === '' ? Number.NaN : Number(number) * (FACTORS[unit] ?? Number.NaN);
}

export const isSmaller = (one: string, other: string): boolean => bytesOf(one) < bytesOf(other);

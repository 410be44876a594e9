/** Check digits of numbers that stand for people, accounts and cards. Pure; each takes digits (and letters where the number has some) without separators. */

const digitsOf = (text: string): number[] => Array.from(text, Number);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** ISO/IEC 7812-1, annex B. */
export function luhn(digits: string): boolean {
  const doubled = digitsOf(digits)
    .reverse()
    .map((digit, at) => (at % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit));
  return sum(doubled) % 10 === 0;
}

/** The remainder of a long decimal number. */
export function remainder(digits: string, divisor: number): number {
  let rest = 0;
  for (const digit of digits) rest = (rest * 10 + Number(digit)) % divisor;
  return rest;
}

/** ISO 13616: characters from the front to the back, letters as 10 to 35, must leave 1. */
export function iban(text: string): boolean {
  const turned = `${text.slice(4)}${text.slice(0, 4)}`;
  return (
    remainder(
      turned.replaceAll(/[A-Z]/g, (letter) => String(Number.parseInt(letter, 36))),
      97,
    ) === 1
  );
}

const VERHOEFF_PRODUCT = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const VERHOEFF_PERMUTATION = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
];

/** J. Verhoeff, 1969. */
export function verhoeff(digits: string): boolean {
  let check = 0;
  for (const [at, digit] of digitsOf(digits).reverse().entries()) {
    const permuted = Number(VERHOEFF_PERMUTATION[at % 8]?.[digit]);
    check = Number(VERHOEFF_PRODUCT[check]?.[permuted]);
  }
  return check === 0;
}

/** ISO/IEC 7064, MOD 11,10. */
export function mod11_10(digits: string): boolean {
  let product = 10;
  const numbers = digitsOf(digits);
  for (const digit of numbers.slice(0, -1)) {
    const total = (digit + product) % 10;
    product = (2 * (total === 0 ? 10 : total)) % 11;
  }
  return (11 - product) % 10 === numbers.at(-1);
}

export const weighted = (digits: string, weights: readonly number[]): number =>
  sum(weights.map((weight, at) => weight * Number(digits[at])));

/** Whether there may be such a day; the years of February 29 are not looked at. */
export function isDay(month: number, day: number): boolean {
  const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return longest !== undefined && day >= 1 && day <= longest;
}

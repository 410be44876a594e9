/** Personal data: what tells who somebody is, where they can be reached, and what they pay with. */
import { iban, luhn } from './checksums.ts';
import type { Detector } from './detector.ts';
import { NATIONAL_IDS } from './national-ids.ts';

/** ISO 13616: how long the IBANs of a country are. */
const IBAN_LENGTHS: Readonly<Record<string, number>> = {
  AD: 24,
  AE: 23,
  AL: 28,
  AT: 20,
  AZ: 28,
  BA: 20,
  BE: 16,
  BG: 22,
  BH: 22,
  BR: 29,
  CH: 21,
  CR: 22,
  CY: 28,
  CZ: 24,
  DE: 22,
  DK: 18,
  DO: 28,
  EE: 20,
  ES: 24,
  FI: 18,
  FO: 18,
  FR: 27,
  GB: 22,
  GE: 22,
  GI: 23,
  GL: 18,
  GR: 27,
  GT: 28,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IS: 26,
  IT: 27,
  JO: 30,
  KW: 30,
  KZ: 20,
  LB: 28,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  MC: 27,
  MD: 24,
  ME: 22,
  MK: 19,
  MR: 27,
  MT: 31,
  MU: 30,
  NL: 18,
  NO: 15,
  PK: 24,
  PL: 28,
  PS: 29,
  PT: 25,
  QA: 29,
  RO: 24,
  RS: 22,
  SA: 24,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  TN: 24,
  TR: 26,
  UA: 29,
  VA: 22,
  VG: 24,
  XK: 20,
};

/** How many characters of `text` hold so many letters and digits; undefined when there are fewer, or the number goes on after them. */
function lengthOf(text: string, count: number): number | undefined {
  let at = 0;
  for (let found = 0; found < count; at++) {
    const character = text[at];
    if (character === undefined) return undefined;
    if (/[0-9A-Z]/.test(character)) found += 1;
  }
  return /^[0-9A-Z]/.test(text.slice(at)) ? undefined : at;
}

function ibanIn(match: string): number | undefined {
  const length = IBAN_LENGTHS[match.slice(0, 2)];
  const end = length === undefined ? undefined : lengthOf(match, length);
  return end !== undefined && iban(match.slice(0, end).replaceAll(' ', '')) ? end : undefined;
}

/** First digits that issuers have, with the lengths of their numbers (ISO/IEC 7812, as the schemes publish them). */
const ISSUERS: readonly (readonly [first: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:30[0-5]|309|36|3[89])/, [14]],
  [/^(?:6011|64[4-9]|65|35(?:2[89]|[3-8]))/, [16]],
  [/^(?:5018|5020|5038|6304|6759|676[123])/, [13, 16, 19]],
];

function cardIn(match: string): number | undefined {
  const [, lengths = []] = ISSUERS.find(([first]) => first.test(match.replaceAll(/[ -]/g, ''))) ?? [];
  for (const length of lengths) {
    const end = lengthOf(match, length);
    const digits = end === undefined ? '' : match.slice(0, end).replaceAll(/[ -]/g, '');
    // One digit again and again is what people type into forms.
    if (end !== undefined && luhn(digits) && !/^(.)\1+$/.test(digits)) return end;
  }
  return undefined;
}

/** E.164: at most 15 digits; fewer than 8 are hardly anybody's. */
function phoneIn(match: string): number | undefined {
  const { length } = match.replaceAll(/[^0-9]/g, '');
  return length >= 8 && length <= 15 ? match.length : undefined;
}

export const PERSONAL: readonly Detector[] = [
  {
    rule: 'email',
    what: 'e-mail address',
    pattern:
      /(?<![\w.%+-])[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}\.[A-Za-z]{2,24}(?![\w-])/g,
    hints: ['@'],
  },
  {
    rule: 'phone',
    what: 'telephone number',
    pattern: /(?<![\w+])\+[1-9][0-9]{0,2}(?:[ ()./-]{0,2}[0-9]){6,13}(?![0-9])/g,
    hints: ['+'],
    accepts: phoneIn,
  },
  {
    rule: 'iban',
    what: 'IBAN',
    pattern: /(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}/g,
    accepts: ibanIn,
  },
  {
    rule: 'payment-card',
    what: 'payment card',
    pattern: /(?<![0-9A-Za-z.])[2-6](?:[ -]?[0-9]){12,18}/g,
    accepts: cardIn,
  },
  ...NATIONAL_IDS,
];

/**
 * Numbers that states of the Union know people by, as far as they carry check digits that make them hard to meet by chance. Others (the Dutch BSN, the Portuguese NIF: nine
 * digits of which one in eleven fits) are not looked for: they would be found in every table.
 */
import { isDay, luhn, mod11_10, remainder, verhoeff, weighted } from './checksums.ts';
import type { Detector } from './detector.ts';

const plain = (text: string): string => text.replaceAll(/[^0-9A-Z]/g, '');

/** Accepts a candidate as a whole or not at all. */
const whole =
  (isOne: (text: string) => boolean) =>
  (match: string): number | undefined =>
    isOne(plain(match)) ? match.length : undefined;

/** France, NIR: 13 characters (2A and 2B are Corsica), and 97 less their remainder. */
function frenchNir(text: string): boolean {
  const number = text.slice(0, 13).replace('2A', '19').replace('2B', '18');
  return 97 - remainder(number, 97) === Number(text.slice(13));
}

/** Luxembourg, matricule: a birthday, three digits, one after Luhn over the first twelve, one after Verhoeff over the first eleven. */
function luxembourgMatricule(text: string): boolean {
  return (
    isDay(Number(text.slice(4, 6)), Number(text.slice(6, 8))) &&
    luhn(text.slice(0, 12)) &&
    verhoeff(`${text.slice(0, 11)}${text[12]}`)
  );
}

/** Germany, Steuer-ID: of the first ten digits exactly one comes two or three times, the others once. */
function germanTaxId(text: string): boolean {
  const counts = new Map<string, number>();
  for (const digit of text.slice(0, 10)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  const repeated = [...counts.values()].filter((count) => count > 1);
  return repeated.length === 1 && (repeated[0] ?? 0) <= 3 && mod11_10(text);
}

/** Belgium, national register: a birthday, three digits, and 97 less the remainder; with a 2 before it for who was born since 2000. */
function belgianNumber(text: string): boolean {
  if (!isDay(Number(text.slice(2, 4)), Number(text.slice(4, 6)))) return false;
  const check = Number(text.slice(9));
  const number = text.slice(0, 9);
  return 97 - remainder(number, 97) === check || 97 - remainder(`2${number}`, 97) === check;
}

const SPANISH_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';

/** Spain, DNI and NIE: eight digits (of a NIE the first is a letter), and a letter by their remainder. */
function spanishNumber(text: string): boolean {
  const number = text.slice(0, 8).replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter)));
  return SPANISH_LETTERS[Number(number) % 23] === text[8];
}

const ITALIAN_ODD = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

/** Italy, codice fiscale: the sixteenth character is a check over the others, weighed by whether their place is odd. */
function italianCode(text: string): boolean {
  let total = 0;
  for (const [at, character] of Array.from(text.slice(0, 15)).entries()) {
    const value = /\d/.test(character) ? Number(character) : Number.parseInt(character, 36) - 10;
    total += at % 2 === 0 ? (ITALIAN_ODD[value] ?? 0) : value;
  }
  return String.fromCharCode(65 + (total % 26)) === text[15];
}

/** Poland, PESEL: a birthday whose month also tells the century, four digits, a check. */
function polishPesel(text: string): boolean {
  const month = Number(text.slice(2, 4)) % 20;
  return (
    isDay(month, Number(text.slice(4, 6))) && weighted(text, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0
  );
}

const rule = 'national-id';

export const NATIONAL_IDS: readonly Detector[] = [
  {
    rule,
    what: 'French NIR',
    pattern:
      /(?<![0-9A-Za-z])[1-478] ?[0-9]{2} ?(?:0[1-9]|1[0-2]|[2-9][0-9]) ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}(?![0-9A-Za-z])/g,
    accepts: whole(frenchNir),
  },
  {
    rule,
    what: 'Luxembourg matricule',
    pattern: /(?<![0-9A-Za-z])(?:19|20)[0-9]{2} ?[0-9]{4} ?[0-9]{3} ?[0-9]{2}(?![0-9A-Za-z])/g,
    accepts: whole(luxembourgMatricule),
  },
  {
    rule,
    what: 'German tax number',
    pattern: /(?<![0-9A-Za-z.])[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}(?![0-9A-Za-z])/g,
    accepts: whole(germanTaxId),
  },
  {
    rule,
    what: 'Belgian national number',
    pattern: /(?<![0-9A-Za-z])[0-9]{2}[.]?[01][0-9][.]?[0-3][0-9][ -]?[0-9]{3}[ .-]?[0-9]{2}(?![0-9A-Za-z])/g,
    accepts: whole(belgianNumber),
  },
  {
    rule,
    what: 'Spanish DNI or NIE',
    pattern: /(?<![0-9A-Za-z])[0-9XYZ][0-9]{7}[ -]?[A-HJ-NP-TV-Z](?![0-9A-Za-z])/g,
    accepts: whole(spanishNumber),
  },
  {
    rule,
    what: 'Italian tax code',
    pattern: /(?<![0-9A-Za-z])[A-Z]{6}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z](?![0-9A-Za-z])/g,
    accepts: whole(italianCode),
  },
  {
    rule,
    what: 'Polish PESEL',
    pattern: /(?<![0-9A-Za-z.])[0-9]{2}[0-389][0-9][0-3][0-9]{6}(?![0-9A-Za-z])/g,
    accepts: whole(polishPesel),
  },
];

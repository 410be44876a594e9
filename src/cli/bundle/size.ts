/** Sizes and shares as people write them: `4GB`, `700MiB`, `10%`. */
import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes. Throws InvalidArgumentError. */
export function parseSize(text: string): number {
  const [, digits = '', unit = ''] = /^([0-9]{1,12}(?:\.[0-9]{1,3})?) ?([kKMGT]?i?B)$/.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit] ?? Number.NaN);
  if (digits === '' || !(bytes >= 1)) throw new InvalidArgumentError('such as 4GB, 700MB or 25GiB');
  return Math.floor(bytes);
}

/** Percent. Throws InvalidArgumentError. */
export function parsePercent(text: string): number {
  const [, digits] = /^([0-9]{1,3}(?:\.[0-9]{1,2})?) ?%$/.exec(text) ?? [];
  const percent = Number(digits);
  if (digits === undefined || percent > 100) throw new InvalidArgumentError('such as 10%, from 0% to 100%');
  return percent;
}

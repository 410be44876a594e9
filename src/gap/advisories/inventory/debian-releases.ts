/** Debian's releases by number and by code name: the tracker speaks of code names, OSV and `VERSION_ID` of numbers. */

const CODE_NAMES: Readonly<Record<string, string>> = {
  '10': 'buster',
  '11': 'bullseye',
  '12': 'bookworm',
  '13': 'trixie',
  '14': 'forky',
  '15': 'duke',
};

/** The unstable branch: what is fixed there is fixed in every later version. */
export const UNSTABLE = 'sid';

export const numberOf = (codeName: string): string | undefined =>
  Object.keys(CODE_NAMES).find((number) => CODE_NAMES[number] === codeName);

/** The code name in `debian-12`, `12`, `12.7`, `bookworm` or `debian/bookworm`; undefined for what is no release of Debian. */
export function codeNameOf(text: string): string | undefined {
  const bare = text.toLowerCase().replace(/^debian[-/:]?/, '');
  const number = /^(\d+)(\.\d+)*$/.exec(bare)?.[1];
  if (number !== undefined) return CODE_NAMES[number];
  return bare === UNSTABLE || Object.values(CODE_NAMES).includes(bare) ? bare : undefined;
}

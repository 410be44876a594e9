/**
 * Debian's order of package versions, exactly as dpkg has it (deb-version(7), Debian Policy 5.6.12): epoch, then upstream version, then
 * revision; `~` sorts before everything, even the end; letters before other characters; runs of digits as numbers of any length. A
 * revision that is absent equals `0`: `1.0` and `1.0-0` are the same version. Tested against `dpkg --compare-versions` itself.
 */

export interface DebianVersion {
  readonly epoch: number;
  readonly upstream: string;
  readonly revision: string;
}

/** dpkg keeps epochs in a C int. */
const EPOCH_MAX = 2 ** 31 - 1;
const VERSION_LENGTH_MAX = 256;
const UPSTREAM = /^[A-Za-z0-9.+:~-]+$/;
const REVISION = /^[A-Za-z0-9.+~]+$/;

/** Undefined for what dpkg would not take as a version. */
export function parseDebianVersion(text: string): DebianVersion | undefined {
  const trimmed = text.trim();
  if (trimmed.length > VERSION_LENGTH_MAX) return undefined;
  const colon = trimmed.indexOf(':');
  const epochText = colon < 0 ? '0' : trimmed.slice(0, colon);
  if (!/^\d{1,10}$/.test(epochText)) return undefined;
  const epoch = Number(epochText);
  if (epoch > EPOCH_MAX) return undefined;
  const rest = trimmed.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  const upstream = hyphen < 0 ? rest : rest.slice(0, hyphen);
  const revision = hyphen < 0 ? '' : rest.slice(hyphen + 1);
  if (!UPSTREAM.test(upstream) || !/^\d/.test(upstream)) return undefined;
  if (hyphen >= 0 && !REVISION.test(revision)) return undefined;
  return { epoch, upstream, revision };
}

/** Negative: `a` is older than `b`; positive: newer; 0: the same version. */
export function compareDebianVersions(a: DebianVersion, b: DebianVersion): number {
  return a.epoch - b.epoch || compareParts(a.upstream, b.upstream) || compareParts(a.revision, b.revision);
}

const isDigit = (code: number) => code >= 48 && code <= 57;
const isLetter = (code: number) => (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
const TILDE = 126;
/** Puts what is neither letter nor digit behind all letters. */
const BEHIND_LETTERS = 256;

/** The rank of a character outside a number; the end of the text and a digit rank alike. */
function rank(code: number): number {
  if (Number.isNaN(code) || isDigit(code)) return 0;
  if (isLetter(code)) return code;
  return code === TILDE ? -1 : code + BEHIND_LETTERS;
}

function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    // A run of characters that are no digits, one by one.
    while ((i < a.length && !isDigit(a.charCodeAt(i))) || (j < b.length && !isDigit(b.charCodeAt(j)))) {
      const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(j));
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    // Then a number: without leading zeros the longer one is larger, whatever its size.
    while (a[i] === '0') i++;
    while (b[j] === '0') j++;
    let first = 0;
    while (isDigit(a.charCodeAt(i)) && isDigit(b.charCodeAt(j))) {
      if (first === 0) first = a.charCodeAt(i) - b.charCodeAt(j);
      i++;
      j++;
    }
    if (isDigit(a.charCodeAt(i))) return 1;
    if (isDigit(b.charCodeAt(j))) return -1;
    if (first !== 0) return first;
  }
  return 0;
}

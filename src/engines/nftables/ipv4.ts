/**
 * IPv4 addresses and ranges as numbers: parsing, printing, containment, overlap. Pure; knows nothing of networks or filters.
 */

/** A range in canonical form: `first` has no bit set below the prefix. */
export interface Range {
  /** The first address as an unsigned 32-bit number. */
  readonly first: number;
  /** The last address, inclusive. */
  readonly last: number;
  readonly prefix: number;
}

/** The address as an unsigned 32-bit number, or undefined when the text is not exactly `a.b.c.d` without leading zeros. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part)) return undefined;
    const octet = Number(part);
    if (octet > 255) return undefined;
    value = value * 256 + octet;
  }
  return value;
}

export function formatAddress(address: number): string {
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join('.');
}

/** How many addresses a prefix length covers. */
export const sizeOf = (prefix: number): number => 2 ** (32 - prefix);

/** The range, or undefined when the text is not `a.b.c.d/n`, n in 0–32, with no bit set after the prefix. */
export function parseCidr(text: string): Range | undefined {
  const match = /^([0-9.]{7,15})\/(0|[1-9][0-9]?)$/.exec(text);
  if (!match) return undefined;
  const first = parseAddress(match[1] ?? '');
  const prefix = Number(match[2]);
  if (first === undefined || prefix > 32 || first % sizeOf(prefix) !== 0) return undefined;
  return { first, last: first + sizeOf(prefix) - 1, prefix };
}

export const formatCidr = (range: Range): string => `${formatAddress(range.first)}/${range.prefix}`;

/** Says how to write the range so that `parseCidr` takes it; undefined when it is right already. */
export function cidrProblem(text: string): string | undefined {
  if (parseCidr(text)) return undefined;
  const [address, prefix] = text.split('/');
  const first = parseAddress(address ?? '');
  const length = Number(prefix);
  if (first === undefined || !/^(0|[1-9][0-9]?)$/.test(prefix ?? '') || length > 32) {
    return 'must be an IPv4 range such as 10.64.3.0/24';
  }
  return `has bits set after the prefix: write ${formatAddress(first - (first % sizeOf(length)))}/${length}`;
}

export const contains = (range: Range, address: number): boolean =>
  address >= range.first && address <= range.last;

export const covers = (outer: Range, inner: Range): boolean =>
  outer.first <= inner.first && inner.last <= outer.last;

export const overlaps = (a: Range, b: Range): boolean => a.first <= b.last && b.first <= a.last;

/** The ranges without those that another one covers, in order: two canonical ranges are nested or apart, never half over. */
export function withoutCovered(cidrs: readonly string[]): string[] {
  const ranges = cidrs.flatMap((cidr) => parseCidr(cidr) ?? []);
  ranges.sort((a, b) => a.first - b.first || a.prefix - b.prefix);
  const kept: Range[] = [];
  for (const range of ranges) {
    const last = kept.at(-1);
    if (!last || !covers(last, range)) kept.push(range);
  }
  return kept.map(formatCidr);
}

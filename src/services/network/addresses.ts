/**
 * Which addresses of a network belong to whom: the gateway has the first host address, instances the rest. Pure: the
 * callers run it in the lane, so two instances never get the same address.
 */
import {
  contains,
  formatAddress,
  formatCidr,
  parseAddress,
  parseCidr,
  type Range,
  sizeOf,
} from '#engines/nftables/ipv4.ts';

function rangeOf(cidr: string): Range {
  const range = parseCidr(cidr);
  if (!range) throw new TypeError(`"${cidr}" is not an IPv4 range`);
  return range;
}

/** The gateway's address: the network's first host address, which the host's bridge carries. */
export const gatewayOf = (cidr: string): string => formatAddress(rangeOf(cidr).first + 1);

/** How many instances a network can hold: all its addresses but network, gateway and broadcast. */
export const capacityOf = (cidr: string): number => Math.max(0, sizeOf(rangeOf(cidr).prefix) - 3);

/**
 * The lowest address of the network that is nobody's: not the network's own, the gateway's, the broadcast address or one
 * of `used` (addresses outside the network do not matter). Undefined when the network is full.
 */
export function allocateAddress(cidr: string, used: Iterable<string>): string | undefined {
  const range = rangeOf(cidr);
  const taken = new Set<number>();
  for (const text of used) {
    const address = parseAddress(text);
    if (address !== undefined && contains(range, address)) taken.add(address);
  }
  for (let address = range.first + 2; address < range.last; address++) {
    if (!taken.has(address)) return formatAddress(address);
  }
  return undefined;
}

/** The lowest range of that prefix length within the pools that overlaps none of `used`; undefined when there is none. */
export function allocateRange(
  pools: readonly string[],
  prefix: number,
  used: Iterable<string>,
): string | undefined {
  const taken = [...used].flatMap((cidr) => parseCidr(cidr) ?? []).sort((a, b) => a.first - b.first);
  const size = sizeOf(prefix);
  for (const pool of pools.map(rangeOf)) {
    let first = pool.first;
    for (const range of taken) {
      if (range.last < first) continue;
      if (range.first >= first + size) break;
      // The next boundary past what is taken.
      first = Math.ceil((range.last + 1) / size) * size;
    }
    if (first + size - 1 <= pool.last) return formatCidr({ first, last: first + size - 1, prefix });
  }
  return undefined;
}

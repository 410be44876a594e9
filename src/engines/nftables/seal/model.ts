/**
 * The seal as data: which flows may leave the region, out of what the region owns. The root agent turns it into a table of its own; like
 * the filter's model it holds no nft text and nothing that could become any. What is not listed does not leave. Whether what is not listed is dropped,
 * or only counted, is not said here: that is for whoever starts the agent.
 */
import { createHash } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { parseCidr } from '../ipv4.ts';
import { ModelError } from '../model.ts';
import { group, integer, list, oneOf, problemWith, text } from '../shape.ts';

export const SEAL_FLOWS_MAX = 1_000;
export const SEAL_PEERS_MAX = 64;
export const SEAL_PORTS_MAX = 32;
/** The year 2100; the kernel counts nanoseconds in 64 bits. */
export const SEAL_UNTIL_S_MAX = 4_102_444_800;

export interface SealFlow {
  /** A uid: counters are told apart by it. */
  readonly id: string;
  /** Whose packets: the region's own processes, or instances on its bridges. */
  readonly from: 'region' | 'instances';
  /** Of instances, those with an address in these IPv4 ranges only. Empty: all. */
  readonly sources: readonly string[];
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  /** Empty: all. Only with tcp and udp. */
  readonly ports: readonly number[];
  /** IPv4 and IPv6 ranges, with no bit set after the prefix for IPv4. */
  readonly to: readonly string[];
  /** Seconds since the Unix epoch: the kernel itself ends it then. */
  readonly until_s: number;
}

export interface SealModel {
  readonly format: 1;
  readonly region: string;
  readonly flows: readonly SealFlow[];
}

const CIDR_LENGTH_MAX = 49;
const CIDR = text(CIDR_LENGTH_MAX);
const MODEL = group({
  format: oneOf(1),
  region: text(32),
  flows: list(
    group({
      id: text(64, /^[A-Za-z0-9-]{1,64}$/),
      from: oneOf('region', 'instances'),
      sources: list(CIDR, SEAL_PEERS_MAX),
      protocol: oneOf('tcp', 'udp', 'icmp'),
      ports: list(integer(1, 65_535), SEAL_PORTS_MAX),
      to: list(CIDR, SEAL_PEERS_MAX, 1),
      until_s: integer(0, SEAL_UNTIL_S_MAX),
    }),
    SEAL_FLOWS_MAX,
  ),
});

/** The value as a seal of that region. Throws ModelError that names the place and what would be right. */
export function parseSeal(value: unknown, region: string): SealModel {
  assertSeal(value);
  if (value.region !== region) throw new ModelError(`/region: this agent serves ${region} only`);
  const ids = new Set<string>();
  value.flows.forEach((flow, f) => {
    const place = `/flows/${f}`;
    if (ids.has(flow.id)) throw new ModelError(`${place}/id: another flow has it`);
    ids.add(flow.id);
    if (flow.protocol === 'icmp' && flow.ports.length > 0)
      throw new ModelError(`${place}/ports: only with protocol tcp or udp`);
    for (const source of flow.sources)
      if (parseCidr(source) === undefined)
        throw new ModelError(`${place}/sources: "${source}" is no IPv4 range`);
    for (const to of flow.to)
      if (rangeFamily(to) === undefined)
        throw new ModelError(`${place}/to: "${to}" is no range such as 192.0.2.0/24 or 2001:db8::/32`);
  });
  return value;
}

function assertSeal(value: unknown): asserts value is SealModel {
  const problem = problemWith(MODEL, value);
  if (problem !== undefined) throw new ModelError(problem);
}

/** The family of a range; undefined when it is none. */
export function rangeFamily(range: string): 'ip' | 'ip6' | undefined {
  if (parseCidr(range) !== undefined) return 'ip';
  const [address = '', prefix = '', ...more] = range.split('/');
  if (more.length > 0 || !/^[0-9]{1,3}$/.test(prefix) || !/^[0-9a-f:]+$/.test(address)) return undefined;
  return isIPv6(address) && !isIPv4(address) && Number(prefix) <= 128 ? 'ip6' : undefined;
}

export const sealDigest = (model: SealModel): string =>
  `sha256:${createHash('sha256').update(JSON.stringify(model)).digest('hex')}`;

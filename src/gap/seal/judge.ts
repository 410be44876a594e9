/** What attempts to leave came to: pure, from what they met and what the kernel counted before and after. */
import { BlockList, isIPv6 } from 'node:net';
import { type Attempt, keyOf } from '#engines/nftables/seal/listing.ts';
import type { SealFlow } from '#engines/nftables/seal/model.ts';
import type { Met } from './probe.ts';
import type { ProbeResult } from './seal-report.ts';
import type { Target } from './targets.ts';

/** The process that probes, as the seal calls it. */
export const PROBER = 'region';
/** Nothing was sent: this machine has no way there. */
const NO_WAY = new Set(['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']);

export const keyOfTarget = ({ address, protocol, port }: Target): string =>
  keyOf({
    by: PROBER,
    destination: address,
    protocol: protocol === 'icmp' && isIPv6(address) ? 'ipv6-icmp' : protocol,
    ...(port === undefined ? {} : { port }),
    packets: 0,
  });

export function judgeProbes(
  targets: readonly Target[],
  met: readonly Met[],
  counts: { readonly before: readonly Attempt[]; readonly after: readonly Attempt[] },
  flows: readonly SealFlow[],
): ProbeResult[] {
  const before = new Map(counts.before.map((one) => [keyOf(one), one.packets]));
  const after = new Map(counts.after.map((one) => [keyOf(one), one.packets]));
  return targets.map((target, at) => {
    const key = keyOfTarget(target);
    const wasCounted = (after.get(key) ?? 0) > (before.get(key) ?? 0);
    const what = met[at] ?? 'Unable';
    const { address, protocol, port } = target;
    return {
      from: PROBER,
      what: target.what,
      destination: address,
      protocol,
      ...(port === undefined ? {} : { port }),
      outcome: outcomeOf(what, wasCounted, isDeclared(target, flows)),
      detail: what,
    };
  });
}

function outcomeOf(met: Met, wasCounted: boolean, declared: boolean): ProbeResult['outcome'] {
  if (wasCounted) return 'Blocked';
  if (met === 'Unable') return 'NotProbed';
  if (declared) return 'Declared';
  return NO_WAY.has(met) ? 'NoRoute' : 'Escaped';
}

/** Whether a flow lets it: of the region's own processes or, with `source`, of the instance at that address. */
export function isDeclared(
  { address, protocol, port }: Target,
  flows: readonly SealFlow[],
  source?: string,
): boolean {
  return flows.some((flow) => {
    if (flow.from !== (source === undefined ? 'region' : 'instances') || flow.protocol !== protocol)
      return false;
    if (source !== undefined && flow.sources.length > 0 && !isIn(source, flow.sources)) return false;
    if (port !== undefined && flow.ports.length > 0 && !flow.ports.includes(port)) return false;
    return isIn(address, flow.to);
  });
}

function isIn(address: string, ranges: readonly string[]): boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', prefix = ''] = range.split('/');
    list.addSubnet(network, Number(prefix), isIPv6(network) ? 'ipv6' : 'ipv4');
  }
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

export interface Verdict {
  readonly sealed: boolean;
  readonly reason: 'Sealed' | 'Disturbed' | 'Escaped' | 'NotHeld' | 'Observed';
  readonly message: string;
  readonly findings: readonly string[];
}

export interface Evidence {
  readonly enforced: boolean;
  /** Held processes. */
  readonly processes: readonly string[];
  readonly disturbed: readonly string[];
  readonly probes: readonly ProbeResult[];
  /** Why the probing process is not held; undefined when it is. */
  readonly notHeld: string | undefined;
}

/** The worst thing first. Messages name what is wrong and never count, so that a condition changes only with the thing itself. */
export function verdictOf({ enforced, processes, disturbed, probes, notHeld }: Evidence): Verdict {
  const escaped = probes
    .filter(({ outcome }) => outcome === 'Escaped')
    .map(
      ({ from, what, destination, protocol, port }) =>
        `${protocol} ${destination}${port === undefined ? '' : ` port ${port}`} (${what}) got past the seal, from ${from}`,
    );
  const unheld = [
    ...(processes.length === 0
      ? ['the region’s processes are in no control group, so the kernel cannot tell them from others']
      : []),
    ...(notHeld === undefined ? [] : [notHeld]),
  ];
  const findings = [...disturbed, ...unheld, ...(enforced ? escaped : [])];
  const bad = (reason: Verdict['reason'], message: string): Verdict => ({
    sealed: false,
    reason,
    message,
    findings,
  });
  if (disturbed.length > 0)
    return bad(
      'Disturbed',
      `somebody with root on this machine changed it: ${disturbed.join('; ')}. It was put back; find out who it was and why`,
    );
  if (unheld.length > 0) return bad('NotHeld', unheld.join('; '));
  if (!enforced)
    return bad(
      'Observed',
      'what leaves undeclared is counted and let through: region.yaml says seal: observed',
    );
  if (escaped.length > 0) return bad('Escaped', escaped.join('; '));
  return {
    sealed: true,
    reason: 'Sealed',
    message: 'nothing undeclared leaves, by what is in force and by what was tried',
    findings,
  };
}

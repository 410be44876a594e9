/**
 * Probes from inside instances. Nobody reaches into a tenant's instance alone: only those are probed whose organization says so itself, by a label on the
 * Instance; it is on record in that organization's own access log; and what runs there is this script and nothing else. Pure: who runs it is injected.
 */
import { type Attempt, keyOf } from '#engines/nftables/seal/listing.ts';
import type { SealFlow } from '#engines/nftables/seal/model.ts';
import { isDeclared } from './judge.ts';
import type { Met } from './probe.ts';
import type { ProbeResult } from './seal-report.ts';
import type { Target } from './targets.ts';

/** On an Instance, with the value `true`: it may be probed from inside. */
export const CONSENT_LABEL = 'seal.casemate.internal/probe';

/** An instance that was probed: by its address, and what each of `INSIDE_TARGETS` met. */
export interface InsideProbe {
  readonly address: string;
  /** `hospital/ward/lan` */
  readonly whose: string | undefined;
  readonly met: readonly Met[];
}

export const INSIDE_TARGETS: readonly Target[] = [
  { what: 'an address outside', address: '203.0.113.77', protocol: 'tcp', port: 443 },
  { what: 'an address outside', address: '203.0.113.77', protocol: 'udp', port: 443 },
  { what: 'an address outside', address: '203.0.113.77', protocol: 'icmp' },
  { what: 'an address outside, by IPv6', address: '2001:db8:7::77', protocol: 'tcp', port: 443 },
  { what: 'a name server outside', address: '203.0.113.53', protocol: 'udp', port: 53 },
  { what: 'a name server outside', address: '203.0.113.53', protocol: 'tcp', port: 53 },
  { what: 'a name server outside, by TLS', address: '203.0.113.53', protocol: 'tcp', port: 853 },
  { what: 'a name server outside, by HTTPS', address: '203.0.113.53', protocol: 'tcp', port: 443 },
  { what: 'a proxy outside', address: '203.0.113.77', protocol: 'tcp', port: 3128 },
  { what: 'an address outside, by IPv6', address: '2001:db8:7::77', protocol: 'icmp' },
  { what: 'a time server outside', address: '203.0.113.123', protocol: 'udp', port: 123 },
  { what: 'the metadata address', address: '169.254.169.254', protocol: 'tcp', port: 80 },
];

const attemptOf = ({ protocol, address, port = 0 }: Target): string =>
  protocol === 'icmp'
    ? `ping -n -c 1 -W 1 ${address}`
    : protocol === 'tcp'
      ? `timeout 1 bash -c 'exec 3<>/dev/tcp/${address}/${port}'`
      : `bash -c 'echo probe >/dev/udp/${address}/${port}'`;

/** What an instance is asked to run: all attempts at once, each with a line of what it met. */
export const INSIDE_COMMAND: readonly string[] = [
  'sh',
  '-c',
  [
    'command -v bash >/dev/null || exit 0',
    'try() { n=$1; shift; said=$("$@" 2>&1); code=$?; case "$code $said" in 0*) r=Passed;; *nreachable*) r=ENETUNREACH;; *refused*) r=ECONNREFUSED;; 126*|127*|*"not found"*) r=Unable;; *) r=Silence;; esac; echo "$n $r"; }',
    ...INSIDE_TARGETS.map((target, at) => `try ${at} ${attemptOf(target)} &`),
    'wait',
  ].join('\n'),
];

/** Reads what the script printed: what each target met, `Unable` where it said nothing. */
export function readInside(output: string): readonly Met[] {
  const found = new Map(
    [...output.matchAll(/^(\d{1,2}) ([A-Za-z]{1,20})$/gm)].map(([, at, met = '']) => [Number(at), met]),
  );
  return INSIDE_TARGETS.map((_, at) => found.get(at) ?? 'Unable');
}

const keyOfInside = (source: string, { address, protocol, port }: Target): string =>
  keyOf({
    by: 'instances',
    source,
    destination: address,
    protocol,
    ...(port === undefined ? {} : { port }),
    packets: 0,
  });

/** What the kernel's counts call the attempts of a probe. */
export const keysOfInside = ({ address }: InsideProbe): string[] =>
  INSIDE_TARGETS.map((target) => keyOfInside(address, target));

/**
 * What came of them. Only what did get an answer counts as escaped: an instance's owner can make packets vanish inside it, and that must be no alarm of
 * the region's.
 */
export function judgeInside(
  probes: readonly InsideProbe[],
  counts: { readonly before: readonly Attempt[]; readonly after: readonly Attempt[] },
  flows: readonly SealFlow[],
): ProbeResult[] {
  const before = new Map(counts.before.map((one) => [keyOf(one), one.packets]));
  const after = new Map(counts.after.map((one) => [keyOf(one), one.packets]));
  return probes.flatMap(({ address: source, whose, met }) =>
    INSIDE_TARGETS.map((target, at) => {
      const { address: destination, protocol, port } = target;
      const key = keyOfInside(source, target);
      const what = met[at] ?? 'Unable';
      const wasCounted = (after.get(key) ?? 0) > (before.get(key) ?? 0);
      return {
        from: `instance ${source}${whose === undefined ? '' : ` (${whose})`}`,
        what: target.what,
        destination,
        protocol,
        ...(port === undefined ? {} : { port }),
        outcome: wasCounted ? 'Blocked' : outcomeOf(what, protocol, isDeclared(target, flows, source)),
        detail: what,
      } as const;
    }),
  );
}

function outcomeOf(met: Met, protocol: string, declared: boolean): ProbeResult['outcome'] {
  if (met === 'ENETUNREACH') return 'NoRoute';
  if (declared) return 'Declared';
  // A datagram that was handed over tells nothing by itself.
  const gotThrough = met === 'ECONNREFUSED' || (met === 'Passed' && protocol !== 'udp');
  return gotThrough ? 'Escaped' : 'NotProbed';
}

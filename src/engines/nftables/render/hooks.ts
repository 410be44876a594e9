/**
 * Where the kernel hands a packet to the inet table: forwarded, to or from the host, and translated. The same rules for every model, but
 * for whether it lets anything out: what else differs is in the sets and maps that they name (`inet-table.ts`).
 */
import type { FilterModel } from '../model.ts';
import { MIRROR_PORT, OBJECTS_PORT, WORKLOAD_PORTS } from '../workload-ports.ts';
import { chain } from './syntax.ts';

/** Left on packets of a forward that stays on one bridge; the bridge table lets only those go from port to port. */
export const SHORT_CUT_MARK = '0x63617365';

// Errors about a connection pass with it: their own protocol is icmp, whatever the connection's is.
const ERRORS = 'meta l4proto icmp ct state related accept';

const OURS = ['iifname != @bridges oifname != @bridges accept'];

/** What is routed between bridges, or between a bridge and the outside: three judgements, all of which must pass. */
export function forwardHooks(outbound: boolean): string[] {
  return [
    ...chain(
      'judge_deny',
      [
        ...OURS,
        'meta nfproto != ipv4 drop',
        'ct state invalid,untracked drop',
        'iifname @bridges iifname . ip saddr != @endpoints drop',
        'oifname @bridges oifname . ip daddr != @endpoints drop',
        'ct original ip saddr vmap @deny_of',
        'ct reply ip saddr vmap @deny_of',
      ],
      'filter hook forward priority -13',
    ),
    ...chain(
      'judge_egress',
      [
        ...OURS,
        ERRORS,
        'iifname . oifname @same_bridge accept',
        'ct original ip saddr vmap @egress_of',
        'ct status dnat accept',
        'drop',
      ],
      'filter hook forward priority -12',
    ),
    ...chain(
      'judge_ingress',
      [
        ...OURS,
        ERRORS,
        `iifname . oifname @same_bridge ct status dnat meta mark set ${SHORT_CUT_MARK}`,
        'ct status dnat ct reply ip saddr vmap @forwards_of',
        'iifname . oifname @same_bridge accept',
        'ct reply ip saddr vmap @ingress_of',
        // To the outside: egress has judged it.
        outbound ? 'accept' : 'drop',
      ],
      'filter hook forward priority -11',
    ),
  ];
}

/** Where instances ask for the time (RFC 5905). */
const NTP_PORT = 123;

type Served = Pick<FilterModel, 'timePort' | 'objectsPort'>;

/** What is served at gateways by processes that listen elsewhere on the host: what instances ask for, and where that is. */
const redirectsOf = ({
  timePort,
  objectsPort,
}: Served): readonly { asked: string; served: string; to: number }[] => [
  ...(timePort === undefined
    ? []
    : [{ asked: `udp dport ${NTP_PORT}`, served: `udp dport ${timePort}`, to: timePort }]),
  ...(objectsPort === undefined
    ? []
    : [{ asked: `tcp dport ${OBJECTS_PORT}`, served: `tcp dport ${objectsPort}`, to: objectsPort }]),
];

/** Between instances and the host itself. */
export function hostHooks(model: Served): string[] {
  const redirects = redirectsOf(model);
  return [
    ...chain(
      'to_host',
      [
        'iifname != "lo" iifname != @bridges ip daddr . tcp dport @workload_doors drop',
        // These are for the region's instances, and no other servers of this machine's network.
        ...redirects.map(({ served }) => `iifname != "lo" iifname != @bridges ${served} drop`),
        'iifname != @bridges accept',
        'meta nfproto != ipv4 drop',
        'ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept',
        'iifname . ip saddr != @endpoints drop',
        'ct direction reply ct state established,related accept',
        'iifname . ip daddr != @gateways drop',
        'udp dport { 53, 67 } accept',
        'tcp dport 53 accept',
        // Whether anything listens there or not: what it gives is everybody's in the region.
        `tcp dport ${MIRROR_PORT} accept`,
        ...redirects.map(({ served }) => `${served} ct status dnat accept`),
        `iifname . ip saddr @workloads tcp dport { ${WORKLOAD_PORTS.join(', ')} } accept`,
        'drop',
      ],
      'filter hook input priority -11',
    ),
    ...chain(
      'from_host',
      [
        // First, as `oifname` here still names the way that was dialled.
        'ct direction original ct status dnat ct reply ip saddr vmap @deny_of',
        'ct direction original ct status dnat ct reply ip saddr vmap @forwards_of',
        'oifname != @bridges accept',
        'meta nfproto != ipv4 drop',
        'icmp type redirect drop',
        'udp sport 67 udp dport 68 accept',
        'oifname . ip daddr != @endpoints drop',
        'ct direction reply ct state established,related accept',
        'ct state related accept',
        'drop',
      ],
      'filter hook output priority -11',
    ),
  ];
}

/** Forwards lead to their targets; what leaves the region does so under the host's address. */
export function translationHooks(model: Served): string[] {
  const screen = [
    // An answer to the host's own connection may bear a listener's port.
    'ct state != new accept',
    'meta l4proto != { tcp, udp } accept',
    'ip daddr . meta l4proto . th dport . ip saddr @callers accept',
    'ip daddr . meta l4proto . th dport @listeners drop',
  ];
  const translate = ['meta l4proto { tcp, udp } dnat ip to ip daddr . meta l4proto . th dport map @targets'];
  return [
    ...chain('screen_callers', screen, 'filter hook prerouting priority -150'),
    ...chain('screen_local_callers', screen, 'filter hook output priority -150'),
    ...chain(
      'translate',
      [
        ...redirectsOf(model).map(
          ({ asked, to }) => `iifname . ip daddr @gateways ${asked} redirect to :${to}`,
        ),
        ...translate,
      ],
      'nat hook prerouting priority -100',
    ),
    ...chain('translate_local', translate, 'nat hook output priority -100'),
    ...chain(
      'masquerade_outbound',
      [
        // By the way it came, not by its address: another region's networks on this host are none of ours.
        'iifname @bridges oifname != @bridges masquerade',
        // A caller on the host's own loopback can be answered only there.
        'ip saddr 127.0.0.0/8 oifname @bridges masquerade',
      ],
      'nat hook postrouting priority 100',
    ),
  ];
}

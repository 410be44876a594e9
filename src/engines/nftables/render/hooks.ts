/**
 * Where the kernel hands a packet to the inet table: forwarded, to or from the host, and translated. The same rules for every model, but
 * for whether it lets anything out: what else differs is in the sets and maps that they name (`inet-table.ts`).
 */
import { MIRROR_PORT, WORKLOAD_PORTS } from '../workload-ports.ts';
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

/** Between instances and the host itself. */
export function hostHooks(timePort: number | undefined): string[] {
  return [
    ...chain(
      'to_host',
      [
        'iifname != "lo" iifname != @bridges ip daddr . tcp dport @workload_doors drop',
        // The region's time is for its instances; it is not another server of this machine's network.
        ...(timePort === undefined ? [] : [`iifname != "lo" iifname != @bridges udp dport ${timePort} drop`]),
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
        ...(timePort === undefined ? [] : [`udp dport ${timePort} ct status dnat accept`]),
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
export function translationHooks(timePort: number | undefined): string[] {
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
        ...(timePort === undefined
          ? []
          : [`iifname . ip daddr @gateways udp dport ${NTP_PORT} redirect to :${timePort}`]),
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

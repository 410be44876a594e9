/**
 * The bridge table: which frames a port may send and receive. See `render.ts` for how frames and packets travel.
 */
import type { FilterModel } from '../model.ts';
import { portPrefix } from '../names.ts';
import { SHORT_CUT_MARK } from './hooks.ts';
import { chain, elements } from './syntax.ts';

/** Frames: what leaves a port must be its endpoint's, and goes to the host only. */
export function bridgeTable(model: FilterModel, table: string, digest: string): string[] {
  const endpoints = model.zones.flatMap((zone) => zone.endpoints);
  const anyPort = `"${portPrefix(model.region)}*"`;
  return [
    `table bridge ${table} {`,
    `  comment "${digest}"`,
    ...elements(
      'set',
      'links',
      'ifname . ether_addr',
      endpoints.map((e) => `"${e.port}" . ${e.mac}`),
    ),
    ...elements(
      'set',
      'senders',
      'ifname . ether_addr . ipv4_addr',
      endpoints.map((e) => `"${e.port}" . ${e.mac} . ${e.address}`),
    ),
    // Announcements of an own address: of no use to the host, and its answer would look like a conflict to the instance.
    ...elements(
      'set',
      'announcements',
      'ifname . ipv4_addr . ipv4_addr',
      endpoints.map((e) => `"${e.port}" . ${e.address} . ${e.address}`),
    ),
    ...chain('from_port', [
      'iifname . ether saddr != @links drop',
      'iifname . ether saddr . ip saddr @senders accept',
      'ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept',
      'ether type != arp drop',
      'iifname . arp saddr ip . arp daddr ip @announcements drop',
      'iifname . arp saddr ether . arp saddr ip @senders accept',
      // A probe whether an address is free (RFC 5227) bears no sender address yet.
      'iifname . arp saddr ether @links arp operation request arp saddr ip 0.0.0.0 accept',
      'drop',
    ]),
    ...chain('prerouting', [`iifname ${anyPort} goto from_port`], 'filter hook prerouting priority -310'),
    ...chain('to_port', [
      'oifname . ether daddr @links accept',
      'ether daddr & 01:00:00:00:00:00 != 00:00:00:00:00:00 accept',
      'drop',
    ]),
    // With net.bridge.bridge-nf-call-iptables on, the kernel itself short-cuts a forwarded connection that stays on one bridge;
    // it has passed the inet table by then, which left its mark.
    ...chain(
      'forward',
      [
        `oifname ${anyPort} meta mark ${SHORT_CUT_MARK} goto to_port`,
        `iifname ${anyPort} drop`,
        `oifname ${anyPort} drop`,
      ],
      'filter hook forward priority 10',
    ),
    ...chain('output', [`oifname ${anyPort} goto to_port`], 'filter hook output priority 0'),
    '}',
  ];
}

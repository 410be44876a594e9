/**
 * Turns a filter model into nft's language: one transaction that replaces the region's two tables and touches nothing else on
 * the host. Pure, and deterministic: the same model gives the same text. It must only ever see a model that `parseModel` passed.
 *
 * How packets travel. The ports of a bridge do not talk to each other at all: the bridge table drops every frame between them, and
 * the host answers ARP for neighbours (`proxy_arp_pvlan`, see `sysctls.ts`), so that two instances of one network reach each other
 * through the host's routing, where connection tracking works on every kernel (in the bridge family it is often not built). An
 * instance therefore cannot reach another with anything but filtered IPv4: no ARP spoofing, no rogue DHCP. IPv6 is
 * dropped for now, as are broadcasts between instances.
 *
 * How rules scale. Endpoints, bridges and forwards are elements of sets and maps; only flows are rules, each in a chain of its zone
 * that a map leads to. The cost of a packet depends on the flows of its own zone and on nothing else in the region.
 */
import { withoutCovered } from './ipv4.ts';
import type { FilterFlow, FilterForward, FilterModel, FilterZone } from './model.ts';
import { portPrefix, tableName } from './names.ts';
import { WORKLOAD_PORTS } from './workload-ports.ts';

/** The transaction that puts the model in force. `digest` is kept as the tables' comment, to tell later what is in force. */
export function renderModel(model: FilterModel, digest: string): string {
  const table = tableName(model.region);
  return [
    ...replaceTable(`bridge ${table}`),
    ...bridgeTable(model, table, digest),
    ...replaceTable(`inet ${table}`),
    ...inetTable(model, table, digest),
    '',
  ].join('\n');
}

/** The transaction that removes the region's tables, whether or not they are there. */
export function renderClear(region: string): string {
  const table = tableName(region);
  return [...replaceTable(`bridge ${table}`), ...replaceTable(`inet ${table}`), ''].join('\n');
}

// `add` makes sure that `delete` finds something: together they never fail.
const replaceTable = (name: string): string[] => [`add table ${name}`, `delete table ${name}`];

function elements(
  kind: 'set' | 'map',
  name: string,
  type: string,
  members: readonly string[],
  flags = '',
): string[] {
  const list = members.length === 0 ? '' : ` elements = { ${members.join(', ')} };`;
  return [`  ${kind} ${name} { type ${type};${flags}${list} }`];
}

const INTERVAL = ' flags interval;';

function chain(name: string, rules: readonly string[], hook?: string): string[] {
  const head = hook === undefined ? [] : [`    type ${hook}; policy accept;`];
  return [`  chain ${name} {`, ...head, ...rules.map((rule) => `    ${rule}`), '  }'];
}

/** Frames: what leaves a port must be its endpoint's, and goes to the host only. */
function bridgeTable(model: FilterModel, table: string, digest: string): string[] {
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

const SHORT_CUT_MARK = '0x63617365';

/** Packets: judged by their connection as `model.ts` says. */
function inetTable(model: FilterModel, table: string, digest: string): string[] {
  const bridges = model.zones.flatMap((zone) => zone.bridges);
  const endpoints = model.zones.flatMap((zone) => zone.endpoints);
  const forwards = model.zones.flatMap((zone) => zone.forwards);
  const ofZones = (verdict: (z: number, zone: FilterZone) => string) =>
    model.zones.flatMap((zone, z) => zone.bridges.map((b) => `${b.cidr} : ${verdict(z, zone)}`));
  return [
    `table inet ${table} {`,
    `  comment "${digest}"`,
    ...elements(
      'set',
      'bridges',
      'ifname',
      bridges.map((b) => `"${b.name}"`),
    ),
    ...elements(
      'set',
      'gateways',
      'ifname . ipv4_addr',
      bridges.map((b) => `"${b.name}" . ${b.gateway}`),
    ),
    ...elements(
      'set',
      'same_bridge',
      'ifname . ifname',
      bridges.map((b) => `"${b.name}" . "${b.name}"`),
    ),
    ...elements(
      'set',
      'endpoints',
      'ifname . ipv4_addr',
      endpoints.map((e) => `"${e.bridge}" . ${e.address}`),
    ),
    ...elements(
      'set',
      'workloads',
      'ifname . ipv4_addr',
      endpoints.filter((e) => e.workload === true).map((e) => `"${e.bridge}" . ${e.address}`),
    ),
    // Where such endpoints are served: shut to whatever comes from elsewhere than its bridge.
    ...elements(
      'set',
      'workload_doors',
      'ipv4_addr . inet_service',
      bridges
        .filter((b) => endpoints.some((e) => e.bridge === b.name && e.workload === true))
        .flatMap((b) => WORKLOAD_PORTS.map((port) => `${b.gateway} . ${port}`)),
    ),
    ...elements('set', 'listeners', 'ipv4_addr . inet_proto . inet_service', forwards.map(listener)),
    ...elements(
      'set',
      'callers',
      'ipv4_addr . inet_proto . inet_service . ipv4_addr',
      forwards.flatMap((f) => withoutCovered(f.sources).map((source) => `${listener(f)} . ${source}`)),
      INTERVAL,
    ),
    ...elements(
      'map',
      'targets',
      'ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service',
      forwards.map((f) => `${listener(f)} : ${f.targetAddress} . ${f.targetPort}`),
    ),
    ...chain('nothing', ['drop']),
    ...model.zones.flatMap(zoneChains),
    ...elements('map', 'deny_of', 'ipv4_addr : verdict', ofZones(denyVerdict), INTERVAL),
    ...elements(
      'map',
      'egress_of',
      'ipv4_addr : verdict',
      ofZones((z, zone) => verdictOf(z, 'egress', zone)),
      INTERVAL,
    ),
    ...elements(
      'map',
      'ingress_of',
      'ipv4_addr : verdict',
      ofZones((z, zone) => verdictOf(z, 'ingress', zone)),
      INTERVAL,
    ),
    ...elements(
      'map',
      'forwards_of',
      'ipv4_addr : verdict',
      ofZones((z, zone) => verdictOf(z, 'forwards', zone)),
      INTERVAL,
    ),
    ...forwardHooks(model.outbound),
    ...hostHooks(),
    ...translationHooks(),
    '}',
  ];
}

const listener = (forward: FilterForward): string =>
  `${forward.address} . ${forward.protocol} . ${forward.port}`;

const verdictOf = (z: number, list: 'egress' | 'ingress' | 'forwards', zone: FilterZone): string =>
  zone[list].length === 0 ? 'goto nothing' : `goto zone${z}_${list}`;

const denyVerdict = (z: number, zone: FilterZone): string =>
  zone.deny.length === 0 ? 'continue' : `jump zone${z}_deny`;

// Errors about a connection pass with it: their own protocol is icmp, whatever the connection's is.
const ERRORS = 'meta l4proto icmp ct state related accept';

const OURS = ['iifname != @bridges oifname != @bridges accept'];

/** What is routed between bridges, or between a bridge and the outside: three judgements, all of which must pass. */
function forwardHooks(outbound: boolean): string[] {
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

/** Between instances and the host itself. */
function hostHooks(): string[] {
  return [
    ...chain(
      'to_host',
      [
        'iifname != "lo" iifname != @bridges ip daddr . tcp dport @workload_doors drop',
        'iifname != @bridges accept',
        'meta nfproto != ipv4 drop',
        'ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept',
        'iifname . ip saddr != @endpoints drop',
        'ct direction reply ct state established,related accept',
        'iifname . ip daddr != @gateways drop',
        'udp dport { 53, 67 } accept',
        'tcp dport 53 accept',
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
function translationHooks(): string[] {
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
    ...chain('translate', translate, 'nat hook prerouting priority -100'),
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

/**
 * The chains of a zone, those only that hold a rule: a table of thousands of chains and sets is slow to load, and most projects
 * have few rules. Where a zone has none, the maps lead to `nothing`.
 */
function zoneChains(zone: FilterZone, z: number): string[] {
  const members = zone.sets.map(withoutCovered);
  const inSet = (index: number, field: string): string[] => {
    const [only, ...more] = members[index] ?? [];
    // A set of one needs no set, and one of all addresses no condition.
    return oneOf(field, only, more.length > 0 ? `@zone${z}_set${index}` : undefined);
  };
  const named = members.flatMap((list, s) =>
    list.length > 1 ? elements('set', `zone${z}_set${s}`, 'ipv4_addr', list, INTERVAL) : [],
  );
  const rules = (flows: readonly FilterFlow[], verdict: 'accept' | 'drop') =>
    flows.flatMap((flow) => flowRules(flow, inSet, verdict));
  const own = zone.bridges.map(({ cidr }) => cidr);
  return [
    ...named,
    ...(zone.deny.length === 0 ? [] : chain(`zone${z}_deny`, rules(zone.deny, 'drop'))),
    ...(zone.egress.length === 0 ? [] : chain(`zone${z}_egress`, [...rules(zone.egress, 'accept'), 'drop'])),
    ...(zone.ingress.length === 0
      ? []
      : chain(`zone${z}_ingress`, [
          `ct original ip saddr != ${anyOf(own)} drop`,
          ...rules(zone.ingress, 'accept'),
          'drop',
        ])),
    ...(zone.forwards.length === 0
      ? []
      : chain(`zone${z}_forwards`, [...zone.forwards.map(forwardRule), 'drop'])),
  ];
}

/** `{ a, b }`, or `a` alone: a set, anonymous though it is, costs the kernel more than a comparison. */
const anyOf = (members: readonly string[]): string =>
  members.length === 1 ? `${members[0]}` : `{ ${members.join(', ')} }`;

function oneOf(field: string, only: string | undefined, set: string | undefined): string[] {
  if (set !== undefined) return [`${field} ${set}`];
  return only === '0.0.0.0/0' || only === undefined ? [] : [`${field} ${only}`];
}

function forwardRule(forward: FilterForward): string {
  const { address, protocol, port, targetAddress, targetPort } = forward;
  const sources = withoutCovered(forward.sources);
  return [
    `ct original ip daddr ${address} meta l4proto ${protocol} ct original proto-dst ${port}`,
    `ct reply ip saddr ${targetAddress} ct reply proto-src ${targetPort}`,
    ...oneOf('ct original ip saddr', sources[0], sources.length > 1 ? anyOf(sources) : undefined),
    'accept',
  ].join(' ');
}

/** One rule a range of ports: naming an anonymous set costs the kernel a look at every set of the table. */
function flowRules(
  flow: FilterFlow,
  inSet: (index: number, field: string) => string[],
  verdict: 'accept' | 'drop',
): string[] {
  const [address, port] =
    flow.toward === 'dialled'
      ? ['ct original ip daddr', 'ct original proto-dst']
      : ['ct reply ip saddr', 'ct reply proto-src'];
  const parts: string[] = [];
  if (flow.from !== undefined) parts.push(...inSet(flow.from, 'ct original ip saddr'));
  if (flow.to !== undefined) parts.push(...inSet(flow.to, address));
  if (flow.protocol !== 'any') parts.push(`meta l4proto ${flow.protocol}`);
  const all = parts.join(' ');
  if (flow.ports.length === 0) return [`${all} ${verdict}`.trim()];
  return flow.ports.map(
    ({ first, last }) => `${all} ${port} ${first === last ? first : `${first}-${last}`} ${verdict}`,
  );
}

/**
 * The packet filter of a region as data: what the unprivileged region process asks for and the root agent puts in force. There is
 * no nft text in it, and nothing that could become any: names match fixed patterns, all else is numbers and addresses.
 *
 * Judging a connection (`render.ts` turns exactly this into rules). Each packet is judged by its connection's first packet, so a
 * change takes effect on connections that are already open. `source` is who opened it, `dialled` the address it was opened to,
 * `target` who really answers (another than `dialled` behind a forward).
 *   1. A deny flow of the source's zone or of the target's zone matches: dropped.
 *   2. Through a forward: the target's zone must list that forward, with the source among its sources.
 *   3. Source and target on one bridge: passes.
 *   4. The source is one of ours: an egress flow of its zone must match.
 *   5. The target is one of ours and not through a forward: same zone, and an ingress flow must match.
 *   6. The target is outside: `outbound` must be true.
 * Hosts' own processes get no further than (2); instances get no further into the host than DHCP, DNS, the region's time, its package
 * mirror (`MIRROR_PORT`) and its objects (`OBJECTS_PORT`) at their gateway, and `workload` ones `WORKLOAD_PORTS` there.
 */
import { createHash } from 'node:crypto';
import { contains, overlaps, parseAddress, parseCidr, type Range } from './ipv4.ts';
import { BRIDGE_NAME, isPortName, REGION_ID } from './names.ts';
import { boolean, group, integer, list, oneOf, problemWith, text } from './shape.ts';

export const ZONES_MAX = 10_000;
export const BRIDGES_MAX = 4_096;
export const ENDPOINTS_MAX = 20_000;
export const FORWARDS_MAX = 10_000;
/** Per zone, of each of deny, egress and ingress. */
export const FLOWS_MAX = 16_384;
export const SETS_MAX = 16_384;
/** Ranges in all sets of a model together. */
export const MEMBERS_MAX = 500_000;
export const PORT_RANGES_MAX = 32;
export const SOURCES_MAX = 64;

export interface FilterBridge {
  readonly name: string;
  /** `a.b.c.d/n` with no bit set after the prefix, as every range here. */
  readonly cidr: string;
  readonly gateway: string;
}

export interface FilterEndpoint {
  /** The host's end of the instance's interface. */
  readonly port: string;
  readonly mac: string;
  readonly address: string;
  readonly bridge: string;
  /** Runs as a service account: reaches `WORKLOAD_PORTS` at its gateway too. */
  readonly workload?: boolean;
}

export interface FilterFlow {
  /** Index into the zone's sets; absent: any source. */
  readonly from?: number;
  /** Index into the zone's sets; absent: any destination. */
  readonly to?: number;
  /** Whether `to` and `ports` are about what was dialled, or about who answers. */
  readonly toward: 'dialled' | 'target';
  readonly protocol: 'any' | 'tcp' | 'udp' | 'icmp';
  /** Inclusive ranges; empty: all. Only with tcp and udp. */
  readonly ports: { readonly first: number; readonly last: number }[];
}

export interface FilterForward {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly targetAddress: string;
  readonly targetPort: number;
  readonly sources: string[];
}

/** What belongs together: a project. No flow crosses zones but through a forward. */
export interface FilterZone {
  bridges: FilterBridge[];
  endpoints: FilterEndpoint[];
  sets: string[][];
  deny: FilterFlow[];
  egress: FilterFlow[];
  ingress: FilterFlow[];
  forwards: FilterForward[];
}

export interface FilterModel {
  readonly format: 1;
  readonly region: string;
  /** Whether any instance may reach past the region at all, whatever its zone's egress flows say. */
  readonly outbound: boolean;
  /** UDP port of this host where the region's time is served: port 123 of every gateway leads there. Absent: it serves none. */
  readonly timePort?: number;
  /** TCP port of this host where objects are served to instances: `OBJECTS_PORT` of every gateway leads there. Absent: none are. */
  readonly objectsPort?: number;
  readonly zones: FilterZone[];
}

const ADDRESS = text('255.255.255.255'.length);
const CIDR = text('255.255.255.255/32'.length);
const PORT_NUMBER = integer(1, 65_535);
const FLOWS = list(
  group(
    {
      from: integer(0, SETS_MAX),
      to: integer(0, SETS_MAX),
      toward: oneOf('dialled', 'target'),
      protocol: oneOf('any', 'tcp', 'udp', 'icmp'),
      ports: list(group({ first: PORT_NUMBER, last: PORT_NUMBER }), PORT_RANGES_MAX),
    },
    ['from', 'to'],
  ),
  FLOWS_MAX,
);
const MODEL = group(
  {
    format: oneOf(1),
    region: text(32),
    outbound: boolean,
    timePort: PORT_NUMBER,
    objectsPort: PORT_NUMBER,
    zones: list(
      group({
        bridges: list(group({ name: text(), cidr: CIDR, gateway: ADDRESS }), BRIDGES_MAX),
        endpoints: list(
          group(
            {
              port: text(),
              // The lowest bit of the first byte marks groups.
              mac: text(17, /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/),
              address: ADDRESS,
              bridge: text(),
              workload: boolean,
            },
            ['workload'],
          ),
          ENDPOINTS_MAX,
        ),
        sets: list(list(CIDR, ENDPOINTS_MAX, 1), SETS_MAX),
        deny: FLOWS,
        egress: FLOWS,
        ingress: FLOWS,
        forwards: list(
          group({
            protocol: oneOf('tcp', 'udp'),
            address: ADDRESS,
            port: PORT_NUMBER,
            targetAddress: ADDRESS,
            targetPort: PORT_NUMBER,
            sources: list(CIDR, SOURCES_MAX, 1),
          }),
          FORWARDS_MAX,
        ),
      }),
      ZONES_MAX,
    ),
  },
  ['timePort', 'objectsPort'],
);

export class ModelError extends Error {
  override readonly name = 'ModelError';
}

/** Names a model: `sha256:<hex>` of its JSON. Parsing keeps the order of fields, so both ends of a socket find the same. */
export const modelDigest = (model: FilterModel): string =>
  `sha256:${createHash('sha256').update(JSON.stringify(model)).digest('hex')}`;

/** The value as a model of that region. Throws ModelError that names the place and what would be right. */
export function parseModel(value: unknown, region: string): FilterModel {
  assertModel(value);
  if (!REGION_ID.test(value.region))
    throw new ModelError('/region: must be a DNS label of up to 32 characters');
  if (value.region !== region) throw new ModelError(`/region: this agent serves ${region} only`);
  checkBridges(value);
  checkEndpoints(value);
  checkFlows(value);
  checkForwards(value);
  return value;
}

function assertModel(value: unknown): asserts value is FilterModel {
  const problem = problemWith(MODEL, value);
  if (problem !== undefined) throw new ModelError(problem);
}

function require(condition: boolean, place: string, message: string): asserts condition {
  if (!condition) throw new ModelError(`${place}: ${message}`);
}

function range(text: string, place: string): Range {
  const parsed = parseCidr(text);
  require(parsed !== undefined, place, 'must be an IPv4 range with no bit set after the prefix');
  return parsed;
}

function address(text: string, place: string): number {
  const parsed = parseAddress(text);
  require(parsed !== undefined, place, 'must be an IPv4 address');
  return parsed;
}

function checkBridges(model: FilterModel): void {
  const names = new Set<string>();
  const ranges: { range: Range; place: string }[] = [];
  model.zones.forEach((zone, z) => {
    zone.bridges.forEach((bridge, b) => {
      const place = `/zones/${z}/bridges/${b}`;
      require(BRIDGE_NAME.test(bridge.name), `${place}/name`, 'must be cm and 12 hex digits');
      require(!names.has(bridge.name), `${place}/name`, 'another bridge has this name');
      names.add(bridge.name);
      const cidr = range(bridge.cidr, `${place}/cidr`);
      require(cidr.prefix >= 8 && cidr.prefix <= 29, `${place}/cidr`, 'prefix length must be 8 to 29');
      const gateway = address(bridge.gateway, `${place}/gateway`);
      require(gateway > cidr.first &&
        gateway < cidr.last, `${place}/gateway`, `must be a host address of ${bridge.cidr}`);
      ranges.push({ range: cidr, place });
    });
  });
  require(names.size <= BRIDGES_MAX, '/zones', `more than ${BRIDGES_MAX} bridges`);
  ranges.sort((a, b) => a.range.first - b.range.first);
  ranges.forEach((one, i) => {
    const next = ranges[i + 1];
    require(!next || !overlaps(one.range, next.range), `${next?.place}/cidr`, `overlaps ${one.place}`);
  });
}

function checkEndpoints(model: FilterModel): void {
  const ports = new Set<string>();
  const addresses = new Set<string>();
  model.zones.forEach((zone, z) => {
    const bridges = new Map(zone.bridges.map((bridge) => [bridge.name, bridge]));
    zone.endpoints.forEach((endpoint, e) => {
      const place = `/zones/${z}/endpoints/${e}`;
      require(isPortName(
        model.region,
        endpoint.port,
      ), `${place}/port`, 'must be the region’s prefix and 10 hex digits');
      require(!ports.has(endpoint.port), `${place}/port`, 'another endpoint has this port');
      ports.add(endpoint.port);
      const bridge = bridges.get(endpoint.bridge);
      require(bridge !== undefined, `${place}/bridge`, 'is not a bridge of its zone');
      const cidr = range(bridge.cidr, `${place}/bridge`);
      const own = address(endpoint.address, `${place}/address`);
      require(contains(cidr, own) &&
        own !== cidr.first &&
        own !== cidr.last, `${place}/address`, `must be a host address of ${bridge.cidr}`);
      require(endpoint.address !== bridge.gateway, `${place}/address`, 'is the gateway’s');
      require(!addresses.has(endpoint.address), `${place}/address`, 'another endpoint has this address');
      addresses.add(endpoint.address);
    });
  });
  require(ports.size <= ENDPOINTS_MAX, '/zones', `more than ${ENDPOINTS_MAX} endpoints`);
}

function checkFlows(model: FilterModel): void {
  let members = 0;
  model.zones.forEach((zone, z) => {
    zone.sets.forEach((set, s) => {
      for (const cidr of set) range(cidr, `/zones/${z}/sets/${s}`);
      members += set.length;
    });
    require(members <= MEMBERS_MAX, `/zones/${z}/sets`, `more than ${MEMBERS_MAX} ranges in all sets`);
    for (const list of ['deny', 'egress', 'ingress'] as const) {
      zone[list].forEach((flow, f) => {
        const place = `/zones/${z}/${list}/${f}`;
        require((flow.from ?? 0) < zone.sets.length ||
          flow.from === undefined, `${place}/from`, 'no such set');
        require((flow.to ?? 0) < zone.sets.length || flow.to === undefined, `${place}/to`, 'no such set');
        require(flow.ports.length === 0 ||
          flow.protocol === 'tcp' ||
          flow.protocol === 'udp', `${place}/ports`, 'only with protocol tcp or udp');
        for (const { first, last } of flow.ports) {
          require(first <= last, `${place}/ports`, 'a range must not end before it starts');
        }
      });
    }
  });
}

function checkForwards(model: FilterModel): void {
  const listening = new Set<string>();
  model.zones.forEach((zone, z) => {
    const own = new Set(zone.endpoints.map((endpoint) => endpoint.address));
    zone.forwards.forEach((forward, f) => {
      const place = `/zones/${z}/forwards/${f}`;
      address(forward.address, `${place}/address`);
      require(own.has(forward.targetAddress), `${place}/targetAddress`, 'is no endpoint of its zone');
      for (const source of forward.sources) range(source, `${place}/sources`);
      const listen = `${forward.protocol} ${forward.address} ${forward.port}`;
      require(!listening.has(listen), place, 'another forward listens there');
      listening.add(listen);
    });
  });
  require(listening.size <= FORWARDS_MAX, '/zones', `more than ${FORWARDS_MAX} forwards`);
}

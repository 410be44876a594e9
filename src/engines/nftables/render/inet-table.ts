/**
 * The inet table: the sets and maps that tell the region's endpoints, bridges and forwards, the chains of its zones, and the hooks that judge
 * by them.
 */
import { withoutCovered } from '../ipv4.ts';
import type { FilterForward, FilterModel, FilterZone } from '../model.ts';
import { MIRROR_PORT, WORKLOAD_PORTS } from '../workload-ports.ts';
import { forwardHooks, hostHooks, translationHooks } from './hooks.ts';
import { chain, elements, INTERVAL } from './syntax.ts';
import { denyVerdict, verdictOf, zoneChains } from './zone-chains.ts';

/** Packets: judged by their connection as `model.ts` says. */
export function inetTable(model: FilterModel, table: string, digest: string): string[] {
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
    // Where endpoints are served: shut to whatever comes from elsewhere than its bridge.
    ...elements(
      'set',
      'workload_doors',
      'ipv4_addr . inet_service',
      bridges.flatMap((b) => {
        const isUsed = endpoints.some((e) => e.bridge === b.name && e.workload === true);
        const ports = isUsed ? [...WORKLOAD_PORTS, MIRROR_PORT] : [MIRROR_PORT];
        return ports.map((port) => `${b.gateway} . ${port}`);
      }),
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
    ...hostHooks(model),
    ...translationHooks(model),
    '}',
  ];
}

const listener = (forward: FilterForward): string =>
  `${forward.address} . ${forward.protocol} . ${forward.port}`;

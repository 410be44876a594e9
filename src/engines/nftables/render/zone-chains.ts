/**
 * What is allowed and denied in a zone: a chain for each list of its rules, and the verdict by which the inet table's maps lead there.
 */
import { withoutCovered } from '../ipv4.ts';
import type { FilterFlow, FilterForward, FilterZone } from '../model.ts';
import { anyOf, chain, elements, INTERVAL } from './syntax.ts';

export const verdictOf = (z: number, list: 'egress' | 'ingress' | 'forwards', zone: FilterZone): string =>
  zone[list].length === 0 ? 'goto nothing' : `goto zone${z}_${list}`;

export const denyVerdict = (z: number, zone: FilterZone): string =>
  zone.deny.length === 0 ? 'continue' : `jump zone${z}_deny`;

/**
 * The chains of a zone, those only that hold a rule: a table of thousands of chains and sets is slow to load, and most projects
 * have few rules. Where a zone has none, the maps lead to `nothing`.
 */
export function zoneChains(zone: FilterZone, z: number): string[] {
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

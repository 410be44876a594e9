/**
 * Judges a new connection by a filter model, step by step as `model.ts` says: what the rendered rules must do, for tests that
 * compare models with something else. Not part of the product.
 */
import { contains, parseAddress, parseCidr } from '../ipv4.ts';
import type { FilterFlow, FilterModel, FilterZone } from '../model.ts';

export interface JudgedFlow {
  readonly source: string;
  readonly destination: string;
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'other';
  readonly port: number;
}

export function judge(model: FilterModel, flow: JudgedFlow): 'pass' | 'drop' {
  const forwards = model.zones.flatMap((zone) => zone.forwards.map((forward) => ({ zone, forward })));
  const through = forwards.find(
    ({ forward }) =>
      forward.protocol === flow.protocol &&
      forward.address === flow.destination &&
      forward.port === flow.port,
  );
  const target = through
    ? { address: through.forward.targetAddress, port: through.forward.targetPort }
    : { address: flow.destination, port: flow.port };
  const from = place(model, flow.source);
  const to = place(model, target.address);
  if (from.isStranger || to.isStranger) return 'drop';
  if (through && !through.forward.sources.some((cidr) => within(cidr, flow.source))) return 'drop';

  const matches = (zone: FilterZone, one: FilterFlow): boolean => {
    const [address, port] =
      one.toward === 'dialled' ? [flow.destination, flow.port] : [target.address, target.port];
    const isIn = (set: number | undefined, member: string) =>
      set === undefined || (zone.sets[set] ?? []).some((cidr) => within(cidr, member));
    return (
      isIn(one.from, flow.source) &&
      isIn(one.to, address) &&
      (one.protocol === 'any' || one.protocol === flow.protocol) &&
      (one.ports.length === 0 || one.ports.some(({ first, last }) => port >= first && port <= last))
    );
  };
  for (const zone of [from.zone, to.zone]) {
    if (zone?.deny.some((one) => matches(zone, one))) return 'drop';
  }
  if (from.bridge !== undefined && from.bridge === to.bridge) return 'pass';
  const source = from.zone;
  if (source && !source.egress.some((one) => matches(source, one))) return 'drop';
  if (through) return 'pass';
  if (to.zone) {
    const zone = to.zone;
    return source === zone && zone.ingress.some((one) => matches(zone, one)) ? 'pass' : 'drop';
  }
  return source && model.outbound ? 'pass' : 'drop';
}

function place(model: FilterModel, address: string) {
  for (const zone of model.zones) {
    const bridge = zone.bridges.find(({ cidr }) => within(cidr, address));
    if (!bridge) continue;
    const isStranger = !zone.endpoints.some((endpoint) => endpoint.address === address);
    return { zone, bridge: bridge.name, isStranger };
  }
  return { zone: undefined, bridge: undefined, isStranger: false };
}

function within(cidr: string, address: string): boolean {
  const range = parseCidr(cidr);
  const number = parseAddress(address);
  return range !== undefined && number !== undefined && contains(range, number);
}

/**
 * What a schema cannot say about networks, policies and forwards: well-formed ranges, ports where there can be ports, references
 * that make sense, and what this region's configuration allows. Pure; runs in the lane.
 */
import {
  cidrProblem,
  covers,
  overlaps,
  parseAddress,
  parseCidr,
  type Range,
} from '#engines/nftables/ipv4.ts';
import { invalid, type StatusCause } from '#kernel/errors.ts';
import type { Admission, AdmissionRequest } from '#kernel/kind.ts';
import {
  FirewallPolicy,
  type FirewallPolicyObject,
  type PolicyPeer,
  type PolicyPort,
  type Selector,
} from './firewall-policy.ts';
import { Forward, type ForwardObject } from './forward.ts';
import { Network, type NetworkObject } from './network.ts';

export const NETWORK_PREFIX_MIN = 16;
export const NETWORK_PREFIX_MAX = 28;

export interface AdmissionOptions {
  readonly pools: readonly Range[];
  readonly forwardAddresses: readonly string[];
  readonly forwardPorts: { readonly first: number; readonly last: number };
}

export function networkAdmission(options: AdmissionOptions): Admission {
  return (request) => {
    if (request.operation === 'delete') return;
    const causes = causesOf(request, options);
    if (causes.length === 0) return;
    const { group, kind } = request.kind;
    throw invalid({ group, kind, name: request.object.metadata.name }, causes);
  };
}

function causesOf(request: AdmissionRequest, options: AdmissionOptions): StatusCause[] {
  switch (request.kind.resource) {
    case Network.resource:
      return checkNetwork(request, options);
    case FirewallPolicy.resource:
      return checkPolicy(request.object as FirewallPolicyObject);
    case Forward.resource:
      return checkForward(request.object as ForwardObject, options);
    default:
      return [];
  }
}

const wrong = (field: string, message: string): StatusCause => ({
  reason: 'FieldValueInvalid',
  field,
  message,
});

function checkNetwork(
  { object, operation, view }: AdmissionRequest,
  options: AdmissionOptions,
): StatusCause[] {
  const { metadata, spec } = object as NetworkObject;
  const causes: StatusCause[] = [];
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(metadata.name)) {
    // It is part of a DNS name.
    causes.push(wrong('metadata.name', 'must be a DNS label: up to 63 lower-case letters, digits and "-"'));
  }
  if (spec.cidr === undefined || operation !== 'create') return causes;
  const field = 'spec.cidr';
  const range = parseCidr(spec.cidr);
  if (!range) return [...causes, wrong(field, cidrProblem(spec.cidr) ?? 'must be an IPv4 range')];
  if (range.prefix < NETWORK_PREFIX_MIN || range.prefix > NETWORK_PREFIX_MAX) {
    causes.push(wrong(field, `prefix length must be ${NETWORK_PREFIX_MIN} to ${NETWORK_PREFIX_MAX}`));
  }
  if (!options.pools.some((pool) => covers(pool, range))) {
    const pools = options.pools.map(cidrText).join(', ');
    causes.push(wrong(field, `must lie within this region's range for networks: ${pools}`));
  }
  for (const other of view.list(Network)) {
    const taken = parseCidr(other.status?.cidr ?? other.spec.cidr ?? '');
    if (other.metadata.uid !== metadata.uid && taken && overlaps(range, taken)) {
      const where = `${other.metadata.namespace}/${other.metadata.name}`;
      causes.push(
        wrong(field, `overlaps ${cidrText(taken)} of network ${where}; choose another or leave it out`),
      );
    }
  }
  return causes;
}

const cidrText = ({ first, prefix }: Range): string =>
  `${[first >>> 24, (first >>> 16) & 255, (first >>> 8) & 255, first & 255].join('.')}/${prefix}`;

function checkPolicy({ spec }: FirewallPolicyObject): StatusCause[] {
  const causes = checkSelector(spec.instances, 'spec.instances');
  for (const [list, side] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    (spec[list] ?? []).forEach((rule, index) => {
      const field = `spec.${list}[${index}]`;
      causes.push(...checkPorts(rule.ports ?? [], rule.protocol ?? 'any', field));
      const peers = side === 'from' && 'from' in rule ? rule.from : 'to' in rule ? rule.to : undefined;
      (peers ?? []).forEach((peer, p) => {
        causes.push(...checkPeer(peer, `${field}.${side}[${p}]`));
      });
    });
  }
  return causes;
}

function checkPorts(ports: readonly PolicyPort[], protocol: string, field: string): StatusCause[] {
  if (ports.length > 0 && protocol !== 'tcp' && protocol !== 'udp') {
    return [
      wrong(
        `${field}.ports`,
        `protocol ${protocol} has no ports: set protocol to tcp or udp, or leave ports out`,
      ),
    ];
  }
  return ports.flatMap(({ port, endPort }, index) =>
    endPort !== undefined && endPort < port
      ? [wrong(`${field}.ports[${index}].endPort`, `must not be less than port (${port})`)]
      : [],
  );
}

function checkPeer(peer: PolicyPeer, field: string): StatusCause[] {
  if (peer.cidr === undefined && peer.instances === undefined && peer.network === undefined) {
    return [wrong(field, 'must have instances, network or cidr; to mean anyone, leave the whole list out')];
  }
  const causes = peer.instances === undefined ? [] : checkSelector(peer.instances, `${field}.instances`);
  if (peer.cidr !== undefined) {
    if (peer.instances !== undefined || peer.network !== undefined) {
      causes.push(
        wrong(`${field}.cidr`, 'cannot be combined with instances or network: make it an entry of its own'),
      );
    }
    const problem = cidrProblem(peer.cidr);
    if (problem !== undefined) causes.push(wrong(`${field}.cidr`, problem));
  }
  return causes;
}

function checkSelector(selector: Selector, field: string): StatusCause[] {
  return (selector.matchExpressions ?? []).flatMap(({ operator, values = [] }, index) => {
    const needsValues = operator === 'In' || operator === 'NotIn';
    if (needsValues === values.length > 0) return [];
    const message = needsValues
      ? `operator ${operator} needs at least one value`
      : `operator ${operator} takes no values`;
    return [wrong(`${field}.matchExpressions[${index}].values`, message)];
  });
}

function checkForward({ spec }: ForwardObject, options: AdmissionOptions): StatusCause[] {
  const causes: StatusCause[] = [];
  const { address, port } = spec.listen;
  const { first, last } = options.forwardPorts;
  if (port < first || port > last) {
    causes.push(
      wrong('spec.listen.port', `must be within this region's range for forwards: ${first} to ${last}`),
    );
  }
  if (
    address !== undefined &&
    (parseAddress(address) === undefined || !options.forwardAddresses.includes(address))
  ) {
    const choice = options.forwardAddresses.join(', ') || 'none is configured';
    causes.push(wrong('spec.listen.address', `must be one of this region's forward addresses: ${choice}`));
  }
  spec.allowedSources.forEach((cidr, index) => {
    const problem = cidrProblem(cidr);
    if (problem !== undefined) causes.push(wrong(`spec.allowedSources[${index}]`, problem));
  });
  return causes;
}

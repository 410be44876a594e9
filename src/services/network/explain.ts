/**
 * "May A talk to B?", answered from the policies as people read them, with the rule that decides. The packet filter is compiled
 * (`compile.ts`) and a property test holds it to this. Pure.
 */
import { contains, parseAddress, parseCidr } from '#engines/nftables/ipv4.ts';
import type { PolicyEgressRule, PolicyIngressRule, PolicyPeer } from './firewall-policy.ts';
import { selects } from './selector.ts';
import type { Project, ProjectForward, ProjectInstance, ProjectNetwork } from './world.ts';

/** A new connection, as its opener sees it. */
export interface Flow {
  /** The opener's address. */
  readonly source: string;
  /** The address it opens the connection to. */
  readonly destination: string;
  /** `other`: any IP protocol but the three. */
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'other';
  /** Destination port; 0 where the protocol has none. */
  readonly port: number;
}

export interface Explanation {
  readonly allowed: boolean;
  /** One sentence that names what decides and, when refused, what would allow it. */
  readonly reason: string;
  /** The policy rule that decides, such as `FirewallPolicy web: ingress[0]`. */
  readonly rule?: string;
}

export interface RegionWorld {
  readonly projects: readonly Project[];
  /** Whether the region lets any instance reach past it. */
  readonly outbound: boolean;
}

interface End {
  readonly address: string;
  readonly port: number;
  readonly project?: Project;
  readonly network?: ProjectNetwork;
  readonly instance?: ProjectInstance;
}

interface Connection {
  readonly flow: Flow;
  readonly source: End;
  /** Who really answers. */
  readonly target: End;
  readonly forward?: ProjectForward;
}

const refused = (reason: string, rule?: string): Explanation => ({
  allowed: false,
  reason,
  ...(rule === undefined ? {} : { rule }),
});

const allowed = (reason: string, rule?: string): Explanation => ({
  allowed: true,
  reason,
  ...(rule === undefined ? {} : { rule }),
});

/** Decides a new connection. Addresses must be IPv4. */
export function explain(world: RegionWorld, flow: Flow): Explanation {
  const forward = findForward(world, flow);
  const target = forward
    ? { address: forward.targetAddress, port: forward.targetPort }
    : { address: flow.destination, port: flow.port };
  const connection: Connection = {
    flow,
    source: findEnd(world, flow.source, 0),
    target: findEnd(world, target.address, target.port),
    ...(forward === undefined ? {} : { forward }),
  };
  return decide(world, connection);
}

function decide(world: RegionWorld, connection: Connection): Explanation {
  const { flow, source, target, forward } = connection;
  for (const end of [source, target]) {
    if (end.network && !end.instance) {
      return refused(`no instance has the address ${end.address} of network ${end.network.name}`);
    }
  }
  if (forward && !forward.sources.some((cidr) => within(cidr, flow.source))) {
    return refused(`Forward ${forward.name} does not list ${flow.source} in allowedSources`);
  }
  const denial = findDenial(connection);
  if (denial !== undefined) return refused(`${denial} denies it, and a Deny wins over every Allow`, denial);
  if (source.network && source.network === target.network) {
    return allowed(`both are on network ${source.network.name}`);
  }
  const egress = judgeEgress(connection);
  if (egress && !egress.allowed) return egress;
  if (forward) return allowed(`Forward ${forward.name} leads there and allows ${flow.source}`);
  if (target.project) return judgeIngress(connection, egress);
  if (!source.project) return refused('neither end is an instance of this region');
  if (!world.outbound) return refused('the region lets no instance reach past it (network.egress is off)');
  return egress ?? refused('nothing allows it');
}

/** What the source's own policies say about going there; undefined when the source is no instance. */
function judgeEgress(connection: Connection): Explanation | undefined {
  const { source, flow } = connection;
  if (!source.project) return undefined;
  const rule = findEgress(connection, 'Allow');
  return rule === undefined
    ? refused(
        `no egress rule allows ${source.instance?.name} to reach ${flow.destination}: add a FirewallPolicy with an egress Allow`,
      )
    : allowed(`${rule} allows it`, rule);
}

function judgeIngress(connection: Connection, egress: Explanation | undefined): Explanation {
  const { source, target } = connection;
  if (source.project !== target.project) {
    return refused(
      source.project
        ? `${source.project.name} and ${target.project?.name} are different projects: only a Forward leads from one to the other`
        : 'only a Forward leads from outside to an instance',
    );
  }
  const rule = findIngress(connection, 'Allow');
  return rule === undefined
    ? refused(
        `no ingress rule of ${target.instance?.name} allows it: add a FirewallPolicy with an ingress Allow`,
      )
    : allowed(`${egress?.rule} and ${rule} allow it`, rule);
}

function findDenial(connection: Connection): string | undefined {
  return findEgress(connection, 'Deny') ?? findIngress(connection, 'Deny');
}

function findEgress({ flow, source, target }: Connection, action: 'Allow' | 'Deny'): string | undefined {
  const { project, instance } = source;
  if (!project || !instance) return undefined;
  for (const { name, spec } of project.policies) {
    if (!selects(spec.instances, instance.labels)) continue;
    const index = (spec.egress ?? []).findIndex((rule) => {
      if (rule.action !== action || !carries(rule, flow)) return false;
      const { to } = rule;
      if (to === undefined) return isOpen(rule, flow.port);
      return to.some((peer) =>
        // A range is about the address that was dialled, instances about who answers there.
        peer.cidr === undefined
          ? target.project === project && isPeer(peer, target) && isOpen(rule, target.port)
          : within(peer.cidr, flow.destination) && isOpen(rule, flow.port),
      );
    });
    if (index >= 0) return `FirewallPolicy ${name}: egress[${index}]`;
  }
  return undefined;
}

function findIngress({ flow, source, target }: Connection, action: 'Allow' | 'Deny'): string | undefined {
  const { project, instance } = target;
  if (!project || !instance) return undefined;
  for (const { name, spec } of project.policies) {
    if (!selects(spec.instances, instance.labels)) continue;
    const index = (spec.ingress ?? []).findIndex((rule) => {
      if (rule.action !== action || !carries(rule, flow) || !isOpen(rule, target.port)) return false;
      const { from } = rule;
      if (from === undefined) return true;
      return from.some((peer) =>
        peer.cidr === undefined
          ? source.project === project && isPeer(peer, source)
          : within(peer.cidr, flow.source),
      );
    });
    if (index >= 0) return `FirewallPolicy ${name}: ingress[${index}]`;
  }
  return undefined;
}

const carries = (rule: PolicyIngressRule | PolicyEgressRule, flow: Flow): boolean =>
  rule.protocol === undefined || rule.protocol === 'any' || rule.protocol === flow.protocol;

const isOpen = (rule: PolicyIngressRule | PolicyEgressRule, port: number): boolean =>
  rule.ports === undefined ||
  rule.ports.length === 0 ||
  rule.ports.some((range) => port >= range.port && port <= (range.endPort ?? range.port));

const isPeer = (peer: PolicyPeer, end: End): boolean =>
  (peer.network === undefined || peer.network === end.network?.name) &&
  (peer.instances === undefined ||
    (end.instance !== undefined && selects(peer.instances, end.instance.labels)));

function within(cidr: string, address: string): boolean {
  const range = parseCidr(cidr);
  const number = parseAddress(address);
  return range !== undefined && number !== undefined && contains(range, number);
}

function findForward(world: RegionWorld, flow: Flow): ProjectForward | undefined {
  for (const { forwards } of world.projects) {
    const found = forwards.find(
      ({ protocol, address, port }) =>
        protocol === flow.protocol && address === flow.destination && port === flow.port,
    );
    if (found) return found;
  }
  return undefined;
}

function findEnd(world: RegionWorld, address: string, port: number): End {
  for (const project of world.projects) {
    const network = project.networks.find(({ cidr }) => within(cidr, address));
    if (!network) continue;
    const instance = project.instances.find(({ attachments }) =>
      attachments.some((attachment) => attachment.address === address),
    );
    return { address, port, project, network, ...(instance === undefined ? {} : { instance }) };
  }
  return { address, port };
}

/**
 * Compiles the policies of a project into a zone of the packet filter. Pure. What policies mean is `explain.ts`; a property test
 * holds this to it. Rules whose selectors take nobody vanish; equal sets of addresses are shared.
 */
import type { FilterFlow, FilterZone } from '#engines/nftables/model.ts';
import type { PolicyEgressRule, PolicyIngressRule, PolicyPeer, Selector } from './firewall-policy.ts';
import { selects } from './selector.ts';
import type { Project } from './world.ts';

export function compileProject(project: Project): FilterZone {
  const compiler = new Compiler(project);
  for (const { spec } of project.policies) {
    const selected = compiler.members(spec.instances, undefined);
    if (selected.length === 0) continue;
    for (const rule of spec.ingress ?? []) compiler.ingress(selected, rule);
    for (const rule of spec.egress ?? []) compiler.egress(selected, rule);
  }
  return compiler.zone();
}

class Compiler {
  readonly #project: Project;
  readonly #sets: string[][] = [];
  readonly #setIndex = new Map<string, number>();
  readonly #flows = {
    deny: new Map<string, FilterFlow>(),
    egress: new Map<string, FilterFlow>(),
    ingress: new Map<string, FilterFlow>(),
  };

  constructor(project: Project) {
    this.#project = project;
  }

  /** Addresses of the instances that the selector takes, on one network or on all. */
  members(selector: Selector, network: string | undefined): string[] {
    return this.#project.instances
      .filter(({ labels }) => selects(selector, labels))
      .flatMap(({ attachments }) => attachments)
      .filter((attachment) => network === undefined || attachment.network === network)
      .map(({ address }) => `${address}/32`);
  }

  ingress(selected: readonly string[], rule: PolicyIngressRule): void {
    const list = rule.action === 'Deny' ? 'deny' : 'ingress';
    const shape = { ...this.#shape(rule), to: this.#set(selected), toward: 'target' } as const;
    if (rule.from === undefined) this.#add(list, shape);
    for (const peer of rule.from ?? []) {
      const from = this.#peer(peer);
      if (from.length > 0) this.#add(list, { ...shape, from: this.#set(from) });
    }
  }

  egress(selected: readonly string[], rule: PolicyEgressRule): void {
    const list = rule.action === 'Deny' ? 'deny' : 'egress';
    const shape = { ...this.#shape(rule), from: this.#set(selected) };
    if (rule.to === undefined) this.#add(list, { ...shape, toward: 'dialled' });
    for (const peer of rule.to ?? []) {
      const to = this.#peer(peer);
      const toward = peer.cidr === undefined ? 'target' : 'dialled';
      if (to.length > 0) this.#add(list, { ...shape, to: this.#set(to), toward });
    }
  }

  zone(): FilterZone {
    const { networks, instances, forwards } = this.#project;
    const bridgeOf = new Map(networks.map(({ name, bridge }) => [name, bridge]));
    return {
      bridges: networks.map(({ bridge, cidr, gateway }) => ({ name: bridge, cidr, gateway })),
      endpoints: instances.flatMap(({ attachments, isWorkload }) =>
        attachments.flatMap(({ network, address, mac, port }) => {
          const bridge = bridgeOf.get(network);
          if (bridge === undefined) return [];
          return [{ port, mac, address, bridge, ...(isWorkload ? { workload: true } : {}) }];
        }),
      ),
      sets: this.#sets,
      deny: [...this.#flows.deny.values()],
      egress: [...this.#flows.egress.values()],
      ingress: [...this.#flows.ingress.values()],
      forwards: forwards.map(({ protocol, address, port, targetAddress, targetPort, sources }) => ({
        protocol,
        address,
        port,
        targetAddress,
        targetPort,
        sources: [...sources],
      })),
    };
  }

  #peer(peer: PolicyPeer): string[] {
    if (peer.cidr !== undefined) return [peer.cidr];
    if (peer.instances !== undefined) return this.members(peer.instances, peer.network);
    const network = this.#project.networks.find(({ name }) => name === peer.network);
    return network === undefined ? [] : [network.cidr];
  }

  #set(members: readonly string[]): number {
    const sorted = [...new Set(members)].sort();
    const key = sorted.join();
    let index = this.#setIndex.get(key);
    if (index === undefined) {
      index = this.#sets.push(sorted) - 1;
      this.#setIndex.set(key, index);
    }
    return index;
  }

  #shape(rule: PolicyIngressRule | PolicyEgressRule): Pick<FilterFlow, 'protocol' | 'ports'> {
    return {
      protocol: rule.protocol ?? 'any',
      ports: (rule.ports ?? []).map(({ port, endPort }) => ({ first: port, last: endPort ?? port })),
    };
  }

  #add(list: 'deny' | 'egress' | 'ingress', flow: FilterFlow): void {
    this.#flows[list].set(JSON.stringify(flow), flow);
  }
}

/**
 * Reads a project's objects into what the rules are about (`world.ts`), leaving out what is not settled or contradicts
 * itself: a network without a claimed range, an address that is not its network's, a forward without a port.
 */
import { contains, parseAddress, parseCidr } from '#engines/nftables/ipv4.ts';
import type { Kind } from '#kernel/kind.ts';
import type { RealmView } from '#kernel/realm.ts';
import { organizationOf } from '#kernel/realm-id.ts';
import { FirewallPolicy } from './firewall-policy.ts';
import { Forward, type ForwardObject } from './forward.ts';
import type { InstanceLike } from './instances.ts';
import { bridgeName, portName } from './names.ts';
import { Network } from './network.ts';
import type { Attachment, Project, ProjectForward, ProjectInstance, ProjectNetwork } from './world.ts';

export interface ProjectOptions {
  readonly regionId: string;
  /** The kind Instance of the compute service. */
  readonly instanceKind: Kind;
}

export function readProject(view: RealmView, project: string, options: ProjectOptions): Project {
  const networks: ProjectNetwork[] = [];
  for (const { metadata, status } of view.list(Network, project)) {
    const { cidr, gateway } = status ?? {};
    // Not `status.bridge`, which appears only once the filter is in force on it.
    if (cidr && gateway)
      networks.push({ name: metadata.name, cidr, gateway, bridge: bridgeName(metadata.uid) });
  }
  const instances = readInstances(view, project, networks, options);
  return {
    name: `${organizationOf(view.realm)}/${project}`,
    networks,
    instances,
    policies: view
      .list(FirewallPolicy, project)
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata, spec }) => ({ name: metadata.name, spec })),
    forwards: view.list(Forward, project).flatMap((forward) => readForward(forward, instances) ?? []),
  };
}

function readInstances(
  view: RealmView,
  project: string,
  networks: readonly ProjectNetwork[],
  { regionId, instanceKind }: ProjectOptions,
): ProjectInstance[] {
  const byName = new Map(networks.map((network) => [network.name, network]));
  const taken = new Set<string>();
  const instances: ProjectInstance[] = [];
  for (const entry of view.entries(instanceKind, project)) {
    const { metadata, spec, status } = entry.object() as InstanceLike;
    const attachments: Attachment[] = [];
    for (const [index, { network, address, mac }] of (status?.addresses ?? []).entries()) {
      const on = byName.get(network);
      if (!on || taken.has(address) || !isHostAddress(on, address)) continue;
      taken.add(address);
      attachments.push({ network, address, mac, port: portName(regionId, metadata.uid, index) });
    }
    if (attachments.length > 0) {
      instances.push({
        name: metadata.name,
        labels: metadata.labels ?? {},
        attachments,
        ...(spec?.serviceAccount === undefined ? {} : { isWorkload: true }),
      });
    }
  }
  return instances;
}

function isHostAddress({ cidr, gateway }: ProjectNetwork, address: string): boolean {
  const range = parseCidr(cidr);
  const number = parseAddress(address);
  if (!range || number === undefined || address === gateway) return false;
  return contains(range, number) && number !== range.first && number !== range.last;
}

/** Where a forward leads now: the target's address on the network it names, or on its first. */
export function targetOf(
  forward: Pick<ForwardObject, 'spec'>,
  instances: readonly ProjectInstance[],
): Attachment | undefined {
  const { instance, network } = forward.spec.target;
  return instances
    .find(({ name }) => name === instance)
    ?.attachments.find((attachment) => network === undefined || attachment.network === network);
}

function readForward(
  forward: ForwardObject,
  instances: readonly ProjectInstance[],
): ProjectForward | undefined {
  const { spec, status, metadata } = forward;
  const target = targetOf(forward, instances);
  if (metadata.deletionTimestamp !== undefined || !target) return undefined;
  if (status?.address === undefined || status.port === undefined) return undefined;
  return {
    name: metadata.name,
    protocol: spec.protocol,
    address: status.address,
    port: status.port,
    targetAddress: target.address,
    targetPort: spec.target.port,
    sources: spec.allowedSources,
  };
}

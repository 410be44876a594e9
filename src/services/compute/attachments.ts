/**
 * Gives an instance its addresses. Pure, and run in the lane: it sees every address that is taken at the moment it is
 * committed, so no two instances get one.
 */
import { contains, parseAddress, parseCidr } from '#engines/nftables/ipv4.ts';
import type { RealmView } from '#kernel/realm.ts';
import { allocateAddress } from '#services/network/addresses.ts';
import { macAddress, portName } from '#services/network/names.ts';
import { Network, type NetworkObject } from '#services/network/network.ts';
import type { ComputeContext } from './context.ts';
import { type EnginePlan, type Nic, planInstance } from './engine-plan.ts';
import { Instance, type InstanceObject, type InstanceStatus } from './instance.ts';
import type { Owner } from './names.ts';
import { Obstacle } from './obstacle.ts';
import { volumeDevices } from './volumes.ts';

type Address = NonNullable<InstanceStatus['addresses']>[number];

/** The addresses the instance should have, in the order of its networks. Throws Obstacle when one cannot be had. */
export function allocate(instance: InstanceObject, view: RealmView): readonly Address[] {
  const { namespace, uid } = instance.metadata;
  const held = instance.status?.addresses ?? [];
  return instance.spec.networks.map(({ network: name, address: wanted }, index) => {
    const network = readyNetwork(view, namespace, name);
    const mac = macAddress(uid, index);
    const kept = held.find((one) => one.network === name)?.address;
    if (kept !== undefined && isHostAddress(network, kept) && (wanted === undefined || wanted === kept)) {
      return { network: name, address: kept, mac };
    }
    const used = takenAddresses(instance, view, name);
    if (wanted !== undefined) {
      if (!isHostAddress(network, wanted)) {
        throw new Obstacle(
          'AddressNotInNetwork',
          `spec.networks[${index}].address ${wanted} is no address for instances in network "${name}" (${network.status?.cidr}); choose one that is, or leave it out`,
        );
      }
      if (used.has(wanted)) {
        throw new Obstacle('AddressTaken', `${wanted} belongs to another instance on network "${name}"`);
      }
      return { network: name, address: wanted, mac };
    }
    const address = allocateAddress(network.status?.cidr ?? '', used);
    if (address === undefined) {
      throw new Obstacle(
        'NetworkFull',
        `network "${name}" (${network.status?.cidr}) has no free address; delete instances or use another network`,
      );
    }
    return { network: name, address, mac };
  });
}

/** The interfaces of an instance that has its addresses. */
function nicsOf(instance: InstanceObject, view: RealmView, regionId: string): readonly Nic[] {
  return (instance.status?.addresses ?? []).map(({ network, address, mac }, index) => ({
    bridge:
      view.get(Network, { ...inProject(instance.metadata.namespace), name: network })?.status?.bridge ?? '',
    address,
    mac,
    port: portName(regionId, instance.metadata.uid, index),
  }));
}

/** What Incus should hold for an instance that has its addresses and volumes. */
export function planFor(
  { pool, regionId }: ComputeContext,
  instance: InstanceObject,
  owner: Owner,
  view: RealmView,
  vendorData: string | undefined,
): EnginePlan {
  const { uid, name } = instance.metadata;
  const nics = nicsOf(instance, view, regionId);
  const volumes = volumeDevices(instance);
  return planInstance({ owner, uid, name, spec: instance.spec, nics, volumes, pool, vendorData });
}

function readyNetwork(view: RealmView, namespace: string | undefined, name: string): NetworkObject {
  const network = view.get(Network, { ...inProject(namespace), name });
  if (!network) {
    throw new Obstacle('NetworkNotFound', `network "${name}" does not exist in this project; create it`);
  }
  if (network.metadata.deletionTimestamp !== undefined) {
    throw new Obstacle('NetworkDeleting', `network "${name}" is being deleted; use another`);
  }
  if (!network.status?.cidr || !network.status.bridge) {
    throw new Obstacle('NetworkNotReady', `network "${name}" is not ready yet; see its conditions`);
  }
  return network;
}

const inProject = (namespace: string | undefined) => (namespace === undefined ? {} : { namespace });

function isHostAddress(network: NetworkObject, address: string): boolean {
  const range = parseCidr(network.status?.cidr ?? '');
  const number = parseAddress(address);
  if (!range || number === undefined) return false;
  return (
    contains(range, number) &&
    address !== network.status?.gateway &&
    number !== range.first &&
    number !== range.last
  );
}

/** What other instances of the project have or ask for on the network. */
function takenAddresses(instance: InstanceObject, view: RealmView, network: string): Set<string> {
  const taken = new Set<string>();
  for (const entry of view.entries(Instance, instance.metadata.namespace)) {
    if (entry.uid === instance.metadata.uid) continue;
    const other = entry.object() as InstanceObject;
    for (const claim of [...other.spec.networks, ...(other.status?.addresses ?? [])]) {
      if (claim.network === network && claim.address !== undefined) taken.add(claim.address);
    }
  }
  return taken;
}

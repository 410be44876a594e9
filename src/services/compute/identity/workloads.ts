/** Which instance is where, and what it runs as: from objects alone, as they are at that moment. Pure. */
import type { RealmView } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { portName } from '#services/network/names.ts';
import { ServiceAccount } from '#trust/identity/service-accounts/service-account.ts';
import type { Workloads } from '#trust/identity/service-accounts/workloads.ts';
import { Instance, type InstanceObject } from '../instance.ts';

/** A network's gateway. */
export interface Gateway {
  readonly realm: RealmId;
  readonly namespace: string;
  readonly network: string;
  /** Of the Network. */
  readonly uid: string;
  readonly address: string;
}

/** The account that an instance runs as; undefined while it is stopped or deleted, and when it names none. */
export function accountOf({ metadata, spec }: InstanceObject): string | undefined {
  if (metadata.deletionTimestamp !== undefined || spec.powerState !== 'Running') return undefined;
  return spec.serviceAccount;
}

/** What it takes to tell who has an address. */
export interface Ports {
  readonly regionId: string;
  /** The host's end of the interface that the packet filter in force ties an address to. */
  readonly portOf: (address: string) => string | undefined;
}

/**
 * The one instance that has the address on the gateway's network: by the objects, and by the filter in force, which may be a moment behind
 * when an address has just changed hands.
 */
export function instanceAt(
  { regionId, portOf }: Ports,
  view: RealmView,
  { namespace, network }: Pick<Gateway, 'namespace' | 'network'>,
  address: string,
): InstanceObject | undefined {
  const quoted = JSON.stringify(address);
  for (const entry of view.entries(Instance, namespace)) {
    // Asked with each connection: only those that speak of the address are worth reading.
    if (!entry.bytes.includes(quoted)) continue;
    const instance = entry.object() as InstanceObject;
    const index =
      instance.status?.addresses?.findIndex((one) => one.network === network && one.address === address) ??
      -1;
    if (index < 0) continue;
    if (portOf(address) === portName(regionId, instance.metadata.uid, index)) return instance;
  }
  return undefined;
}

/** The live service account of that name. */
export function liveAccount(view: RealmView, namespace: string, name: string) {
  const account = view.get(ServiceAccount, { namespace, name });
  return account?.metadata.deletionTimestamp === undefined ? account : undefined;
}

export const instanceWorkloads: Workloads = {
  runsAs(view, { namespace, name, uid }, account) {
    const instance = view.get(Instance, { namespace, name });
    return instance?.metadata.uid === uid && accountOf(instance) === account;
  },
};

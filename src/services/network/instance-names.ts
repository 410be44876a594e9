/**
 * Which names of instances there are, for certificates, and where the region may knock for one: at a Forward to the instance's port 80, a
 * door that the tenant opened. The region goes no other way into a network; the packet filter lets it take none.
 */
import type { Kind } from '#kernel/kind.ts';
import type { RealmView } from '#kernel/realm.ts';
import type { Door, InstanceNames } from '#trust/acme/names.ts';
import { Forward } from './forward.ts';
import type { InstanceLike } from './instances.ts';

const HTTP_PORT = 80;

export function instanceNames(instanceKind: Kind): InstanceNames {
  return {
    find(view, { instance, network, project }) {
      const found = view.get(instanceKind, { namespace: project, name: instance }) as
        | InstanceLike
        | undefined;
      if (!found || found.metadata.deletionTimestamp !== undefined) return undefined;
      const networks = (found.status?.addresses ?? []).map((one) => one.network);
      if (!networks.includes(network)) return undefined;
      const door = doorTo(view, project, instance, network, networks[0]);
      return door === undefined ? {} : { door };
    },
  };
}

/** `first`: the network that a Forward which names none leads to. */
function doorTo(
  view: RealmView,
  project: string,
  instance: string,
  network: string,
  first: string | undefined,
): Door | undefined {
  for (const { metadata, spec, status } of view.list(Forward, project)) {
    const { target } = spec;
    if (metadata.deletionTimestamp !== undefined || spec.protocol !== 'tcp') continue;
    if (target.instance !== instance || target.port !== HTTP_PORT) continue;
    if ((target.network ?? first) !== network) continue;
    if (status?.address === undefined || status.port === undefined) continue;
    return { host: status.address, port: status.port };
  }
  return undefined;
}

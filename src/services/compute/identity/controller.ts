/** Has each network's gateway serve tokens while an instance on it runs as a service account, in the process that leads. */
import type { Controller } from '#kernel/controller.ts';
import type { Logger } from '#kernel/logger.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { ObjectKey, RealmView } from '#kernel/realm.ts';
import { networksOf } from '#services/network/instances.ts';
import { Network } from '#services/network/network.ts';
import { Instance } from '../instance.ts';
import type { Gateways } from './gateways.ts';
import type { Gateway } from './workloads.ts';

const LOOK_AGAIN_MS = 2_000;
/** Somebody must first stop what listens there. */
const TAKEN_LOOK_AGAIN_MS = 60_000;

export function gatewayController(make: () => Gateways, logger: Logger): Controller {
  let gateways: Gateways | undefined;
  return {
    name: 'workload-gateway',
    realms: ['organization'],
    kind: Network,
    watches: [{ kind: Instance, keys: networkKeys }],
    async reconcile(key, { realm, signal }) {
      if (!gateways) {
        const made = make();
        gateways = made;
        signal.addEventListener('abort', () => void made.closeAll(), { once: true });
      }
      if (signal.aborted) return undefined;
      const gateway = gatewayOf(realm.view, key);
      if (!gateway) {
        await gateways.close({ realm: realm.id, namespace: key.namespace ?? '', network: key.name });
        return undefined;
      }
      const outcome = await gateways.open(gateway);
      if (outcome === 'open') return undefined;
      if (outcome === 'absent') return { retryAfter_ms: LOOK_AGAIN_MS };
      const why = outcome === 'full' ? 'too many networks have one' : 'something else listens there';
      logger.error({ realm: realm.id, address: gateway.address }, `no tokens at a gateway: ${why}`);
      return { retryAfter_ms: TAKEN_LOOK_AGAIN_MS };
    },
  };
}

function networkKeys(object: KubeObject): ObjectKey[] {
  const { namespace } = object.metadata;
  return namespace === undefined ? [] : [...networksOf(object)].map((name) => ({ namespace, name }));
}

/** The gateway to serve; undefined while the network has none, or nobody on it runs as anything. */
function gatewayOf(view: RealmView, key: ObjectKey): Gateway | undefined {
  const network = view.get(Network, key);
  const { gateway, bridge } = network?.status ?? {};
  if (!network || !gateway || !bridge) return undefined;
  const isUsed = view
    .list(Instance, key.namespace)
    .some((instance) => instance.spec.serviceAccount !== undefined && networksOf(instance).has(key.name));
  if (!isUsed) return undefined;
  return {
    realm: view.realm,
    namespace: key.namespace ?? '',
    network: key.name,
    uid: network.metadata.uid,
    address: gateway,
  };
}

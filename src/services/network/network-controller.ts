/**
 * Makes a network: claims its range in the region, makes its bridge, sees the packet filter in force on it, and only then calls it
 * Ready, which instances wait for. Unmakes it in the opposite order once no instance is on it.
 */
import type { HostRecord, HostsFolder } from '#engines/dnsmasq/hosts-folder.ts';
import type { Incus } from '#engines/incus/client.ts';
import { isIncusError } from '#engines/incus/errors.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import type { Kind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { ObjectKey } from '#kernel/realm.ts';
import { organizationOf } from '#kernel/realm-id.ts';
import { hasFinalizer, isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import { gatewayOf } from './addresses.ts';
import { ensureBridge, removeBridge } from './bridge.ts';
import { claimRange, type RangeSource, releaseRange } from './claim.ts';
import { type InstanceLike, networksOf } from './instances.ts';
import { bridgeName } from './names.ts';
import { NETWORK_FINALIZER, Network, type NetworkObject, type NetworkStatus } from './network.ts';
import type { ProjectFilter } from './project-filter.ts';
import { type Changes, publish } from './publish.ts';

const LOOK_AGAIN_MS = 5_000;
/** A refused range frees itself only when somebody else lets go. */
const REFUSED_LOOK_AGAIN_MS = 60_000;
/** What would change it is a restart of the region. */
const ABSENT_LOOK_AGAIN_MS = 10 * 60_000;
/** Names in a message. */
const NAMES_SHOWN_MAX = 5;

export interface NetworkControllerOptions {
  readonly incus: Incus;
  readonly filter: ProjectFilter;
  readonly regionId: string;
  readonly names: HostsFolder;
  /** Whether the region's time is served at gateways. */
  readonly servesTime?: boolean;
  /** Names that lead to the gateway, in every network: of what the region serves there. */
  readonly gatewayNames?: readonly string[];
  /** Domains that lead to the gateway of every network. */
  readonly gatewayDomains?: readonly string[];
  readonly ranges: RangeSource;
  readonly instanceKind: Kind;
}

export function networkController(options: NetworkControllerOptions): Controller {
  return {
    name: 'network',
    realms: ['organization'],
    kind: Network,
    watches: [{ kind: options.instanceKind, keys: networkKeys }],
    async reconcile(key, context) {
      const network = context.realm.view.get(Network, key);
      if (!network) return undefined;
      if (isDeleting(network)) return unmake(key, network, options, context);
      return make(key, network, options, context);
    },
  };
}

function networkKeys(object: KubeObject): ObjectKey[] {
  const { namespace } = object.metadata;
  return namespace === undefined ? [] : [...networksOf(object)].map((name) => ({ namespace, name }));
}

async function make(
  key: ObjectKey,
  network: NetworkObject,
  options: NetworkControllerOptions,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { incus, filter, regionId, ranges, names } = options;
  const { metadata, spec } = network;
  const say = (status: Changes<NetworkStatus>, reason: string, message: string) =>
    publish(context, Network, network, status, reason === 'Ready' ? 'True' : 'False', reason, message);

  const claim = await claimRange(context, metadata, spec.cidr, ranges);
  if ('refused' in claim) {
    await say({}, claim.reason, claim.refused);
    return { retryAfter_ms: REFUSED_LOOK_AGAIN_MS };
  }
  const project = metadata.namespace ?? '';
  const bridge = bridgeName(metadata.uid);
  const made = {
    cidr: claim.claimed,
    gateway: gatewayOf(claim.claimed),
    domain: `${metadata.name}.${project}.${organizationOf(context.realm.id)}.internal`,
    instances: usersOf(key, options.instanceKind, context).length,
  };
  if (network.status?.cidr === undefined) await say(made, 'MakingBridge', 'its bridge is being made');

  const served = options.gatewayNames ?? [];
  await names.write(bridge, [
    ...(served.length === 0 ? [] : [{ address: made.gateway, names: served }]),
    ...recordsOf(key, made.domain, options.instanceKind, context),
  ]);
  let outcome: Awaited<ReturnType<typeof ensureBridge>>;
  try {
    outcome = await ensureBridge(incus, {
      name: bridge,
      cidr: made.cidr,
      gateway: made.gateway,
      domain: made.domain,
      hosts: names.pathOf(bridge),
      servesTime: options.servesTime ?? false,
      domains: options.gatewayDomains ?? [],
      owner: { region: regionId, realm: context.realm.id, project, uid: metadata.uid },
    });
  } catch (error) {
    if (!isIncusError(error)) throw error;
    if (error.code === 'Absent') {
      await say(made, 'NoComputeEngine', `its bridge cannot be made: ${error.message}`);
      return { retryAfter_ms: ABSENT_LOOK_AGAIN_MS };
    }
    await say(
      made,
      'BridgeFailed',
      `its bridge cannot be made (${error.code}); the region tries again by itself`,
    );
    throw error;
  }
  if (outcome === 'taken') {
    await say(made, 'BridgeTaken', `the host has another ${bridge}; make the network anew`);
    return { retryAfter_ms: REFUSED_LOOK_AGAIN_MS };
  }
  let filtered = await filter.refresh(context, project);
  if ('absent' in filtered) {
    await say(made, 'NoPacketFilter', `nothing may run on it unfiltered: ${filtered.absent}`);
    return { retryAfter_ms: ABSENT_LOOK_AGAIN_MS };
  }
  if ('state' in filtered && (outcome !== 'unchanged' || filtered.state.absentBridges.includes(bridge))) {
    filtered = await filter.reapply();
  }
  if (!('state' in filtered)) {
    await say(
      made,
      'FilterNotInForce',
      'the packet filter cannot be put in force on it yet; the region tries again by itself',
    );
    return { retryAfter_ms: LOOK_AGAIN_MS };
  }
  if (filtered.state.absentBridges.includes(bridge)) {
    await say(made, 'BridgeAbsent', `the host does not show ${bridge} yet`);
    return { retryAfter_ms: LOOK_AGAIN_MS };
  }
  // Instances wait for this field: it must not appear before the filter is in force on the bridge.
  await say({ ...made, bridge }, 'Ready', 'instances can start on it');
  return undefined;
}

async function unmake(
  key: ObjectKey,
  network: NetworkObject,
  { incus, filter, instanceKind, names }: NetworkControllerOptions,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  if (!hasFinalizer(network, NETWORK_FINALIZER)) return undefined;
  const { metadata } = network;
  const say = (status: Changes<NetworkStatus>, reason: string, message: string) =>
    publish(context, Network, network, status, 'False', reason, message);

  const users = usersOf(key, instanceKind, context);
  if (users.length > 0) {
    const named = users.slice(0, NAMES_SHOWN_MAX).join(', ');
    const more = users.length > NAMES_SHOWN_MAX ? ` and ${users.length - NAMES_SHOWN_MAX} more` : '';
    await say(
      { instances: users.length },
      'InUse',
      `it goes once no instance is on it: delete ${named}${more}, or take them off it`,
    );
    return { retryAfter_ms: LOOK_AGAIN_MS };
  }
  if ((await removeBridge(incus, bridgeName(metadata.uid), metadata.uid)) === 'in-use') {
    await say({}, 'InUse', 'an instance that was on it is not quite gone yet');
    return { retryAfter_ms: LOOK_AGAIN_MS };
  }
  await names.remove(bridgeName(metadata.uid));
  // The range may be claimed by others only when the filter no longer knows it as ours.
  await say(
    { cidr: undefined, bridge: undefined },
    'Deleting',
    'its bridge is gone; its range is being given back',
  );
  const filtered = await filter.refresh(context, metadata.namespace ?? '');
  if ('failed' in filtered) return { retryAfter_ms: LOOK_AGAIN_MS };
  await releaseRange(context, metadata.uid);
  await removeFinalizer(
    context.realm.resources,
    Network,
    key,
    NETWORK_FINALIZER,
    context.change,
    metadata.uid,
  );
  return undefined;
}

/** Who is on the network, by name: `web` and `web.<domain>`. */
function recordsOf(
  key: ObjectKey,
  domain: string,
  instanceKind: Kind,
  { realm }: ReconcileContext,
): HostRecord[] {
  const records: HostRecord[] = [];
  for (const entry of realm.view.entries(instanceKind, key.namespace)) {
    const { status } = entry.object() as InstanceLike;
    for (const { network, address } of status?.addresses ?? []) {
      if (network === key.name) records.push({ address, names: [`${entry.name}.${domain}`, entry.name] });
    }
  }
  return records;
}

function usersOf(key: ObjectKey, instanceKind: Kind, { realm }: ReconcileContext): string[] {
  const users: string[] = [];
  for (const entry of realm.view.entries(instanceKind, key.namespace)) {
    if (networksOf(entry.object()).has(key.name)) users.push(entry.name);
  }
  return users;
}

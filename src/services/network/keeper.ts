/**
 * Keeps house over what networks hold outside their own realms: claims whose owner is gone, bridges that no claim accounts
 * for, projects in the packet filter whose organization is gone, and a packet filter that somebody changed.
 */
import type { HostsFolder } from '#engines/dnsmasq/hosts-folder.ts';
import type { Incus } from '#engines/incus/client.ts';
import { isIncusError } from '#engines/incus/errors.ts';
import type { Controller, ReconcileContext } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Logger } from '#kernel/logger.ts';
import { organizationRealm } from '#kernel/realm-id.ts';
import { removeBridge } from './bridge.ts';
import { AddressRange, type ClaimOwner, ForwardPort } from './claims.ts';
import { Forward } from './forward.ts';
import { bridgeName } from './names.ts';
import { Network } from './network.ts';
import type { ProjectFilter } from './project-filter.ts';
import type { RegionFilter } from './region-filter.ts';

export interface KeeperOptions {
  readonly incus: Incus;
  readonly filter: ProjectFilter;
  readonly regionFilter: RegionFilter;
  readonly regionId: string;
  readonly names: HostsFolder;
  readonly logger: Logger;
}

export function networkKeeper(options: KeeperOptions): Controller {
  // Owners are looked up one by one only once, at start, when every organization is loaded anyway: controllers give claims back
  // themselves, and later sweeps must not pull idle organizations into memory.
  let isFirst = true;
  return {
    name: 'network-keeper',
    realms: ['region'],
    kind: AddressRange,
    async reconcile() {
      return undefined;
    },
    async sweep(context) {
      await options.filter.restore(context.realms);
      await dropZones(options, context);
      await dropClaims(context, AddressRange, Network, isFirst);
      await dropClaims(context, ForwardPort, Forward, isFirst);
      isFirst = false;
      await dropBridges(options, context);
      await dropNames(options, context);
      await options.regionFilter.verify();
    },
  };
}

async function dropZones({ regionFilter }: KeeperOptions, { realms }: ReconcileContext): Promise<void> {
  for (const realm of regionFilter.realms()) {
    if (!(await realms.exists(realm))) regionFilter.forgetRealm(realm);
  }
}

/** A claim is made after its owner and given back before it: one without an owner is left over. */
async function dropClaims(
  context: ReconcileContext,
  claimKind: typeof AddressRange | typeof ForwardPort,
  ownerKind: Kind,
  isThorough: boolean,
): Promise<void> {
  const { realm, change } = context;
  for (const { metadata, spec } of realm.view.list(claimKind)) {
    if (!spec.owner || (await isHeld(context, ownerKind, spec.owner, isThorough))) continue;
    await realm.resources.delete(claimKind, { name: metadata.name }, change, {
      preconditions: { uid: metadata.uid },
    });
  }
}

async function isHeld(
  { realms }: ReconcileContext,
  kind: Kind,
  owner: ClaimOwner,
  isThorough: boolean,
): Promise<boolean> {
  const realm = organizationRealm(owner.organization);
  if (!isThorough) return realms.exists(realm);
  try {
    // The claim may be newer than what is in memory of its owner's realm.
    await realms.fresh(realm);
    return await realms.use(realm, ({ view }) => {
      const entry = view.entry(kind, { namespace: owner.project, name: owner.name });
      return entry?.uid === owner.uid;
    });
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return false;
    throw error;
  }
}

/** Bridges are listed first, and claims as fresh as they are anywhere: a bridge that is made meanwhile had its claim before. */
async function dropBridges(
  { incus, regionId, logger }: KeeperOptions,
  { realm, realms }: ReconcileContext,
): Promise<void> {
  let bridges: Awaited<ReturnType<typeof incus.networks.list>>;
  try {
    bridges = await incus.networks.list();
  } catch (error) {
    if (isIncusError(error, 'Absent')) return;
    throw error;
  }
  await realms.fresh(realm.id);
  const claimed = new Set(realm.view.list(AddressRange).map(({ spec }) => spec.owner?.uid));
  for (const { name, managed, config } of bridges) {
    const uid = config['user.casemate.uid'];
    if (!managed || uid === undefined || config['user.casemate.region'] !== regionId || claimed.has(uid))
      continue;
    const outcome = await removeBridge(incus, name, uid);
    logger.warn({ bridge: name, outcome }, 'a bridge without a network was found');
  }
}

/** Names of networks that are gone: a network removes its own, unless the process died in between. */
async function dropNames({ names }: KeeperOptions, { realm, realms }: ReconcileContext): Promise<void> {
  const found = await names.list();
  await realms.fresh(realm.id);
  const claimed = new Set(
    realm.view.list(AddressRange).flatMap(({ spec }) => (spec.owner ? [bridgeName(spec.owner.uid)] : [])),
  );
  for (const bridge of found) if (!claimed.has(bridge)) await names.remove(bridge);
}

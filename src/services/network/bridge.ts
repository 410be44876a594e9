/**
 * The bridge of a network in Incus: what it should look like, and how it is made so. Incus' own filtering and translation are off:
 * both are the packet filter's. Names come from a folder that dnsmasq reads: an instance is `<name>` and `<name>.<domain>`.
 */
import type { Incus } from '#engines/incus/client.ts';
import { isIncusError } from '#engines/incus/errors.ts';
import type { Config } from '#engines/incus/types.ts';

export interface BridgeWish {
  readonly name: string;
  readonly cidr: string;
  readonly gateway: string;
  readonly domain: string;
  /** Folder of hosts files for dnsmasq. */
  readonly hosts: string;
  /** Whether the region's time is served at the gateway: instances learn it from DHCP. */
  readonly servesTime?: boolean;
  /** Domains of the region's that lead to the gateway, with all names below them. */
  readonly domains?: readonly string[];
  readonly owner: {
    readonly region: string;
    readonly realm: string;
    readonly project: string;
    readonly uid: string;
  };
}

export function bridgeConfig(wish: BridgeWish): Config {
  return {
    'ipv4.address': `${wish.gateway}/${wish.cidr.split('/')[1]}`,
    'ipv4.dhcp': 'true',
    'ipv4.nat': 'false',
    'ipv4.firewall': 'false',
    'ipv6.address': 'none',
    'dns.mode': 'managed',
    'dns.domain': wish.domain,
    // A name that the network does not know is unknown: the host's resolvers are no way out.
    'raw.dnsmasq': `${[
      'no-resolv',
      'no-hosts',
      `hostsdir=${wish.hosts}`,
      ...(wish.servesTime ? [`dhcp-option=option:ntp-server,${wish.gateway}`] : []),
      ...(wish.domains ?? []).map((domain) => `address=/${domain}/${wish.gateway}`),
    ].join('\n')}\n`,
    'user.casemate.region': wish.owner.region,
    'user.casemate.realm': wish.owner.realm,
    'user.casemate.project': wish.owner.project,
    'user.casemate.uid': wish.owner.uid,
  };
}

export type BridgeOutcome = 'made' | 'updated' | 'unchanged' | 'taken';

/** Makes the bridge, or puts it right. `taken`: something that is not this network's has its name. */
export async function ensureBridge(incus: Incus, wish: BridgeWish): Promise<BridgeOutcome> {
  const config = bridgeConfig(wish);
  const description = `network ${wish.owner.project}/${wish.domain.split('.')[0]} of ${wish.owner.realm}`;
  let made = false;
  let found = await findBridge(incus, wish.name);
  if (!found) {
    try {
      await incus.networks.create({ name: wish.name, description, config });
      made = true;
    } catch (error) {
      if (!isIncusError(error, 'AlreadyExists')) throw error;
    }
    found = await incus.networks.get(wish.name);
  }
  if (!found.managed || found.config['user.casemate.uid'] !== wish.owner.uid) return 'taken';
  const differs = Object.entries(config).some(([key, value]) => found.config[key] !== value);
  if (!differs) return made ? 'made' : 'unchanged';
  await incus.networks.update(wish.name, description, { ...found.config, ...config });
  return made ? 'made' : 'updated';
}

async function findBridge(incus: Incus, name: string) {
  try {
    return await incus.networks.get(name);
  } catch (error) {
    if (isIncusError(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** Removes it if it is there and the network's. `in-use`: an instance is still on it. */
export async function removeBridge(
  incus: Incus,
  name: string,
  networkUid: string,
): Promise<'gone' | 'in-use'> {
  let found: Awaited<ReturnType<typeof findBridge>>;
  try {
    found = await findBridge(incus, name);
  } catch (error) {
    if (isIncusError(error, 'Absent')) return 'gone';
    throw error;
  }
  if (found?.config['user.casemate.uid'] !== networkUid) return 'gone';
  try {
    await incus.networks.delete(name);
  } catch (error) {
    if (isIncusError(error, 'InUse')) return 'in-use';
    if (!isIncusError(error, 'NotFound')) throw error;
  }
  return 'gone';
}

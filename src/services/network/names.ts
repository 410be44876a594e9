/**
 * The names and link addresses that network and compute agree on. All are pure functions of uids, so that each side can
 * work them out alone and a sweep can tell whose a thing on the host is. Linux allows 15 characters for an interface.
 */
import { createHash } from 'node:crypto';
import { portPrefix } from '#engines/nftables/names.ts';

export { portPrefix };

const hex = (text: string, digits: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits);

/** The host's bridge of a network: `cm` and the first 12 hex digits of the network's uid. */
export const bridgeName = (networkUid: string): string => `cm${networkUid.replaceAll('-', '').slice(0, 12)}`;

/** The host's end of an instance's interface (Incus: the NIC's `host_name`); `index` counts the instance's interfaces from 0. */
export const portName = (regionId: string, instanceUid: string, index: number): string =>
  `${portPrefix(regionId)}${hex(`${instanceUid}/${index}`, 10)}`;

/** The instance's own link address on that interface (Incus: `hwaddr`): locally administered, unicast. */
export function macAddress(instanceUid: string, index: number): string {
  const digits = hex(`mac/${instanceUid}/${index}`, 10);
  return `02:${(digits.match(/../g) ?? []).join(':')}`;
}

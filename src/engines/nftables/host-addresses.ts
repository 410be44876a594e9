/**
 * The IPv4 addresses that this host has: those that a Forward may listen on, and the ranges that are no longer free for networks.
 */
import { networkInterfaces } from 'node:os';
import { formatCidr, parseAddress, sizeOf } from './ipv4.ts';
import { BRIDGE_NAME } from './names.ts';

/** All but those of regions' bridges. Addresses others can reach first, loopback last. */
export function hostAddresses(): string[] {
  const found = Object.entries(networkInterfaces())
    .filter(([name]) => !BRIDGE_NAME.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ family }) => family === 'IPv4');
  const loopback = found.filter(({ internal }) => internal);
  return [...found.filter(({ internal }) => !internal), ...loopback].map(({ address }) => address);
}

/**
 * Ranges that interfaces of this host are on, but for those named: another region's bridges on the same host among them, whose
 * networks would otherwise be routed to ours.
 */
export function hostRanges(except: ReadonlySet<string>): string[] {
  return Object.entries(networkInterfaces())
    .filter(([name]) => !except.has(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .flatMap(({ family, address, cidr }) => {
      const number = parseAddress(address);
      const prefix = Number(cidr?.split('/')[1]);
      if (family !== 'IPv4' || number === undefined || !Number.isInteger(prefix)) return [];
      return [formatCidr({ first: number - (number % sizeOf(prefix)), last: 0, prefix })];
    });
}

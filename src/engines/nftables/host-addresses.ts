/**
 * The IPv4 addresses of this host that a Forward may listen on: all but those of the region's own bridges.
 */
import { networkInterfaces } from 'node:os';
import { BRIDGE_NAME } from './names.ts';

/** Addresses others can reach first, loopback last. */
export function hostAddresses(): string[] {
  const found = Object.entries(networkInterfaces())
    .filter(([name]) => !BRIDGE_NAME.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ family }) => family === 'IPv4');
  const loopback = found.filter(({ internal }) => internal);
  return [...found.filter(({ internal }) => !internal), ...loopback].map(({ address }) => address);
}

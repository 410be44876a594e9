/**
 * What the API's certificate must name: every way a client may reach it.
 */
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { ServerNames } from '#trust/certificates/server.ts';
import type { RegionConfig } from './config/schema.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export function parseListen(listen: string): ListenAddress {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(listen);
  return { host: match?.[1] ?? match?.[2] ?? '127.0.0.1', port: Number(match?.[3]) };
}

/** A wildcard address stands for every address the machine has now. */
export function serverNames(config: Pick<RegionConfig, 'listen' | 'advertise' | 'name'>): ServerNames {
  const { host } = parseListen(config.listen);
  const isWildcard = host === '0.0.0.0' || host === '::';
  const addresses = isWildcard ? machineAddresses() : [host];
  const all = [
    'localhost',
    '127.0.0.1',
    '::1',
    `${config.name}.casemate.internal`,
    ...addresses,
    ...config.advertise,
  ];
  if (isWildcard) all.push(hostname());
  return {
    dnsNames: unique(all.filter((name) => isIP(name) === 0).map((name) => name.toLowerCase())),
    ips: unique(all.filter((name) => isIP(name) !== 0)),
  };
}

function machineAddresses(): string[] {
  return (
    Object.values(networkInterfaces())
      .flatMap((entries) => entries ?? [])
      // A link-local address means nothing without its interface.
      .filter(({ address }) => !address.startsWith('fe80:') && !address.startsWith('169.254.'))
      .map(({ address }) => address)
  );
}

const unique = (items: readonly string[]): string[] => [...new Set(items)];

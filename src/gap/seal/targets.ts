/** Where the region tries to get out to, to see whether it can. Pure but for `machineTargets`, which looks at this machine. */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

export interface Target {
  readonly what: string;
  readonly address: string;
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly port?: number;
}

/** Name servers and proxies that are tried. */
const FOUND_MAX = 4;
const DNS_PORT = 53;
const PROXY_PORT = 3128;

/** Addresses that belong to nobody (RFC 5737, RFC 3849), so that a probe that does get out disturbs nobody; and where clouds serve metadata. */
export const ALWAYS: readonly Target[] = [
  { what: 'an address outside', address: '203.0.113.77', protocol: 'tcp', port: 443 },
  { what: 'an address outside', address: '198.51.100.77', protocol: 'tcp', port: 80 },
  { what: 'an address outside', address: '203.0.113.77', protocol: 'udp', port: 443 },
  { what: 'an address outside', address: '203.0.113.77', protocol: 'icmp' },
  { what: 'an address outside, by IPv6', address: '2001:db8:7::77', protocol: 'icmp' },
  { what: 'an address outside, by IPv6', address: '2001:db8:7::77', protocol: 'tcp', port: 443 },
  { what: 'an address outside, by IPv6', address: '2001:db8:7::77', protocol: 'udp', port: 443 },
  { what: 'a name server outside', address: '203.0.113.53', protocol: 'udp', port: DNS_PORT },
  { what: 'a name server outside', address: '203.0.113.53', protocol: 'tcp', port: DNS_PORT },
  { what: 'a name server outside, by TLS', address: '203.0.113.53', protocol: 'tcp', port: 853 },
  { what: 'a name server outside, by HTTPS', address: '203.0.113.53', protocol: 'tcp', port: 443 },
  { what: 'a name server outside, by IPv6', address: '2001:db8:7::53', protocol: 'udp', port: DNS_PORT },
  { what: 'a proxy outside', address: '203.0.113.77', protocol: 'tcp', port: 3128 },
  { what: 'a proxy outside', address: '203.0.113.77', protocol: 'tcp', port: 8080 },
  { what: 'a proxy outside', address: '203.0.113.77', protocol: 'tcp', port: 1080 },
  { what: 'a time server outside', address: '203.0.113.123', protocol: 'udp', port: 123 },
  { what: 'the metadata address', address: '169.254.169.254', protocol: 'tcp', port: 80 },
  { what: 'the metadata address, by IPv6', address: 'fd00:ec2::254', protocol: 'tcp', port: 80 },
];

/** What this machine itself would use: its name servers, its gateways, and proxies that the environment names. */
export async function machineTargets(environment: NodeJS.ProcessEnv): Promise<readonly Target[]> {
  const [resolv, routes] = await Promise.all(
    ['/etc/resolv.conf', '/proc/net/route'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  return [
    ...ALWAYS,
    ...nameServers(resolv ?? '').map(
      (address): Target => ({ what: 'this machine’s name server', address, protocol: 'udp', port: DNS_PORT }),
    ),
    ...gateways(routes ?? '').map(
      (address): Target => ({ what: 'this machine’s gateway', address, protocol: 'tcp', port: 443 }),
    ),
    ...gateways(routes ?? '').map(
      (address): Target => ({
        what: 'a proxy at this machine’s gateway',
        address,
        protocol: 'tcp',
        port: PROXY_PORT,
      }),
    ),
    ...proxies(environment),
  ];
}

const isHere = (address: string) => address.startsWith('127.') || address === '::1' || address === '0.0.0.0';

/** Of a resolv.conf(5), those that are not on this machine. */
export const nameServers = (text: string): string[] =>
  [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)]
    .map(([, address = '']) => address)
    .filter((address) => isIP(address) !== 0 && !isHere(address))
    .slice(0, FOUND_MAX);

/** Of /proc/net/route: where default routes lead. Addresses are hexadecimal, lowest byte first. */
export function gateways(text: string): string[] {
  const found = text.split('\n').flatMap((line) => {
    const [, destination, gateway = ''] = line.split('\t');
    if (destination !== '00000000' || !/^[0-9A-F]{8}$/.test(gateway) || gateway === '00000000') return [];
    return [[6, 4, 2, 0].map((at) => Number.parseInt(gateway.slice(at, at + 2), 16)).join('.')];
  });
  return [...new Set(found)].slice(0, FOUND_MAX);
}

/** Of an environment, those named by address; a name leads nowhere without a name server, which is tried by itself. */
export function proxies(environment: NodeJS.ProcessEnv): Target[] {
  const found = new Map<string, Target>();
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy']) {
    const text = environment[name];
    const url = text === undefined ? null : URL.parse(text.includes('://') ? text : `http://${text}`);
    const address = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
    if (url === null || isIP(address) === 0 || isHere(address)) continue;
    const port = Number(url.port) || 80;
    found.set(`${address} ${port}`, { what: `the proxy of ${name}`, address, protocol: 'tcp', port });
  }
  return [...found.values()].slice(0, FOUND_MAX);
}

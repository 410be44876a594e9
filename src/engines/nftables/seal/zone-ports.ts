/**
 * Ports through which the seal is tried from every network, as an instance there would: while they are there, each is an endpoint of its own to the filter, on the
 * network's bridge, with an address that nobody has; its other end is in the network namespace of the process that tries (`gap/seal/zones`). Choosing and
 * rendering are pure; the kernel removes each as soon as that process has gone.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { NftError } from '../apply.ts';
import { formatAddress, parseAddress, parseCidr } from '../ipv4.ts';
import type { FilterModel } from '../model.ts';
import { portPrefix, tableName } from '../names.ts';

const run = promisify(execFile);

/** Networks that are tried in one round; more have their turn in the next ones. */
export const ZONES_A_ROUND = 64;
/** What their ports' names go on with; an instance's goes on with digits of its uid. */
const MARK = 'fffff';
const IP_TIME_LIMIT_MS = 10_000;
const LISTING_BYTES_MAX = 16 * 1024 * 1024;

export interface ZonePort {
  readonly bridge: string;
  readonly port: string;
  /** What the other end is called. */
  readonly inner: string;
  readonly mac: string;
  readonly address: string;
  readonly prefix: number;
  readonly gateway: string;
}

/** One for each network from the `first` on, at its highest address that no instance has. A network that is full has none. */
export function chooseZonePorts(filter: FilterModel, first = 0): ZonePort[] {
  const taken = new Set(filter.zones.flatMap(({ endpoints }) => endpoints.map(({ address }) => address)));
  const bridges = filter.zones.flatMap((zone) => zone.bridges);
  const from = bridges.length === 0 ? 0 : first % bridges.length;
  const round = [...bridges.slice(from), ...bridges.slice(0, from)].slice(0, ZONES_A_ROUND);
  return round.flatMap(({ name, cidr, gateway }, at) => {
    const range = parseCidr(cidr);
    if (range === undefined) return [];
    let number = range.last - 1;
    const isTaken = () => taken.has(formatAddress(number)) || number === parseAddress(gateway);
    while (number > range.first && isTaken()) number -= 1;
    if (number <= range.first) return [];
    const index = at.toString(16).padStart(5, '0');
    return [
      {
        bridge: name,
        port: `${portPrefix(filter.region)}${MARK}${index}`,
        inner: `z${at}`,
        mac: `02:ff:ff:0${index.slice(0, 1)}:${index.slice(1, 3)}:${index.slice(3)}`,
        address: formatAddress(number),
        prefix: range.prefix,
        gateway,
      },
    ];
  });
}

/** Adds them to the filter's sets; or, with `delete`, takes them out of those, whether or not they are in there. */
export function renderZonePorts(
  region: string,
  ports: readonly ZonePort[],
  change: 'add' | 'delete' = 'add',
): string {
  if (ports.length === 0) return '';
  const sets = [
    ['bridge', 'links', ({ port, mac }: ZonePort) => `"${port}" . ${mac}`],
    ['bridge', 'senders', ({ port, mac, address }: ZonePort) => `"${port}" . ${mac} . ${address}`],
    ['inet', 'endpoints', ({ bridge, address }: ZonePort) => `"${bridge}" . ${address}`],
  ] as const;
  const lines = sets.flatMap(([family, set, element]) => {
    const what = `element ${family} ${tableName(region)} ${set} { ${ports.map(element).join(', ')} }`;
    return change === 'add' ? [`add ${what}`] : [`add ${what}`, `delete ${what}`];
  });
  return `${lines.join('\n')}\n`;
}

/** Makes them, each with its other end in the network namespace of process `pid`. Throws NftError. */
export async function makeZonePorts(ports: readonly ZonePort[], pid: number): Promise<void> {
  await ipBatch(
    ports.flatMap(({ port, inner, mac, bridge }) => [
      `link add ${port} type veth peer name ${inner} address ${mac} netns ${pid}`,
      `link set ${port} master ${bridge} up`,
    ]),
  );
}

/** Whether this machine has a way for packets that come from there. Asks the kernel, which sends nothing. */
export async function hasRoute({ bridge, address }: ZonePort, destination: string): Promise<boolean> {
  const args = ['route', 'get', destination, 'from', address, 'iif', bridge];
  const options = { timeout: IP_TIME_LIMIT_MS };
  return run('ip', args, options).then(
    () => true,
    () => false,
  );
}

/** Removes those that are there, of whichever round. */
export async function removeZonePorts(region: string): Promise<void> {
  const { stdout } = await run('ip', ['-j', 'link', 'show', 'type', 'veth'], {
    timeout: IP_TIME_LIMIT_MS,
    maxBuffer: LISTING_BYTES_MAX,
  });
  const links = JSON.parse(stdout.trim() || '[]') as readonly { readonly ifname?: string }[];
  const own = links
    .map(({ ifname = '' }) => ifname)
    .filter((name) => name.startsWith(`${portPrefix(region)}${MARK}`));
  // One that its process took along meanwhile is gone already.
  if (own.length > 0) await ipBatch(own.map((name) => `link delete ${name}`)).catch(() => {});
}

async function ipBatch(lines: readonly string[]): Promise<void> {
  const child = spawn('ip', ['-force', '-batch', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (said.length < 1_000) said += chunk.toString();
  });
  child.stdin.on('error', () => {});
  child.stdin.end(`${lines.join('\n')}\n`);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new NftError(`ip could not make ports for probing: ${said.slice(0, 500).trim()}`);
}

/**
 * What an incusd that was killed can leave so that the next one in its folder stumbles over it: a dnsmasq it had started and not yet written down, whose
 * address the next one needs; and an interface pair it had made for an instance that then did not start, whose name is taken. Only while no incusd runs
 * in the folder can these be told from what is in use, so this belongs right before its start. Instances that run are never touched.
 */
import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import type { Clock } from '#kernel/clock.ts';
import { endProcesses, findRemains } from './remains.ts';

interface Link {
  readonly ifname: string;
  /** There when the other end is in another network namespace: in an instance. */
  readonly link_netnsid?: number;
}

/**
 * Ends every dnsmasq of the folder, which incusd starts anew for each network, and deletes interfaces whose names start with `portPrefix` and whose
 * other end is in no instance. Gives what it removed, in words.
 */
export async function clearStrays(
  folder: string,
  portPrefix: string,
  clock: Clock,
): Promise<readonly string[]> {
  const servers = findRemains(folder).processes.filter(({ name }) => basename(name) === 'dnsmasq');
  await endProcesses(
    servers.map(({ pid }) => pid),
    clock,
  );
  const links = idlePorts(
    execFileSync('ip', ['-json', 'link', 'show', 'type', 'veth']).toString(),
    portPrefix,
  );
  for (const name of links) deleteLink(name);
  return [...servers.map(({ pid }) => `dnsmasq ${pid}`), ...links.map((name) => `interface ${name}`)];
}

/** From what `ip -json link show` prints: interfaces of that name that lead into no other namespace. */
export function idlePorts(json: string, portPrefix: string): string[] {
  const links = (json.trim() === '' ? [] : JSON.parse(json)) as readonly Partial<Link>[];
  return links.flatMap(({ ifname, link_netnsid }) =>
    ifname?.startsWith(portPrefix) && link_netnsid === undefined ? [ifname] : [],
  );
}

function deleteLink(name: string): void {
  try {
    execFileSync('ip', ['link', 'delete', 'dev', name], { stdio: 'pipe' });
  } catch (error) {
    // It went by itself: the kernel takes an ended instance's interfaces away when it finds time.
    if (!String(error).includes('Cannot find device')) throw error;
  }
}

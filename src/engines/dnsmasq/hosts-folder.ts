/**
 * Names for dnsmasq: one folder a bridge, with one hosts file that dnsmasq reads anew whenever it changes (`--hostsdir`), so
 * that a name comes and goes without a restart. Names come from here and not from DHCP, because what runs in an instance
 * chooses what it calls itself there.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface HostRecord {
  /** IPv4. */
  readonly address: string;
  /** Host names, the first one canonical. Already valid DNS names. */
  readonly names: readonly string[];
}

export interface HostsFolder {
  /** What `hostsdir=` is to say. The folder exists once `write` has run, and must before dnsmasq starts. */
  pathOf(bridge: string): string;
  /** Makes the bridge's names exactly these. Atomic; touches nothing when nothing differs. */
  write(bridge: string, records: readonly HostRecord[]): Promise<void>;
  remove(bridge: string): Promise<void>;
  /** Bridges that have a folder. */
  list(): Promise<readonly string[]>;
}

const FILE = 'hosts';

/** `root` must exist, and dnsmasq's user must be able to read what is made in it. */
export function hostsFolder(root: string): HostsFolder {
  const pathOf = (bridge: string) => join(root, bridge);
  return {
    pathOf,
    async write(bridge, records) {
      const text = records.map(({ address, names }) => `${address} ${names.join(' ')}\n`).join('');
      await mkdir(pathOf(bridge), { recursive: true });
      const file = join(pathOf(bridge), FILE);
      if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return;
      // Written beside the folder: dnsmasq would read a half-written file inside it.
      const draft = join(root, `.${bridge}`);
      await writeFile(draft, text, { mode: 0o644 });
      await rename(draft, file);
    },
    remove: (bridge) => rm(pathOf(bridge), { recursive: true, force: true }),
    async list() {
      const entries = await readdir(root, { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    },
  };
}

/**
 * Incus projects: one holds the instances of one Casemate project. Every restriction that Incus knows is set by name,
 * so that a daemon whose defaults differ holds tenants in just the same.
 */
import { change } from './operations.ts';
import type { IncusTransport } from './transport.ts';
import type { Config, IncusProject } from './types.ts';

interface Restriction {
  readonly key: string;
  readonly value: string;
  readonly why: string;
  /** The API extension that brought the key; absent: there from Incus 6.0.0 on. */
  readonly extension?: string;
}

/** Every `restricted.*` key, its value, and why. `restricted.networks.access` is set beside them, per project. */
export const RESTRICTIONS: readonly Restriction[] = [
  { key: 'restricted', value: 'true', why: 'turns all of the below on' },
  { key: 'restricted.backups', value: 'block', why: 'exports leave through the airlock, not through Incus' },
  {
    key: 'restricted.cluster.target',
    value: 'block',
    why: 'placement is the region’s to decide, not a caller’s',
  },
  {
    key: 'restricted.containers.interception',
    value: 'block',
    why: 'no system call runs with host privileges',
  },
  {
    key: 'restricted.containers.lowlevel',
    value: 'block',
    why: 'raw.lxc and the like could undo everything else',
  },
  {
    key: 'restricted.containers.nesting',
    value: 'block',
    why: 'nesting opens /proc and /sys further; nothing needs it yet',
  },
  {
    key: 'restricted.containers.privilege',
    value: 'isolated',
    why: 'each instance has host user ids of its own, shared with no other tenant',
  },
  {
    key: 'restricted.virtual-machines.lowlevel',
    value: 'block',
    why: 'raw.qemu could map host files and devices',
  },
  {
    key: 'restricted.devices.disk',
    value: 'managed',
    why: 'volumes of the pool only, never a path of the host',
  },
  {
    key: 'restricted.devices.disk.paths',
    value: '',
    why: 'and so no path of the host is allowed either',
  },
  {
    key: 'restricted.devices.gpu',
    value: 'block',
    why: 'devices of the host are handed out by a service, on record',
  },
  { key: 'restricted.devices.infiniband', value: 'block', why: 'same' },
  { key: 'restricted.devices.nic', value: 'managed', why: 'only networks that Casemate made' },
  { key: 'restricted.devices.pci', value: 'block', why: 'same as gpu' },
  {
    key: 'restricted.devices.proxy',
    value: 'block',
    why: 'a proxy device opens a port of the host; Forward does that',
  },
  { key: 'restricted.devices.unix-block', value: 'block', why: 'no block device of the host' },
  { key: 'restricted.devices.unix-char', value: 'block', why: 'no character device of the host' },
  {
    key: 'restricted.devices.unix-hotplug',
    value: 'block',
    why: 'nothing plugged into the host appears inside',
  },
  { key: 'restricted.devices.usb', value: 'block', why: 'same' },
  { key: 'restricted.networks.subnets', value: '', why: 'no subnet of an uplink is delegated' },
  { key: 'restricted.networks.uplinks', value: '', why: 'no uplink: bridges are joined to nothing' },
  { key: 'restricted.networks.zones', value: '', why: 'no DNS zone of another project' },
  {
    key: 'restricted.networks.integrations',
    value: 'none',
    why: 'no peering with a network of elsewhere',
    extension: 'network_integrations',
  },
  {
    key: 'restricted.snapshots',
    value: 'allow',
    why: 'InstanceSnapshot is ours to make, inside the project',
  },
];

const FEATURES: Config = {
  'features.images': 'false', // the catalogue is the region's, kept once
  'features.profiles': 'true', // a project's profiles are its own; we use none
  'features.storage.volumes': 'true',
  'features.storage.buckets': 'true',
  'features.networks': 'false', // bridges can only live in the default project
  'features.networks.zones': 'false',
};

/** The project's whole configuration. `networks` are the bridges it may use; `labels` its `user.*` keys. */
export function projectConfig(
  extensions: ReadonlySet<string>,
  networks: readonly string[],
  labels: Config,
): Config {
  const config: Record<string, string> = { ...FEATURES, ...labels };
  for (const { key, value, extension } of RESTRICTIONS) {
    if (value !== '' && (extension === undefined || extensions.has(extension))) config[key] = value;
  }
  // Without a list Incus would allow every network, so no network means no interface at all.
  if (networks.length > 0) config['restricted.networks.access'] = [...networks].sort().join(',');
  else config['restricted.devices.nic'] = 'block';
  return config;
}

export class Projects {
  readonly #transport: IncusTransport;

  constructor(transport: IncusTransport) {
    this.#transport = transport;
  }

  async list(): Promise<readonly IncusProject[]> {
    return this.#transport.list<IncusProject>('/1.0/projects', { query: { recursion: 1 } });
  }

  async get(name: string): Promise<IncusProject> {
    return (await this.#transport.get<IncusProject>(path(name))).value;
  }

  async create(name: string, description: string, config: Config): Promise<void> {
    await change(this.#transport, 'POST', '/1.0/projects', { name, description, config });
  }

  async update(name: string, description: string, config: Config): Promise<void> {
    await change(this.#transport, 'PUT', path(name), { description, config });
  }

  /** Throws `InUse` while the project holds instances. */
  async delete(name: string): Promise<void> {
    await change(this.#transport, 'DELETE', path(name), undefined);
  }
}

const path = (name: string) => `/1.0/projects/${encodeURIComponent(name)}`;

/**
 * One connection to one Incus daemon, with everything a service may ask of it. `connectIncus` makes it; it does no I/O
 * until the first call, so a region can start before its engine does.
 */
import type { Clock } from '#kernel/clock.ts';
import { IncusError } from './errors.ts';
import { type ExecRequest, type ExecSession, execute } from './exec.ts';
import { Images } from './images.ts';
import { Instances } from './instances.ts';
import { Networks } from './networks.ts';
import { StoragePools } from './pools.ts';
import { Profiles } from './profiles.ts';
import { Projects } from './projects.ts';
import { type IncusAddress, IncusTransport } from './transport.ts';
import type { Config, IncusServer } from './types.ts';
import { Volumes } from './volumes.ts';

/** What we cannot do without; all are in Incus 6.0.0. */
export const REQUIRED_EXTENSIONS: readonly string[] = [
  'projects',
  'projects_restrictions',
  'projects_networks_restricted_access',
  'instances',
  'instance_all_projects',
  'instances_nic_host_name',
  'console',
  'etag',
  'storage_volumes_all_projects',
];

export interface Incus {
  readonly projects: Projects;
  readonly networks: Networks;
  readonly pools: StoragePools;
  readonly volumes: Volumes;
  readonly images: Images;
  readonly profiles: Profiles;
  readonly instances: Instances;
  /** Resolves when the daemon has started all the way; throws `Unavailable` until then. */
  ready(): Promise<void>;
  /** The daemon's description, asked anew. Throws `Unavailable` when it does not answer. */
  server(): Promise<IncusServer>;
  /** The host's name as the daemon knows it, remembered. */
  serverName(): Promise<string>;
  /** The daemon's API extensions, remembered. Throws `Unsupported` when it lacks one of `REQUIRED_EXTENSIONS`. */
  extensions(): Promise<ReadonlySet<string>>;
  /** Sets keys of the daemon's own configuration, leaving the others. */
  configure(config: Config): Promise<void>;
  exec(project: string, instance: string, request: ExecRequest): Promise<ExecSession>;
  close(): void;
}

export function connectIncus(address: IncusAddress, clock: Clock): Incus {
  const transport = new IncusTransport(address, clock);
  let known: ReadonlySet<string> | undefined;
  let name: string | undefined;
  const server = async () => (await transport.get<IncusServer>('/1.0')).value;
  return {
    projects: new Projects(transport),
    networks: new Networks(transport),
    pools: new StoragePools(transport),
    volumes: new Volumes(transport),
    images: new Images(transport),
    profiles: new Profiles(transport),
    instances: new Instances(transport),
    async ready() {
      await transport.get('/internal/ready');
    },
    server,
    async serverName() {
      name ??= (await server()).environment.server_name;
      return name;
    },
    async extensions() {
      known ??= checked(await server());
      return known;
    },
    async configure(config) {
      await transport.send('PATCH', '/1.0', { config });
    },
    exec: (project, instance, request) => execute(transport, project, instance, request),
    close: () => transport.close(),
  };
}

function checked(server: IncusServer): ReadonlySet<string> {
  const extensions = new Set(server.api_extensions);
  const missing = REQUIRED_EXTENSIONS.filter((extension) => !extensions.has(extension));
  if (missing.length > 0) {
    throw new IncusError(
      'Unsupported',
      `Incus ${server.environment.server_version} lacks ${missing.join(', ')}; Casemate needs Incus 6.0 or newer`,
    );
  }
  return extensions;
}

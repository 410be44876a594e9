/**
 * The parts of Incus' REST types that we read and write, one interface a resource, named after Incus' own words.
 * Fields we never look at are left out; what Incus sends beyond them is ignored.
 */

export type Config = Readonly<Record<string, string>>;
export type Devices = Readonly<Record<string, Config>>;
export type InstanceType = 'container' | 'virtual-machine';

export interface IncusServer {
  /** What it takes us for; `untrusted` gets to see nothing but this. */
  readonly auth: 'trusted' | 'untrusted' | 'guest';
  readonly api_extensions: readonly string[];
  readonly config: Config;
  readonly environment: {
    readonly server_version: string;
    readonly server_name: string;
    readonly server_clustered: boolean;
    readonly architectures: readonly string[];
    readonly kernel_version: string;
    /** What can run here, `lxc` or `lxc | qemu`. */
    readonly driver: string;
    readonly storage: string;
  };
}

export interface IncusOperation {
  readonly id: string;
  readonly class: 'task' | 'websocket' | 'token';
  readonly status: string;
  /** 103 running, 200 success, 400 failure, 401 cancelled. */
  readonly status_code: number;
  readonly err: string;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

export interface IncusProject {
  readonly name: string;
  readonly description: string;
  readonly config: Config;
  readonly used_by: readonly string[] | null;
}

export interface IncusNetwork {
  readonly name: string;
  readonly description: string;
  readonly type: string;
  readonly managed: boolean;
  readonly status: string;
  readonly config: Config;
  readonly used_by: readonly string[] | null;
}

export interface IncusNetworkLease {
  readonly hostname: string;
  readonly hwaddr: string;
  readonly address: string;
  readonly type: 'static' | 'dynamic' | 'gateway';
}

export interface IncusStoragePool {
  readonly name: string;
  readonly driver: string;
  readonly status: string;
  readonly config: Config;
}

export interface IncusPoolSpace {
  readonly used_bytes: number;
  readonly total_bytes: number;
}

/** Whether instances see files in it, or a disk. */
export type VolumeContent = 'filesystem' | 'block';

/** A custom volume. */
export interface IncusVolume {
  readonly name: string;
  /** The pool that it lies in. */
  readonly pool: string;
  readonly project: string;
  readonly content_type: VolumeContent;
  readonly config: Config;
  readonly created_at?: string;
  /** URLs of the instances that have it. */
  readonly used_by: readonly string[] | null;
}

/** A snapshot of a custom volume. */
export interface IncusVolumeSnapshot {
  readonly pool: string;
  readonly project: string;
  readonly volume: string;
  readonly snapshot: string;
}

export interface VolumeDraft {
  readonly name: string;
  readonly content_type: VolumeContent;
  readonly config: Config;
  /** Of the same project; `name` is `<volume>` or `<volume>/<snapshot>`. Absent: it begins empty. */
  readonly source?: {
    readonly type: 'copy';
    readonly pool: string;
    readonly project: string;
    readonly name: string;
    /** Without the source's snapshots. */
    readonly volume_only: true;
  };
}

export interface IncusImage {
  readonly fingerprint: string;
  readonly size: number;
  readonly architecture: string;
  readonly type: InstanceType;
  readonly properties: Config;
}

export interface IncusProfile {
  readonly name: string;
  readonly description: string;
  readonly config: Config;
  readonly devices: Devices;
}

export interface IncusInstance {
  readonly name: string;
  readonly project: string;
  readonly type: InstanceType;
  readonly architecture: string;
  readonly description: string;
  readonly status: string;
  /** See `INSTANCE_STATUS`. */
  readonly status_code: number;
  /** The cluster member it is on; `none` or empty on one machine. */
  readonly location: string;
  readonly ephemeral: boolean;
  readonly stateful: boolean;
  readonly profiles: readonly string[];
  readonly config: Config;
  readonly devices: Devices;
  readonly created_at: string;
}

export const INSTANCE_STATUS = {
  stopped: 102,
  running: 103,
  frozen: 110,
  error: 112,
} as const;

export interface IncusInstanceState {
  readonly status: string;
  readonly status_code: number;
  readonly pid: number;
  readonly processes: number;
  readonly cpu: { readonly usage: number };
  readonly memory: { readonly usage: number; readonly total?: number };
  readonly disk: Readonly<Record<string, { readonly usage: number; readonly total?: number }>> | null;
  readonly network: Readonly<Record<string, IncusInterfaceState>> | null;
}

export interface IncusInterfaceState {
  readonly hwaddr: string;
  readonly host_name: string;
  readonly state: string;
  readonly addresses: readonly {
    readonly family: 'inet' | 'inet6';
    readonly address: string;
    readonly netmask: string;
    readonly scope: 'local' | 'link' | 'global';
  }[];
}

export interface IncusSnapshot {
  readonly name: string;
  readonly created_at: string;
  readonly size: number;
  readonly config: Config;
  readonly devices: Devices;
}

/** An instance with its state and snapshots, as `recursion=2` lists it. */
export interface IncusInstanceFull extends IncusInstance {
  readonly state: IncusInstanceState | null;
  readonly snapshots: readonly IncusSnapshot[] | null;
}

export interface InstanceSourceImage {
  readonly type: 'image';
  readonly fingerprint: string;
}

/** `source` is `<instance>` or `<instance>/<snapshot>`. */
export interface InstanceSourceCopy {
  readonly type: 'copy';
  readonly source: string;
  readonly project?: string;
  readonly instance_only?: boolean;
}

export interface InstanceDraft {
  readonly name: string;
  readonly type: InstanceType;
  readonly description?: string;
  readonly source: InstanceSourceImage | InstanceSourceCopy;
  readonly profiles: readonly string[];
  readonly config: Config;
  readonly devices: Devices;
}

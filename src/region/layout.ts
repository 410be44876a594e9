/**
 * Where everything of one region lies: all paths come from here, so that `destroy` knows them and nothing is
 * written anywhere else. One folder is one region.
 */
import { join, resolve } from 'node:path';

// A unix socket's path has at most 107 bytes (unix(7)); the longest one below the data folder takes 36 of them.
const DATA_PATH_BYTES_MAX = 70;

export const DEFAULT_DATA = '/var/lib/casemate';
/** Shared by all regions of a machine: base images, so that a second region does not build them again. */
export const DEFAULT_IMAGE_CACHE = '/var/cache/casemate';

export interface Layout {
  readonly data: string;
  readonly config: string;
  readonly operatorKubeconfig: string;
  /** Sealed key material; only the region process reads it. */
  readonly keys: string;
  readonly postgres: {
    readonly cluster: string;
    readonly socketFolder: string;
    readonly settings: { readonly main: string; readonly access: string; readonly identities: string };
  };
  /** A folder for the agent of each HSM. */
  readonly hsms: string;
  readonly incus: string;
  /** Encrypted pools of organizations' volumes, which only root writes. */
  readonly encrypted: string;
  /** Names of instances, which the networks' DNS reads. */
  readonly names: string;
  /** The last firewall model, for the root agent to restore after a reboot. */
  readonly firewall: string;
  /** The newest advisory data. */
  readonly advisories: string;
  /** What crosses the air gap: the inbox of bundles, those held in quarantine, and what was published. */
  readonly gap: string;
  /** Releases of Casemate that were installed, which of them runs, and how it came to that. */
  readonly releases: string;
  /** Where the program shows for processes that cannot reach the checkout. */
  readonly program: string;
  /** Compiled code of the region process. */
  readonly cache: string;
  readonly logs: string;
  readonly run: {
    readonly folder: string;
    /** Held by the supervisor for as long as it lives. */
    readonly lock: string;
    readonly control: string;
    /** What the supervisor runs: written by `up`. */
    readonly plan: string;
    /** What it is to go over to, on trial. */
    readonly trial: string;
    /** What it started, to find after a crash. */
    readonly state: string;
    /** How its processes are, for whoever may read it. */
    readonly processes: string;
    /** Where a receiver of bundles is asked for. */
    readonly receiver: string;
    /** Where a process that looks into what is to leave is asked for. */
    readonly inspector: string;
    /** Where a process that tries to leave from networks is asked for. */
    readonly zones: string;
    /** Where is asked that an agreed release begins. */
    readonly starter: string;
    /** Where encrypted pools are opened. */
    readonly encryption: string;
    /** Where the root agent that applies nftables rules listens. */
    readonly firewall: string;
  };
}

export function layoutOf(folder: string): Layout {
  const data = resolve(folder);
  const run = join(data, 'run');
  return {
    data,
    config: join(data, 'region.yaml'),
    operatorKubeconfig: join(data, 'operator.kubeconfig'),
    keys: join(data, 'keys'),
    postgres: {
      cluster: join(data, 'postgres/cluster'),
      socketFolder: join(data, 'postgres/run'),
      settings: {
        main: join(data, 'postgres/postgresql.conf'),
        access: join(data, 'postgres/pg_hba.conf'),
        identities: join(data, 'postgres/pg_ident.conf'),
      },
    },
    hsms: join(data, 'hsms'),
    incus: join(data, 'incus'),
    encrypted: join(data, 'encrypted'),
    names: join(data, 'names'),
    firewall: join(data, 'firewall'),
    advisories: join(data, 'advisories'),
    gap: join(data, 'gap'),
    releases: join(data, 'releases'),
    program: join(data, 'program'),
    cache: join(data, 'cache'),
    logs: join(data, 'logs'),
    run: {
      folder: run,
      lock: join(run, 'lock'),
      control: join(run, 'supervisor.sock'),
      plan: join(run, 'plan.json'),
      trial: join(run, 'trial.json'),
      state: join(run, 'state.json'),
      processes: join(run, 'processes.json'),
      receiver: join(run, 'receiver.sock'),
      inspector: join(run, 'inspector.sock'),
      zones: join(run, 'zones.sock'),
      starter: join(run, 'starter.sock'),
      encryption: join(run, 'encryption.sock'),
      firewall: join(run, 'firewall.sock'),
    },
  };
}

/** The region process keeps the first operator's kubeconfig and renews what is in it; whoever owns the region has a copy. */
export const operatorCopy = ({ keys, operatorKubeconfig }: Layout) => ({
  from: join(keys, 'operator.kubeconfig'),
  to: operatorKubeconfig,
});

/** Refuses a data folder that could never work, before anything is made in it. */
export function checkDataFolder(data: string): void {
  const bytes = Buffer.byteLength(data);
  if (bytes > DATA_PATH_BYTES_MAX) {
    throw new Error(
      `--data ${data}: the path has ${bytes} bytes, and unix sockets below it allow at most ${DATA_PATH_BYTES_MAX}; choose a shorter one`,
    );
  }
  if (data === '/') throw new Error('--data /: choose a folder of its own, for example /var/lib/casemate');
}

/** Where the agent of an HSM listens. */
export const hsmSocket = ({ hsms }: Pick<Layout, 'hsms'>, name: string): string =>
  join(hsms, name, 'agent.sock');

/**
 * Incus instances and their snapshots. Lists take everything in one request (`recursion`), never one request an
 * instance: at hundreds of instances that wedges the daemon.
 */
import { type MeasuredInstance, parseMetrics } from './metrics.ts';
import { change } from './operations.ts';
import type { Answer, IncusTransport } from './transport.ts';
import type {
  Config,
  Devices,
  IncusInstance,
  IncusInstanceFull,
  IncusInstanceState,
  IncusSnapshot,
  InstanceDraft,
} from './types.ts';

export type StateAction = 'start' | 'stop' | 'restart' | 'freeze' | 'unfreeze';

export interface StateChange {
  readonly action: StateAction;
  /** Pull the plug instead of asking the guest. */
  readonly force?: boolean;
  /** How long the guest may take to shut down before the step fails. */
  readonly timeout_s?: number;
}

/** What may be replaced on an instance that exists; the rest of it is kept. */
export interface InstanceUpdate {
  readonly config: Config;
  readonly devices: Devices;
  readonly description?: string;
}

// A first instance from an image waits for the image to be unpacked.
const CREATE_LIMIT_MS = 10 * 60_000;
const STATE_GRACE_MS = 30_000;
export const CONSOLE_BYTES_MAX = 4 * 1024 * 1024;
/** Some 7 KB an instance. */
const METRICS_BYTES_MAX = 32 * 1024 * 1024;

export class Instances {
  readonly #transport: IncusTransport;

  constructor(transport: IncusTransport) {
    this.#transport = transport;
  }

  /** Of one project, or of all, with configuration but without state. */
  async list(project?: string): Promise<readonly IncusInstance[]> {
    const query = { recursion: 1, ...(project ? { project } : { 'all-projects': 'true' }) };
    return this.#transport.list<IncusInstance>('/1.0/instances', { query });
  }

  /** Of one project, or of all, with state and snapshots. */
  async listFull(project?: string): Promise<readonly IncusInstanceFull[]> {
    const query = { recursion: 2, ...(project ? { project } : { 'all-projects': 'true' }) };
    return this.#transport.list<IncusInstanceFull>('/1.0/instances', { query });
  }

  /** What those that run have used, of all projects. */
  async metrics(): Promise<readonly MeasuredInstance[]> {
    return parseMetrics((await this.#transport.raw('/1.0/metrics', METRICS_BYTES_MAX)).toString('utf8'));
  }

  async get(project: string, name: string): Promise<Answer<IncusInstance>> {
    return this.#transport.get<IncusInstance>(path(name), { query: { project } });
  }

  async state(project: string, name: string): Promise<IncusInstanceState> {
    return (await this.#transport.get<IncusInstanceState>(`${path(name)}/state`, { query: { project } }))
      .value;
  }

  /** Creates it, stopped. Throws `AlreadyExists`. */
  async create(project: string, draft: InstanceDraft, signal?: AbortSignal): Promise<void> {
    await change(this.#transport, 'POST', '/1.0/instances', draft, {
      query: { project },
      limit_ms: CREATE_LIMIT_MS,
      ...(signal ? { signal } : {}),
    });
  }

  /**
   * Replaces configuration and devices as a whole; running instances take it over live where Incus can. `current` is
   * what `get` gave: a change in between throws `Conflict`. Volatile keys, which Incus keeps there for itself, stay.
   */
  async update(project: string, current: Answer<IncusInstance>, update: InstanceUpdate): Promise<void> {
    const cpu = update.config['limits.cpu'];
    if (
      cpu === undefined ||
      cpu === current.value.config['limits.cpu'] ||
      current.value.status !== 'Running'
    ) {
      return this.#replace(project, current, update);
    }
    // Incus spreads CPUs anew when their number changes, and may read the old number for that, because it writes the new one last. So the
    // new one is written twice, in two spellings that mean the same: the second time it is surely read.
    const padded = { ...update, config: { ...update.config, 'limits.cpu': `0${cpu}` } };
    await this.#replace(project, current, padded);
    await this.#replace(project, await this.get(project, current.value.name), update);
  }

  async #replace(project: string, current: Answer<IncusInstance>, update: InstanceUpdate): Promise<void> {
    const volatile = Object.entries(current.value.config).filter(
      ([key]) => key.startsWith('volatile.') || key.startsWith('image.'),
    );
    await change(
      this.#transport,
      'PUT',
      path(current.value.name),
      {
        architecture: current.value.architecture,
        description: update.description ?? current.value.description,
        ephemeral: current.value.ephemeral,
        stateful: current.value.stateful,
        profiles: current.value.profiles,
        config: { ...Object.fromEntries(volatile), ...update.config },
        devices: update.devices,
      },
      { query: { project }, headers: current.etag ? { 'if-match': current.etag } : {} },
    );
  }

  async setState(project: string, name: string, state: StateChange): Promise<void> {
    const timeout_s = state.timeout_s ?? -1;
    await change(
      this.#transport,
      'PUT',
      `${path(name)}/state`,
      { action: state.action, force: state.force ?? false, timeout: timeout_s, stateful: false },
      { query: { project }, ...(timeout_s > 0 ? { limit_ms: timeout_s * 1000 + STATE_GRACE_MS } : {}) },
    );
  }

  /** Throws `Invalid` or `Conflict` while it runs. Its snapshots go with it. */
  async delete(project: string, name: string): Promise<void> {
    await change(this.#transport, 'DELETE', path(name), undefined, { query: { project } });
  }

  /** The console's recent output: a ring of bounded size, oldest first. */
  async consoleLog(project: string, name: string): Promise<Buffer> {
    return this.#transport.raw(`${path(name)}/console`, CONSOLE_BYTES_MAX, { query: { project } });
  }

  /**
   * A regular file of a running instance, as its root sees it; nothing is run in it. `path` is absolute. Of a symbolic link Incus gives where it
   * points to. Throws `NotFound`, also when the instance is gone, and `Failed` past `bytes_max`.
   */
  async readFile(
    project: string,
    name: string,
    path: string,
    bytes_max: number,
    signal?: AbortSignal,
  ): Promise<Buffer> {
    const target = `/1.0/instances/${encodeURIComponent(name)}/files`;
    return this.#transport.raw(target, bytes_max, {
      query: { project, path },
      ...(signal ? { signal } : {}),
    });
  }

  async snapshots(project: string, name: string): Promise<readonly IncusSnapshot[]> {
    return this.#transport.list<IncusSnapshot>(`${path(name)}/snapshots`, {
      query: { project, recursion: 1 },
    });
  }

  /** Of the disk, not of the memory. Throws `AlreadyExists`. */
  async createSnapshot(project: string, name: string, snapshot: string): Promise<void> {
    const body = { name: snapshot, stateful: false };
    await change(this.#transport, 'POST', `${path(name)}/snapshots`, body, { query: { project } });
  }

  async deleteSnapshot(project: string, name: string, snapshot: string): Promise<void> {
    const target = `${path(name)}/snapshots/${encodeURIComponent(snapshot)}`;
    await change(this.#transport, 'DELETE', target, undefined, { query: { project } });
  }

  /** Puts the disk back; a running instance is stopped and started again. Its configuration goes back as well. */
  async restoreSnapshot(project: string, name: string, snapshot: string): Promise<void> {
    await change(this.#transport, 'PUT', path(name), { restore: snapshot }, { query: { project } });
  }
}

const path = (name: string) => `/1.0/instances/${encodeURIComponent(name)}`;

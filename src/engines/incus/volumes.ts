/**
 * Incus' custom volumes, and their snapshots: storage with a life of its own, that instances have as disk devices. Names are unique in their
 * project. Lists take everything in one request, never one request a volume.
 */
import { change } from './operations.ts';
import type { Answer, IncusTransport } from './transport.ts';
import type { Config, IncusVolume, IncusVolumeSnapshot, VolumeDraft } from './types.ts';

// A copy may be one of every byte, and so may putting a snapshot back: on pools that share no blocks.
const COPY_LIMIT_MS = 60 * 60_000;
const CHANGE_LIMIT_MS = 10 * 60_000;

export class Volumes {
  readonly #transport: IncusTransport;

  constructor(transport: IncusTransport) {
    this.#transport = transport;
  }

  /** Those of a pool, in all projects; without their snapshots. */
  async list(pool: string): Promise<readonly IncusVolume[]> {
    return (await this.#all(pool)).filter(({ name }) => !name.includes('/'));
  }

  /** Those of a pool, in all projects. */
  async listSnapshots(pool: string): Promise<readonly IncusVolumeSnapshot[]> {
    return (await this.#all(pool)).flatMap(({ project, name }) => {
      const [volume = '', snapshot] = name.split('/');
      return snapshot === undefined ? [] : [{ pool, project, volume, snapshot }];
    });
  }

  async #all(pool: string): Promise<readonly IncusVolume[]> {
    const query = { recursion: 1, 'all-projects': 'true' };
    const all = await this.#transport.list<Omit<IncusVolume, 'pool'>>(custom(pool), { query });
    return all.map((one) => ({ ...one, pool }));
  }

  /** Throws `NotFound`. */
  async get(project: string, pool: string, name: string): Promise<Answer<IncusVolume>> {
    const { value, ...answer } = await this.#transport.get<Omit<IncusVolume, 'pool'>>(path(pool, name), {
      query: { project },
    });
    return { ...answer, value: { ...value, pool } };
  }

  /** Throws `AlreadyExists`, also while another creation of that name goes on. */
  async create(project: string, pool: string, draft: VolumeDraft, signal?: AbortSignal): Promise<void> {
    await change(this.#transport, 'POST', custom(pool), draft, {
      query: { project },
      timeout_ms: CHANGE_LIMIT_MS,
      limit_ms: COPY_LIMIT_MS,
      ...(signal ? { signal } : {}),
    });
  }

  /** Sets keys of its configuration, its size among them, leaving the others; also while instances have it. */
  async configure(project: string, pool: string, name: string, config: Config): Promise<void> {
    const options = { query: { project }, timeout_ms: CHANGE_LIMIT_MS };
    await change(this.#transport, 'PATCH', path(pool, name), { config }, options);
  }

  /** Its snapshots go with it. Throws `InUse` while an instance has it. */
  async delete(project: string, pool: string, name: string): Promise<void> {
    const options = { query: { project }, timeout_ms: CHANGE_LIMIT_MS };
    await change(this.#transport, 'DELETE', path(pool, name), undefined, options);
  }

  /** Names of its snapshots. */
  async snapshots(project: string, pool: string, name: string): Promise<readonly string[]> {
    const query = { project, recursion: 1 };
    const all = await this.#transport.list<{ name: string }>(`${path(pool, name)}/snapshots`, { query });
    return all.map((one) => one.name.slice(one.name.indexOf('/') + 1));
  }

  /** Throws `AlreadyExists`. */
  async createSnapshot(project: string, pool: string, name: string, snapshot: string): Promise<void> {
    await change(
      this.#transport,
      'POST',
      `${path(pool, name)}/snapshots`,
      { name: snapshot },
      { query: { project }, limit_ms: COPY_LIMIT_MS },
    );
  }

  async deleteSnapshot(project: string, pool: string, name: string, snapshot: string): Promise<void> {
    const target = `${path(pool, name)}/snapshots/${encodeURIComponent(snapshot)}`;
    await change(this.#transport, 'DELETE', target, undefined, { query: { project } });
  }

  /**
   * Puts it back as a snapshot has it. Throws `InUse` while a running instance has it. Its configuration stays, and on some pools (btrfs) its
   * size is no longer kept to afterwards: set it anew.
   */
  async restoreSnapshot(project: string, pool: string, name: string, snapshot: string): Promise<void> {
    const options = { query: { project }, timeout_ms: CHANGE_LIMIT_MS };
    await change(this.#transport, 'PUT', path(pool, name), { restore: snapshot }, options);
  }
}

const custom = (pool: string) => `/1.0/storage-pools/${encodeURIComponent(pool)}/volumes/custom`;
const path = (pool: string, name: string) => `${custom(pool)}/${encodeURIComponent(name)}`;

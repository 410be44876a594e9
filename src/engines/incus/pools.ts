/** Incus storage pools: where images are unpacked and instances keep their disks. */
import { isIncusError } from './errors.ts';
import { change } from './operations.ts';
import type { IncusTransport } from './transport.ts';
import type { Config, IncusPoolSpace, IncusStoragePool } from './types.ts';

export class StoragePools {
  readonly #transport: IncusTransport;

  constructor(transport: IncusTransport) {
    this.#transport = transport;
  }

  async list(): Promise<readonly IncusStoragePool[]> {
    return this.#transport.list<IncusStoragePool>('/1.0/storage-pools', { query: { recursion: 1 } });
  }

  async create(name: string, driver: string, config: Config): Promise<void> {
    await change(this.#transport, 'POST', '/1.0/storage-pools', { name, driver, config, description: '' });
  }

  async delete(name: string): Promise<void> {
    await change(this.#transport, 'DELETE', path(name), undefined);
  }

  /** When an image was unpacked on the pool, in Incus' words; undefined when it is not. Pools that keep images packed have none. */
  async unpackedAt(name: string, fingerprint: string): Promise<string | undefined> {
    try {
      const { value } = await this.#transport.get<{ created_at: string }>(imagePath(name, fingerprint));
      return value.created_at;
    } catch (error) {
      if (isIncusError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** Takes an unpacked image off the pool; instances made from it have disks of their own. Incus unpacks it anew when it is needed. */
  async deleteUnpacked(name: string, fingerprint: string): Promise<void> {
    try {
      await change(this.#transport, 'DELETE', imagePath(name, fingerprint), undefined);
    } catch (error) {
      if (!isIncusError(error, 'NotFound')) throw error;
    }
  }

  async space(name: string): Promise<IncusPoolSpace> {
    const { value } = await this.#transport.get<{ space: { used: number; total: number } }>(
      `${path(name)}/resources`,
    );
    return { used_bytes: value.space.used, total_bytes: value.space.total };
  }
}

const imagePath = (pool: string, fingerprint: string) =>
  `${path(pool)}/volumes/image/${encodeURIComponent(fingerprint)}`;

const path = (name: string) => `/1.0/storage-pools/${encodeURIComponent(name)}`;

/** Incus storage pools: where images are unpacked and instances keep their disks. */
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

  async space(name: string): Promise<IncusPoolSpace> {
    const { value } = await this.#transport.get<{ space: { used: number; total: number } }>(
      `${path(name)}/resources`,
    );
    return { used_bytes: value.space.used, total_bytes: value.space.total };
  }
}

const path = (name: string) => `/1.0/storage-pools/${encodeURIComponent(name)}`;

/** Incus profiles. Casemate's instances use none: all that shapes one is written on it. */
import { change } from './operations.ts';
import type { IncusTransport } from './transport.ts';
import type { IncusProfile } from './types.ts';

export class Profiles {
  readonly #transport: IncusTransport;

  constructor(transport: IncusTransport) {
    this.#transport = transport;
  }

  async list(project: string): Promise<readonly IncusProfile[]> {
    return this.#transport.list<IncusProfile>('/1.0/profiles', {
      query: { recursion: 1, project },
    });
  }

  async create(project: string, profile: IncusProfile): Promise<void> {
    await change(this.#transport, 'POST', '/1.0/profiles', profile, { query: { project } });
  }

  async delete(project: string, name: string): Promise<void> {
    await change(this.#transport, 'DELETE', `/1.0/profiles/${encodeURIComponent(name)}`, undefined, {
      query: { project },
    });
  }
}

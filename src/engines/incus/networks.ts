/**
 * Incus networks of type bridge. They live in Incus' default project (it allows them nowhere else) and their names are
 * interface names of the host: at most 15 characters.
 */
import { IncusError, isIncusError } from './errors.ts';
import { change } from './operations.ts';
import type { IncusTransport, Method } from './transport.ts';
import type { Config, IncusNetwork, IncusNetworkLease } from './types.ts';

export const INTERFACE_NAME_MAX = 15;
/** How often a change is sent that stumbles over an interface of somebody else. */
const SENDINGS_MAX = 20;

export interface NetworkDraft {
  readonly name: string;
  readonly description?: string;
  readonly config: Config;
}

export class Networks {
  readonly #transport: IncusTransport;

  constructor(transport: IncusTransport) {
    this.#transport = transport;
  }

  /** Every network, interfaces of the host that Incus does not manage included (`managed: false`). */
  async list(): Promise<readonly IncusNetwork[]> {
    return this.#transport.list<IncusNetwork>('/1.0/networks', { query: { recursion: 1 } });
  }

  async get(name: string): Promise<IncusNetwork> {
    return (await this.#transport.get<IncusNetwork>(path(name))).value;
  }

  /** Creates and starts a bridge. Throws `AlreadyExists`. */
  async create(draft: NetworkDraft): Promise<void> {
    if (draft.name.length > INTERFACE_NAME_MAX) {
      throw new IncusError(
        'Invalid',
        `bridge name ${draft.name} is longer than ${INTERFACE_NAME_MAX} characters`,
      );
    }
    await this.#change('POST', '/1.0/networks', {
      name: draft.name,
      type: 'bridge',
      description: draft.description ?? '',
      config: draft.config,
    });
  }

  /** Replaces the whole configuration; its dnsmasq restarts when that matters to it. */
  async update(name: string, description: string, config: Config): Promise<void> {
    await this.#change('PUT', path(name), { description, config });
  }

  /** Throws `InUse` while an instance has an interface on it. */
  async delete(name: string): Promise<void> {
    await this.#change('DELETE', path(name));
  }

  /** DHCP leases and static reservations, gateway included. `project`: of whose instances. */
  async leases(name: string, project: string): Promise<readonly IncusNetworkLease[]> {
    return this.#transport.list<IncusNetworkLease>(`${path(name)}/leases`, {
      query: { project },
    });
  }

  /**
   * Incus looks for a bridge's children among all interfaces of the host, one `ip link show` each, and fails when one of
   * them (any instance's) goes between its list and its look; it undoes what it began.
   */
  async #change(method: Method, path: string, body?: unknown): Promise<void> {
    for (let sent = 1; ; sent++) {
      try {
        return await change(this.#transport, method, path, body);
      } catch (error) {
        if (sent === SENDINGS_MAX || !stumbled(error)) throw error;
      }
    }
  }
}

const stumbled = (error: unknown): boolean =>
  isIncusError(error, 'Failed') && /bridge children .*does not exist/s.test(error.message);

const path = (name: string) => `/1.0/networks/${encodeURIComponent(name)}`;

/** What listens at gateways: two servers for each network that has instances which run as something, and nothing for the others. */
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { API_PORT, TOKEN_PORT } from '#engines/nftables/workload-ports.ts';
import { AddressLimit } from '#trust/identity/oidc/address-limit.ts';
import { type ApiDoorParts, apiDoor } from './api-door.ts';
import {
  API_CONNECTIONS_OF_ONE_MAX,
  CONNECTIONS_BURST,
  CONNECTIONS_PER_SECOND,
  COUNTED_MAX,
  GATEWAYS_MAX,
  TOKEN_CONNECTIONS_OF_ONE_MAX,
} from './limits.ts';
import { type TokenServerParts, tokenServer } from './token-server.ts';
import type { Gateway } from './workloads.ts';

/** `absent`: the host does not have the address yet. `taken`: something else listens there. `full`: too many networks. */
export type Opening = 'open' | 'absent' | 'taken' | 'full';

interface Open {
  readonly gateway: Gateway;
  close(): Promise<void>;
}

const keyOf = ({ realm, namespace, network }: Pick<Gateway, 'realm' | 'namespace' | 'network'>): string =>
  `${realm} ${namespace}/${network}`;

export class Gateways {
  readonly #parts: TokenServerParts & ApiDoorParts;
  readonly #open = new Map<string, Open>();
  readonly #often: AddressLimit;

  constructor(parts: TokenServerParts & ApiDoorParts) {
    this.#parts = parts;
    // Addresses are unique in a region.
    this.#often = new AddressLimit({
      clock: parts.clock,
      burst: CONNECTIONS_BURST,
      perSecond: CONNECTIONS_PER_SECOND,
      addresses_max: COUNTED_MAX,
    });
  }

  async open(gateway: Gateway): Promise<Opening> {
    const known = this.#open.get(keyOf(gateway))?.gateway;
    if (known?.uid === gateway.uid && known.address === gateway.address) return 'open';
    await this.close(gateway);
    if (this.#open.size >= GATEWAYS_MAX) return 'full';
    const tokens = tokenServer(gateway, this.#parts);
    const api = apiDoor(gateway, this.#parts);
    const closers = [
      boundConnections(tokens, this.#often, TOKEN_CONNECTIONS_OF_ONE_MAX),
      boundConnections(api, this.#often, API_CONNECTIONS_OF_ONE_MAX),
    ];
    const close = async () => {
      await Promise.all(closers.map((closeOne) => closeOne()));
    };
    try {
      await listen(tokens, gateway.address, TOKEN_PORT);
      if (!this.#parts.isEverywhere) await listen(api, gateway.address, API_PORT);
    } catch (error) {
      await close();
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EADDRNOTAVAIL') return 'absent';
      if (code === 'EADDRINUSE') return 'taken';
      throw error;
    }
    this.#open.set(keyOf(gateway), { gateway, close });
    return 'open';
  }

  async close(gateway: Pick<Gateway, 'realm' | 'namespace' | 'network'>): Promise<void> {
    const open = this.#open.get(keyOf(gateway));
    this.#open.delete(keyOf(gateway));
    await open?.close();
  }

  async closeAll(): Promise<void> {
    const all = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(all.map((open) => open.close()));
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  server.listen({ host, port });
  await once(server, 'listening');
}

/** No address holds more than its share. Gives what ends the server with all its connections. */
function boundConnections(server: Server, often: AddressLimit, ofOne_max: number): () => Promise<void> {
  const byAddress = new Map<string, Set<Socket>>();
  server.prependListener('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const held = byAddress.get(address) ?? new Set();
    byAddress.set(address, held);
    if (held.size >= ofOne_max || often.take(address) > 0) {
      socket.destroy();
      return;
    }
    held.add(socket);
    socket.once('close', () => {
      held.delete(socket);
      if (held.size === 0) byAddress.delete(address);
    });
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const held of byAddress.values()) for (const socket of held) socket.destroy();
    });
}

/**
 * The API at the gateway of one network, for instances that run as a service account: connections are handed to the API's own server as they
 * are, so that TLS, who is asking and from which address are seen there and nowhere else. Whoever runs as nothing gets none.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Realms } from '#kernel/realm.ts';
import { API_CONNECTIONS_MAX } from './limits.ts';
import { accountOf, type Gateway, instanceAt, type Ports } from './workloads.ts';

export interface ApiDoorParts {
  readonly realms: Pick<Realms, 'use'>;
  readonly ports: Ports;
  /** Takes a connection as one of the API's own. */
  readonly takeConnection: (socket: Socket) => void;
  /** The API listens on every address of this host by itself, at `API_PORT`: no door is needed. */
  readonly isEverywhere: boolean;
}

/** Listens to nothing yet. */
export function apiDoor(gateway: Gateway, { realms, ports, takeConnection }: ApiDoorParts): Server {
  const isWorkload = (address: string) =>
    realms.use(gateway.realm, ({ view }) => {
      const instance = instanceAt(ports, view, gateway, address);
      return instance !== undefined && accountOf(instance) !== undefined;
    });
  const server = createServer((socket) => {
    if (socket.destroyed) return; // one too many
    socket.on('error', () => socket.destroy());
    isWorkload(socket.remoteAddress ?? '').then(
      (known) => {
        if (known) takeConnection(socket);
        else socket.destroy();
      },
      () => socket.destroy(),
    );
  });
  server.maxConnections = API_CONNECTIONS_MAX;
  return server;
}

/** Where a request came from, as records and guardrails say it. */
import type { Socket } from 'node:net';

/** The address that a connection comes from; an IPv4 address as such, also where the socket speaks IPv6. Undefined once it has broken. */
export const addressOf = (socket: Socket): string | undefined =>
  socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');

/** The same, to spread into a record. */
export function fromAddress(socket: Socket): { readonly address?: string } {
  const address = addressOf(socket);
  return address === undefined ? {} : { address };
}

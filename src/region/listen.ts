/**
 * Whether the API can listen where it should, found out before anything is started, and said so that a person can act on it.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { parseListen } from './server-names.ts';

const PRIVILEGED_BELOW = '/proc/sys/net/ipv4/ip_unprivileged_port_start';

/** What is wrong with an address, by the code of listen(2); undefined when it is something else. */
export function listenProblem(listen: string, code: string | undefined): string | undefined {
  const { host, port } = parseListen(listen);
  switch (code) {
    case 'EADDRINUSE':
      return `${listen}: something else listens there already; choose a free port`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${listen}: ${host} is no address of this machine; choose one of its own, or 0.0.0.0 for all of them`;
    case 'EACCES':
      return `${listen}: the region runs unprivileged and may not take port ${port}; choose one from ${unprivilegedFrom()} on`;
    default:
      return undefined;
  }
}

/** Throws, with what would be right, unless the region could listen there now. `where` it was said: `--listen` or a file. */
export async function checkListen(listen: string, where: string): Promise<void> {
  const { host, port } = parseListen(listen);
  const code = port < unprivilegedFrom() ? 'EACCES' : await tryListen(host, port);
  if (code === undefined) return;
  const problem = listenProblem(listen, code) ?? `${listen}: cannot listen there (${code})`;
  const how =
    where === '--listen'
      ? 'say --listen ADDRESS:PORT'
      : `set listen in ${where} (--listen is for the first start)`;
  throw new Error(`--listen ${problem}: ${how}`);
}

function unprivilegedFrom(): number {
  return Number(readFileSync(PRIVILEGED_BELOW, 'utf8'));
}

/** Listens for a moment; gives the error's code when it cannot. */
function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/**
 * A network of a browser's own. On this machine's, Chromium gives up all it loads (`ERR_NETWORK_CHANGED`) whenever a bridge of any region comes
 * or goes. Here nothing changes, and the only way out is a proxy to this machine's loopback, whatever name was asked for. Needs root.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createProxy } from 'node:http';
import { connect, type Server } from 'node:net';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { openAirGap } from '../support/air-gap.ts';
import { output } from '../support/command.ts';

/**
 * A wire with both its ends here: with loopback alone a browser holds itself to be offline. Documentation addresses (RFC 5737), none of IPv6,
 * which come a second later: that is a change.
 */
const WIRE: readonly string[] = [
  'link add wire type veth peer name end',
  'link set wire addrgenmode none',
  'link set end addrgenmode none',
  'address add 192.0.2.1/24 dev wire',
  'link set wire up',
  'link set end up',
];
const LISTENER = fileURLToPath(new URL('listen-inside.ts', import.meta.url));

export interface BrowserNetwork {
  /** A process inside. */
  readonly pid: number;
  /** What a browser inside is told to ask for every address. */
  readonly proxy: string;
  close(): Promise<void>;
}

export async function openBrowserNetwork(): Promise<BrowserNetwork> {
  const gap = await openAirGap();
  // CONNECT (RFC 9110, section 9.3.6): all that the region and those beside it speak is TLS, which goes through as it is.
  const proxy = createProxy((_, response) => response.writeHead(501).end());
  proxy.on('connect', ({ url = '' }, client) => {
    const refuse = () => client.end('HTTP/1.1 502 Nobody listens there\r\n\r\n');
    const server = connect(Number(url.slice(url.lastIndexOf(':') + 1)), '127.0.0.1', () => {
      server.off('error', refuse);
      client.write('HTTP/1.1 200 Connected\r\n\r\n');
      // Either end may hang up as it likes.
      pipeline(client, server, client, () => {});
    });
    server.once('error', refuse);
    client.on('error', () => server.destroy());
  });
  try {
    for (const words of WIRE) await output(gap.run('ip', words.split(' ')), `ip ${words}`);
    const [command = '', ...enter] = gap.enter;
    const child = spawn(command, [...enter, process.execPath, LISTENER], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`nothing listens in the browser's network: ${LISTENER} ended with ${code}`);
    });
    const [{ port }, listener] = (await Promise.race([once(child, 'message'), ended])) as [
      { readonly port: number },
      Server,
    ];
    ended.catch(() => {});
    proxy.listen(listener);
    return {
      pid: gap.pid,
      proxy: `http://127.0.0.1:${port}`,
      async close() {
        proxy.close();
        proxy.closeAllConnections();
        await gap.close();
      },
    };
  } catch (error) {
    await gap.close();
    throw error;
  }
}

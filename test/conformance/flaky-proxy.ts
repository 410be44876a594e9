/**
 * A way to a server that breaks: connections through it are reset when a test says so. Tests only.
 */
import { once } from 'node:events';
import net from 'node:net';

export interface FlakyProxy {
  readonly port: number;
  /** Resets every connection for which `choose` says so; gives how many. */
  cut(choose: () => boolean): number;
  close(): Promise<void>;
}

/** Takes connections on a free port of this machine and passes them on to another. */
export async function flakyProxy(target_port: number): Promise<FlakyProxy> {
  const pairs = new Set<readonly [net.Socket, net.Socket]>();
  const server = net.createServer((client) => {
    const upstream = net.connect({ host: '127.0.0.1', port: target_port });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [upstream, client]] as const) {
      from.on('error', () => {});
      from.on('close', () => {
        pairs.delete(pair);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    cut(choose) {
      let count = 0;
      for (const [client, upstream] of [...pairs]) {
        if (!choose()) continue;
        count += 1;
        client.resetAndDestroy();
        upstream.destroy();
      }
      return count;
    },
    async close() {
      for (const [client, upstream] of pairs) {
        client.destroy();
        upstream.destroy();
      }
      server.close();
      await once(server, 'close');
    },
  };
}

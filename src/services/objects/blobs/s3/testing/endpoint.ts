/** An S3 cluster for tests: our own endpoint, with its own database and folder, over plain HTTP; any bucket is there. Tests only. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '#kernel/clock.ts';
import { silentLogger } from '#kernel/logger.ts';
import { SigningKeys } from '../../../s3/signature/signing-keys.ts';
import { Recorder } from '../../../server/recorder.ts';
import { serve } from '../../../server/serve.ts';
import { ACCESS_KEY, SECRET, testParts } from '../../../server/testing/parts.ts';
import { Cluster, type ClusterOptions } from '../client.ts';

export interface TestEndpoint {
  readonly connection: Omit<ClusterOptions, 'bucket' | 'clock'>;
  /** An object as it lies there. */
  read(bucket: string, key: string): Promise<Buffer>;
  write(bucket: string, key: string, bytes: Uint8Array): Promise<void>;
  /** How many uploads are not complete. */
  uploads(bucket: string): Promise<number>;
  /** Every so many requests one is answered 503; 0: none. */
  failEvery(count: number): void;
  close(): Promise<void>;
}

export async function startEndpoint(): Promise<TestEndpoint> {
  const world = await testParts();
  const { parts } = world;
  const options = {
    parts,
    keys: new SigningKeys(),
    recorder: new Recorder(() => parts.gate),
    logger: silentLogger,
  };
  let failEvery = 0;
  let count = 0;
  const server = createServer((incoming, response) => {
    count += 1;
    if (failEvery > 0 && count % failEvery === 0) {
      incoming.resume();
      response.writeHead(503).end();
      return;
    }
    void serve(incoming, response, options);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connection = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    accessKey: ACCESS_KEY,
    secret: SECRET,
  };
  async function within<T>(bucket: string, work: (cluster: Cluster) => Promise<T>): Promise<T> {
    const cluster = new Cluster({ ...connection, bucket, clock: systemClock });
    try {
      return await work(cluster);
    } finally {
      cluster.close();
    }
  }
  return {
    connection,
    read: async (bucket, key) =>
      within(bucket, async (cluster) => (await cluster.ask({ method: 'GET', key })).body),
    write: async (bucket, key, body) =>
      within(bucket, async (cluster) => void (await cluster.ask({ method: 'PUT', key, body }))),
    uploads: (bucket) =>
      within(bucket, async (cluster) => {
        const { children } = await cluster.document({ method: 'GET', query: { uploads: '' } });
        return children.filter(({ name }) => name === 'Upload').length;
      }),
    failEvery(every) {
      failEvery = every;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await world.close();
    },
  };
}

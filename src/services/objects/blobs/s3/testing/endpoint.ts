/** An S3 cluster for tests: our own endpoint, with its own database and folder, over plain HTTP; any bucket is there. Tests only. */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestPostgres } from '#engines/postgres/test-cluster.ts';
import { systemClock } from '#kernel/clock.ts';
import { silentLogger } from '#kernel/logger.ts';
import { organizationRealm } from '#kernel/realm-id.ts';
import type { GateClient } from '../../../gate/client.ts';
import type { BucketSettings, KeyHolder } from '../../../gate/protocol.ts';
import { openMetadata } from '../../../metadata/postgres/open.ts';
import { SigningKeys } from '../../../s3/signature/signing-keys.ts';
import { RealmAnswers } from '../../../server/answers.ts';
import type { Parts } from '../../../server/parts.ts';
import { Recorder } from '../../../server/recorder.ts';
import { serve } from '../../../server/serve.ts';
import { filesystemBackend } from '../../filesystem/backend.ts';
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

const REALM = organizationRealm('below');
const SECRET = 'the secret of a test';

export async function startEndpoint(): Promise<TestEndpoint> {
  const folder = await mkdtemp(join(tmpdir(), 'casemate-endpoint-'));
  const postgres = await startTestPostgres();
  const metadata = await openMetadata({
    connection: postgres.connection,
    clock: systemClock,
    onFault: () => {},
  });
  const blobs = await filesystemBackend({ folder, clock: systemClock });
  const buckets = new Map<string, BucketSettings>();
  const gate = gateOf(buckets);
  const parts: Parts = {
    gate,
    answers: new RealmAnswers(() => gate, systemClock),
    metadata,
    blobs,
    clock: systemClock,
    domain: 'below.test',
  };
  const options = {
    parts,
    keys: new SigningKeys(),
    recorder: new Recorder(() => gate),
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
    accessKey: 'CMTEST',
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
      await blobs.close();
      await metadata.close();
      await postgres.stop();
      await rm(folder, { recursive: true });
    },
  };
}

function gateOf(buckets: Map<string, BucketSettings>): GateClient {
  const answers: Readonly<Record<string, (asked: { readonly name: string }) => unknown>> = {
    holder: (): KeyHolder => ({
      realm: REALM,
      name: 'region',
      groups: [],
      credential: 'test',
      secret: SECRET,
    }),
    decide: () => ({ allowed: true, reason: '' }),
    record: () => ({ ok: true }),
    bucket({ name }) {
      const known = buckets.get(name) ?? newBucket(name);
      buckets.set(name, known);
      return known;
    },
  };
  return { ask: async (call: string, asked: never) => answers[call]?.(asked) } as unknown as GateClient;
}

const newBucket = (name: string): BucketSettings => ({
  uid: randomUUID(),
  realm: REALM,
  project: 'below',
  name,
  spec: { versioning: 'off', publicAccessBlock: {} },
  created_ms: 0,
  key: randomBytes(32).toString('base64'),
  keyVersion: 1,
  isDeleting: false,
});

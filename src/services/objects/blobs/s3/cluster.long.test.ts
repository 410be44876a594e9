/**
 * The same suite against a real S3 server of somebody else's, where one is told of: `CASEMATE_TEST_S3_ENDPOINT` (such as http://127.0.0.1:8080), `CASEMATE_TEST_S3_KEY`, `CASEMATE_TEST_S3_SECRET`, and a
 * bucket in `CASEMATE_TEST_S3_BUCKET`. Without them it is our own endpoint once more.
 * It passed with OpenStack Swift 2.30.1 of Debian 12 (swift-proxy with s3api and tempauth before account, container and object servers of one replica). Ceph is set up by a test of its own: `test/objects-ceph.long.test.ts`.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import { MissingBlobError } from '../backend.ts';
import { backendConformance, chunked, read } from '../testing/backend-conformance.ts';
import { s3Backend } from './backend.ts';
import { Cluster, type ClusterOptions } from './client.ts';
import { startEndpoint, type TestEndpoint } from './testing/endpoint.ts';

const { env } = process;
let own: TestEndpoint | undefined;
let options: ClusterOptions;
before(async () => {
  const endpoint = env.CASEMATE_TEST_S3_ENDPOINT;
  if (endpoint === undefined) own = await startEndpoint();
  const connection = own?.connection ?? {
    endpoint: endpoint ?? '',
    region: 'us-east-1',
    accessKey: env.CASEMATE_TEST_S3_KEY ?? '',
    secret: env.CASEMATE_TEST_S3_SECRET ?? '',
  };
  options = { ...connection, bucket: env.CASEMATE_TEST_S3_BUCKET ?? 'casemate-blobs', clock: systemClock };
  const cluster = new Cluster(options);
  // Ours is there already; another one is made.
  if (own === undefined) await cluster.ask({ method: 'PUT' });
  cluster.close();
});
after(() => own?.close());

backendConformance('a bucket of the S3 server that was told of', () => s3Backend(options));

describe('a large blob in it', () => {
  test('is put in parts, comes back by any range, and is gone when it is deleted', async () => {
    const backend = await s3Backend(options);
    const bytes = randomBytes(40_000_000);
    const { id } = await backend.put(chunked(bytes, 300_000));
    assert.ok((await read(backend, id)).equals(bytes));
    const range = { from: 20_000_000, to: 31_000_001 };
    assert.ok((await read(backend, id, range)).equals(bytes.subarray(range.from, range.to)));
    await backend.delete([id]);
    await assert.rejects(read(backend, id), MissingBlobError);
    await backend.close();
  });
});

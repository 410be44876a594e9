/** Amazon's SDK with an access key of the organization's administrator: for tests that prepare what pages show, or look at what pages did. */
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import { kubeconfigCredentials } from '../support/api-client.ts';
import type { KeyPair } from '../support/objects.ts';
import type { ConsoleWorld } from './console.ts';

/** `bucket`: one that is there. */
export async function sdkOf(world: ConsoleWorld, bucket: string): Promise<S3Client> {
  const said = await world.admin.casemate('access-key', 'create', `sdk-${bucket}`, '-o', 'json');
  return sdkWith(world, bucket, JSON.parse(said) as KeyPair);
}

/** With another key. */
export async function sdkWith(
  { admin }: ConsoleWorld,
  bucket: string,
  credentials: KeyPair,
): Promise<S3Client> {
  const endpoint = await admin.kubectl('get', 'bucket', bucket, '-o', 'jsonpath={.status.endpoint}');
  const { ca } = kubeconfigCredentials(readFileSync(admin.kubeconfig, 'utf8'));
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials,
    requestHandler: { httpsAgent: new Agent({ ca, keepAlive: true }) },
  });
}

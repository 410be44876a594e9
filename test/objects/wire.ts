/** Requests as no client sends them: signed right, and wrong in one thing. For tests only. */
import { request } from 'node:https';
import { type ClientRequest, type Signing, signRequest } from '#services/objects/s3/testing/client.ts';
import type { KeyPair, ObjectsTenant } from '../support/objects.ts';

export interface WireAnswer {
  readonly status: number;
  /** The code of the error, or ''. */
  readonly code: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface Sent extends Omit<ClientRequest, 'headers'> {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

export const timeOf = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');

export const signingOf = ({ accessKeyId, secretAccessKey }: KeyPair, now_ms = Date.now()): Signing => ({
  accessKey: accessKeyId,
  secret: secretAccessKey,
  region: 'us-east-1',
  time: timeOf(now_ms),
});

export const hostOf = ({ endpoint }: ObjectsTenant): string => endpoint.replace('https://', '');

/** Signed with the tenant's key, the body not; sent as it is. */
export function signed(tenant: ObjectsTenant, sent: Sent, signing = signingOf(tenant.keys)): Sent {
  const headers = {
    host: hostOf(tenant),
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    ...sent.headers,
  };
  return { ...sent, ...signRequest({ ...sent, headers }, signing) };
}

/** Resolves with whatever is answered; a connection that breaks off before that has status 0. */
export function send(
  tenant: ObjectsTenant,
  { method, target, headers = {}, body = '' }: Sent,
): Promise<WireAnswer> {
  return new Promise((resolve) => {
    const outgoing = request(
      tenant.endpoint,
      // As it is: a URL would be put right.
      { method, path: target, ca: tenant.ca, headers: { host: hostOf(tenant), ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        const end = () => {
          const bytes = Buffer.concat(chunks);
          const [, code = ''] = /<Code>(\w+)<\/Code>/.exec(bytes.toString()) ?? [];
          resolve({ status: response.statusCode ?? 0, code, body: bytes, headers: response.headers });
        };
        response.once('end', end);
        response.once('error', end);
      },
    );
    outgoing.once('error', () => resolve({ status: 0, code: '', body: Buffer.alloc(0), headers: {} }));
    outgoing.end(body);
  });
}

/** Lists of revoked certificates, as a verifier gets them: over TLS, without a credential, through OpenSSL. Tests only. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { run } from './certbot.ts';

export interface ListsOf {
  readonly url: string;
  /** PEM of the region's root. */
  readonly ca: string;
}

function fetch({ url, ca }: ListsOf, path: string): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  get(`${url}${path}`, { ca, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () =>
      response.statusCode === 200
        ? resolve(Buffer.concat(chunks))
        : reject(new Error(`${path}: ${response.statusCode}`)),
    );
  }).on('error', reject);
  return promise;
}

/** What `openssl crl` prints of a list: PEM, unless the options say otherwise. `folder` is for its files. */
export async function listOf(
  region: ListsOf,
  path: string,
  folder: string,
  ...options: readonly string[]
): Promise<string> {
  const file = join(folder, 'one.crl');
  await writeFile(file, await fetch(region, path));
  const { code, output } = await run('openssl', ['crl', '-inform', 'DER', '-in', file, ...options]);
  assert.equal(code, 0, output);
  return output;
}

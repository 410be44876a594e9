/** The endpoint as it runs in a region, over TLS, on parts of a test. Tests only. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '#kernel/logger.ts';
import { freePort } from '#kernel/wire/test-port.ts';
import { SigningKeys } from '../../s3/signature/signing-keys.ts';
import { Listener } from '../listener.ts';
import type { Parts } from '../parts.ts';
import { Recorder } from '../recorder.ts';
import { serve } from '../serve.ts';

export interface TlsEndpoint {
  readonly port: number;
  /** PEM: the certificate is its own authority. */
  readonly ca: string;
  readonly privateKey: string;
  close(): void;
}

export async function tlsEndpoint(parts: Parts): Promise<TlsEndpoint> {
  const { certificate, privateKey } = ownCertificate();
  const port = await freePort();
  const options = {
    parts,
    keys: new SigningKeys(),
    recorder: new Recorder(() => parts.gate),
    logger: silentLogger,
  };
  const listener = new Listener({
    listen: [{ host: '127.0.0.1', port }],
    domain: parts.domain,
    certificate: { certificate, privateKey },
    certificateOf: async () => null,
    onRequest: (incoming, response) => serve(incoming, response, options),
    logger: silentLogger,
  });
  await listener.open();
  return { port, ca: certificate, privateKey, close: () => listener.close() };
}

export function ownCertificate(): { readonly certificate: string; readonly privateKey: string } {
  const folder = mkdtempSync(join(tmpdir(), 'endpoint-'));
  const [key, certificate] = [join(folder, 'key'), join(folder, 'certificate')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...name, '-keyout', key, '-out', certificate], {
    stdio: 'pipe',
  });
  const made = { certificate: readFileSync(certificate, 'utf8'), privateKey: readFileSync(key, 'utf8') };
  rmSync(folder, { recursive: true });
  return made;
}

/** For tests only: lets a private incusd answer over HTTPS as well, and makes a client certificate that it trusts. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock } from '#kernel/clock.ts';
import { freePort } from '#kernel/wire/test-port.ts';
import type { TestIncus } from './test-incus.ts';
import { IncusTransport } from './transport.ts';

export interface TestHttps {
  readonly url: string;
  /** Files, in PEM; gone with the daemon's own. */
  readonly clientCertificate: string;
  readonly clientKey: string;
  readonly serverCertificate: string;
  /** Adds the client certificate to those that the daemon trusts, as `incus config trust add-certificate` does. */
  trust(): Promise<void>;
}

/** Makes the daemon listen on loopback. It does not trust the client's certificate yet. */
export async function listenHttps(engine: TestIncus): Promise<TestHttps> {
  const folder = mkdtempSync(join(dirname(engine.folder), 'https-'));
  chmodSync(folder, 0o711); // for a region, which runs as a user of its own
  const clientCertificate = join(folder, 'client.crt');
  const clientKey = join(folder, 'client.key');
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const files = ['-keyout', clientKey, '-out', clientCertificate];
  execFileSync('openssl', ['req', '-x509', ...algorithm, '-subj', '/CN=casemate', ...files], {
    stdio: 'pipe',
  });
  const port = await freePort();
  await engine.incus.configure({ 'core.https_address': `127.0.0.1:${port}` });
  return {
    url: `https://127.0.0.1:${port}`,
    clientCertificate,
    clientKey,
    serverCertificate: join(engine.folder, 'server.crt'),
    async trust() {
      const transport = new IncusTransport({ socketPath: engine.socketPath }, systemClock);
      const certificate = new X509Certificate(readFileSync(clientCertificate)).raw.toString('base64');
      await transport.send('POST', '/1.0/certificates', { name: 'casemate', type: 'client', certificate });
      transport.close();
    },
  };
}

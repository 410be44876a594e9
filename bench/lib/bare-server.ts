/** The limit of what Node can do: an https server that always answers the same bytes, in a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import * as x509 from '#trust/certificates/x509.ts';
import type { Target } from './target.ts';

interface Start {
  readonly key: string;
  readonly cert: string;
  readonly body: string;
}

const DAY_MS = 86_400_000;

/** Client certificates are asked for as the region does. */
export async function startBareServer(client: Target, body: Buffer) {
  const { key, cert } = await selfSigned();
  const child = fork(fileURLToPath(import.meta.url), ['serve']);
  child.send({ key, cert, body: body.toString() } satisfies Start);
  const [{ port }] = (await once(child, 'message')) as [{ readonly port: number }];
  const tls = { ca: cert, cert: client.tls?.cert ?? '', key: client.tls?.key ?? '' };
  return {
    target: { host: '127.0.0.1', port, prefix: '', tls } as Target,
    pid: child.pid ?? 0,
    async stop() {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    },
  };
}

async function selfSigned(): Promise<{ readonly key: string; readonly cert: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=localhost',
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const pem = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
  return { key: pem, cert: made.toString('pem') };
}

if (process.argv[2] === 'serve') {
  process.once('message', ({ key, cert, body }: Start) => {
    const bytes = Buffer.from(body);
    const server = createServer(
      { key, cert, requestCert: true, rejectUnauthorized: false },
      (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': bytes.length });
        response.end(bytes);
      },
    );
    server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
  });
}

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect, createServer, type Server } from 'node:tls';
import { trustOnly } from './server-trust.ts';

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

describe('which server is the right Incus', () => {
  let folder: string;
  const path = (name: string) => join(folder, name);
  const pem = (name: string) => readFileSync(path(`${name}.crt`), 'utf8');
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  let server: Server;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'server-trust-'));
    const files = (name: string) => ['-keyout', path(`${name}.key`), '-out', path(`${name}.crt`)];
    for (const name of ['authority', 'stranger']) {
      openssl('req', '-x509', ...KEY, ...files(name), '-subj', `/CN=${name}`, '-days', '2');
    }
    // As Incus makes its own: no authority, and names of the host.
    const leaf = [
      '-addext',
      'basicConstraints=critical,CA:FALSE',
      '-addext',
      'subjectAltName=DNS:incus-host',
    ];
    openssl('req', '-x509', ...KEY, ...files('own'), '-subj', '/CN=root@incus-host', '-days', '2', ...leaf);
    for (const name of ['signed', 'sibling']) {
      openssl('req', ...KEY, '-keyout', path(`${name}.key`), '-out', path('request'), '-subj', `/CN=${name}`);
      writeFileSync(path('names'), 'subjectAltName=DNS:incus.example\nbasicConstraints=CA:FALSE\n');
      const by = ['-CA', path('authority.crt'), '-CAkey', path('authority.key'), '-CAcreateserial'];
      const more = ['-days', '2', '-extfile', path('names')];
      openssl('x509', '-req', '-in', path('request'), ...by, ...more, '-out', path(`${name}.crt`));
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Whether a client that trusts `trusted` goes on talking to a server that shows `shown`. */
  async function accepts(shown: string, trusted: string, dialled: string): Promise<true | string> {
    server = createServer({ key: readFileSync(path(`${shown}.key`)), cert: pem(shown) }, (socket) =>
      socket.end(),
    );
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const socket = connect({ host: '127.0.0.1', port, servername: dialled, ...trustOnly(trusted) });
      return await new Promise((resolve) => {
        socket.once('secureConnect', () => resolve(true));
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
        socket.once('close', () => socket.destroy());
      });
    } finally {
      server.close();
    }
  }

  test('a pinned certificate is enough, whatever name was dialled and whoever signed it', async () => {
    assert.equal(await accepts('own', pem('own'), 'another.example'), true);
    assert.equal(await accepts('signed', pem('signed'), 'another.example'), true);
  });

  test('another certificate than the pinned one is refused, also from the same authority', async () => {
    assert.equal(await accepts('own', pem('signed'), 'incus-host'), 'DEPTH_ZERO_SELF_SIGNED_CERT');
    assert.equal(
      await accepts('sibling', pem('signed'), 'incus.example'),
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    );
  });

  test('an authority counts for the names in the certificates it signed, and no other authority does', async () => {
    assert.equal(await accepts('signed', pem('authority'), 'incus.example'), true);
    assert.equal(
      await accepts('signed', pem('authority'), 'another.example'),
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
    assert.equal(
      await accepts('signed', pem('stranger'), 'incus.example'),
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    );
  });

  test('several may be given: an old pin and a new one, or a pin and an authority', async () => {
    const both = `${pem('signed')}${pem('own')}`;
    assert.equal(await accepts('own', both, 'x.example'), true);
    assert.equal(await accepts('signed', both, 'x.example'), true);
    const mixed = `${pem('own')}${pem('authority')}`;
    assert.equal(await accepts('own', mixed, 'x.example'), true);
    assert.equal(await accepts('sibling', mixed, 'incus.example'), true);
    assert.equal(await accepts('sibling', mixed, 'x.example'), 'ERR_TLS_CERT_ALTNAME_INVALID');
  });

  test('text without a certificate is refused', () => {
    assert.throws(() => trustOnly('nothing'), /holds 0 certificates in PEM; should hold 1 to 16/);
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { KubeConfig } from '@kubernetes/client-node';
import {
  type ClientAuthority,
  createClientAuthority,
  createRootAuthority,
  DAY_MS,
  openClientAuthority,
  openRootAuthority,
  type RootAuthority,
} from './authority.ts';
import { signClientCertificate } from './client.ts';
import { kubeconfig } from './kubeconfig.ts';
import { issueServerCertificate, SERVER_RENEW_BEFORE_MS, serverCertificateIsDue } from './server.ts';
import { randomSerial } from './tasks.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const CONSTRAINTS = {
  dnsNames: ['casemate.internal', 'localhost'],
  ipRanges: ['127.0.0.0/8', '10.0.0.0/8', '::1/128'],
};
const NAMES = { dnsNames: ['localhost', 'lux.casemate.internal'], ips: ['127.0.0.1', '10.20.30.40', '::1'] };

describe('certificates', () => {
  let folder: string;
  let root: RootAuthority;
  let clients: ClientAuthority;
  /** PEM of the clients' authority. */
  let clientsPem: string;
  const { publicKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ type: 'spki', format: 'der' });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'casemate-certificates-'));
    root = openRootAuthority(await createRootAuthority('lux', CONSTRAINTS, NOW));
    clients = openClientAuthority(createClientAuthority(NOW));
    clientsPem = (await clients.certificate()).toString();
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What OpenSSL thinks of a certificate; '' when it is right. */
  function opensslVerify(ca: string, certificate: string, ...options: string[]): string {
    writeFileSync(join(folder, 'ca.pem'), ca);
    writeFileSync(join(folder, 'leaf.pem'), certificate);
    const time = String(NOW / 1000);
    try {
      execFileSync(
        'openssl',
        ['verify', '-x509_strict', '-attime', time, ...options, '-CAfile', 'ca.pem', 'leaf.pem'],
        { cwd: folder, stdio: 'pipe' },
      );
      return '';
    } catch (error) {
      return String((error as { stderr: Buffer }).stderr);
    }
  }

  const sign = (validity_days = 30) =>
    signClientCertificate(clients, {
      user: 'alice',
      groups: ['developers', 'on-call'],
      objectUid: '8d3c3f9e-0000-4000-8000-000000000001',
      spki,
      now_ms: NOW,
      validity_days,
    });

  it('a server certificate is right for OpenSSL under each of its names and no other', async () => {
    const { certificate } = await issueServerCertificate(root, NAMES, NOW);
    const verify = (...options: string[]) =>
      opensslVerify(root.pem, certificate, '-purpose', 'sslserver', ...options);
    for (const name of NAMES.dnsNames) assert.equal(verify('-verify_hostname', name), '', name);
    for (const ip of NAMES.ips) assert.equal(verify('-verify_ip', ip), '', ip);
    assert.match(verify('-verify_hostname', 'other.casemate.internal'), /hostname mismatch/);
    assert.match(verify('-verify_ip', '10.20.30.41'), /IP address mismatch/);
    assert.match(
      opensslVerify(root.pem, certificate, '-purpose', 'sslclient'),
      /unsuitable certificate purpose/,
    );
  });

  it('a root cannot be made to certify a name it was not made for, and clients would refuse it', async () => {
    const foreign = { dnsNames: ['bank.example'], ips: ['8.8.8.8'] };
    await assert.rejects(
      issueServerCertificate(root, foreign, NOW),
      /cannot certify bank\.example, 8\.8\.8\.8/,
    );
    const { constraints: _, ...unguarded } = root;
    const { certificate } = await issueServerCertificate(unguarded, foreign, NOW);
    assert.match(opensslVerify(root.pem, certificate), /permitted subtree violation/);
  });

  it('a server certificate is due when a third of its life is left, a name is missing, or the root is another', async () => {
    const { certificate } = await issueServerCertificate(root, NAMES, NOW);
    const end = new X509Certificate(certificate).validToDate.getTime();
    assert.equal(serverCertificateIsDue(certificate, root, NAMES, NOW), false);
    assert.equal(serverCertificateIsDue(certificate, root, NAMES, end - SERVER_RENEW_BEFORE_MS), false);
    assert.equal(serverCertificateIsDue(certificate, root, NAMES, end - SERVER_RENEW_BEFORE_MS + 1), true);
    const more = { ...NAMES, dnsNames: [...NAMES.dnsNames, 'api.casemate.internal'] };
    assert.equal(serverCertificateIsDue(certificate, root, more, NOW), true);
    const other = openRootAuthority(await createRootAuthority('lux', CONSTRAINTS, NOW));
    assert.equal(serverCertificateIsDue(certificate, other, NAMES, NOW), true);
    assert.equal(serverCertificateIsDue('damaged', root, NAMES, NOW), true);
  });

  it('a client certificate carries the user, the groups and the object, for clients only', async () => {
    const signed = await sign();
    const certificate = new X509Certificate(signed.pem);
    assert.equal(certificate.subject, 'CN=alice\nO=developers\nO=on-call');
    assert.equal(certificate.subjectAltName, 'URI:urn:uuid:8d3c3f9e-0000-4000-8000-000000000001');
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2']);
    assert.equal(certificate.ca, false);
    assert.equal(certificate.serialNumber.toLowerCase(), signed.serial);
    assert.equal(certificate.validFromDate.getTime(), NOW - 5 * 60 * 1000);
    assert.equal(certificate.validToDate.getTime(), NOW + 30 * DAY_MS);
    assert.equal(opensslVerify(clientsPem, signed.pem, '-purpose', 'sslclient'), '');
    assert.match(
      opensslVerify(clientsPem, signed.pem, '-purpose', 'sslserver'),
      /unsuitable certificate purpose/,
    );
    assert.match(opensslVerify(root.pem, signed.pem), /unable to get local issuer/);
  });

  it('no certificate outlives the authority that signed it', async () => {
    const signed = await sign(100_000);
    assert.equal(signed.notAfter_ms, clients.notAfter_ms);
    assert.equal(new X509Certificate(signed.pem).validToDate.getTime(), clients.notAfter_ms);
  });

  it('serials are 32 hex digits, positive, and differ', () => {
    const serials = new Set(Array.from({ length: 1000 }, randomSerial));
    assert.equal(serials.size, 1000);
    for (const serial of serials) assert.match(serial, /^[4-7][0-9a-f]{31}$/);
  });

  it('a client authority’s certificate names no organization', async () => {
    assert.match((await clients.certificate()).subject, /^CN=Casemate client authority [0-9a-f]{16}$/);
  });

  it('a kubeconfig is read by the Kubernetes client as one cluster, user and project', async () => {
    const text = kubeconfig({
      name: 'alice@ministry',
      server: 'https://127.0.0.1:6443/orgs/ministry',
      ca: root.pem,
      certificate: (await sign()).pem,
      key: 'the key',
      namespace: 'default',
    });
    const config = new KubeConfig();
    config.loadFromString(text);
    assert.equal(config.getCurrentContext(), 'alice@ministry');
    assert.equal(config.getContextObject('alice@ministry')?.namespace, 'default');
    const cluster = config.getCurrentCluster();
    assert.equal(cluster?.server, 'https://127.0.0.1:6443/orgs/ministry');
    assert.equal(Buffer.from(cluster?.caData ?? '', 'base64').toString(), root.pem);
    assert.equal(Buffer.from(config.getCurrentUser()?.keyData ?? '', 'base64').toString(), 'the key');
  });
});

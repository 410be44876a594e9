import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { checkRequest, REQUEST_LENGTH_MAX, RequestError } from './request.ts';

// Requests are made by OpenSSL, so that ours is not the only program that thinks they are right.
describe('checking a signing request', () => {
  let folder: string;
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'casemate-request-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function request(name: string, keyOptions: string[], requestOptions: string[] = []): string {
    openssl('genpkey', ...keyOptions, '-out', `${name}.key`);
    openssl(
      'req',
      '-new',
      '-key',
      `${name}.key`,
      '-subj',
      '/CN=root/O=system:masters',
      '-out',
      `${name}.csr`,
      ...requestOptions,
    );
    return read(`${name}.csr`);
  }
  const curve = (name: string) => ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${name}`];
  const rsa = (bits: number, exponent = 65537) => [
    '-algorithm',
    'RSA',
    '-pkeyopt',
    `rsa_keygen_bits:${bits}`,
    '-pkeyopt',
    `rsa_keygen_pubexp:${exponent}`,
  ];

  const refused = (pem: string, reason: RequestError['reason'], message: RegExp) =>
    assert.rejects(checkRequest(pem), (error) => {
      assert.ok(error instanceof RequestError, String(error));
      assert.equal(error.reason, reason);
      assert.match(error.message, message);
      return true;
    });

  it('accepts P-256, P-384, Ed25519 and RSA-3072, with PSS too', async () => {
    assert.equal((await checkRequest(request('p256', curve('P-256')))).type, 'P-256');
    assert.equal((await checkRequest(request('p384', curve('P-384')))).type, 'P-384');
    assert.equal((await checkRequest(request('ed', ['-algorithm', 'ED25519']))).type, 'Ed25519');
    assert.equal((await checkRequest(request('rsa', rsa(3072)))).type, 'RSA-3072');
    openssl(
      'req',
      '-new',
      '-key',
      'rsa.key',
      '-subj',
      '/CN=x',
      '-sigopt',
      'rsa_padding_mode:pss',
      '-out',
      'pss.csr',
    );
    assert.equal((await checkRequest(read('pss.csr'))).type, 'RSA-3072');
  });

  it('takes nothing from a request but its key', async () => {
    const checked = await checkRequest(request('plain', curve('P-256')));
    assert.deepEqual(Object.keys(checked).sort(), ['spki', 'type']);
  });

  it('refuses weak keys and other curves, and says what to use', async () => {
    await refused(request('rsa2048', rsa(2048)), 'WeakKey', /RSA key of 2048 bits.*3072/);
    await refused(request('e3', rsa(3072, 3)), 'WeakKey', /exponent 3.*use 65537/);
    await refused(request('p521', curve('P-521')), 'UnsupportedKey', /secp521r1.*P-256/);
    await refused(request('k1', curve('secp256k1')), 'UnsupportedKey', /secp256k1/);
    await refused(request('ed448', ['-algorithm', 'ED448']), 'UnsupportedKey', /ed448/);
  });

  it('refuses a request that its key did not sign, or signed with SHA-1', async () => {
    const der = Buffer.from(request('victim', curve('P-256')).replace(/-----[^-]+-----|\s/g, ''), 'base64');
    der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    await refused(forged, 'BadSignature', /not signed by the key it names/);
    await refused(request('sha1', curve('P-256'), ['-sha1']), 'BadSignature', /SHA-256 or better/);
  });

  it('refuses anything that is not one readable request', async () => {
    const good = request('good', curve('P-256'));
    await refused('', 'Malformed', /openssl req -new/);
    await refused('hello', 'Malformed', /one PEM block/);
    await refused(`${good}${good}`, 'Malformed', /one PEM block/);
    await refused(`x${good}`, 'Malformed', /one PEM block/);
    await refused(good.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'), 'Malformed', /one PEM block/);
    await refused(
      '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----',
      'Malformed',
      /readable PKCS#10/,
    );
    await refused(good + ' '.repeat(REQUEST_LENGTH_MAX), 'Malformed', /at most 8192/);
  });
});

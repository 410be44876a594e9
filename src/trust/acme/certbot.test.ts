/** ACME as tenants use it: Debian's certbot against the real server, and OpenSSL's judgement of what comes of it. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { IssuedCertificate } from './issued-certificate.ts';
import { Revocation } from './revocation.ts';
import { type Certbot, certbot, run } from './testing/certbot.ts';
import { ACME, type AcmeFixture, acmeFixture, PROJECT, RIVAL } from './testing/fixture.ts';
import { listOf } from './testing/lists.ts';

const WEB = 'web.front.shop.acme.internal';
const API = 'api.front.shop.acme.internal';
const DOOR = 'door.front.shop.acme.internal';

describe('certbot', () => {
  let region: AcmeFixture;
  let bot: Certbot;
  before(async () => {
    region = await acmeFixture();
    for (const name of [WEB, API]) region.instances.set(name, {});
    bot = await certbot(region.directory(), region.ca);
  });
  after(async () => {
    await bot?.remove();
    await region?.close();
  });

  /** What OpenSSL says of a certificate with its chain, under the root and the lists of all who signed; '' when all is well. */
  async function openssl(certificate: string, chain: string, ...options: readonly string[]): Promise<string> {
    const file = (name: string) => join(bot.folder, name);
    await writeFile(file('leaf.pem'), certificate);
    await writeFile(file('chain.pem'), chain);
    await writeFile(file('root.pem'), region.ca);
    const lists: string[] = [];
    for (const path of [`${ACME}/certificates/1.crl`, '/certificates/1.crl', '/certificates/root.crl']) {
      lists.push(await listOf(region, path, bot.folder));
    }
    await writeFile(file('lists.pem'), lists.join(''));
    const { code, output } = await run('openssl', [
      'verify',
      '-x509_strict',
      '-crl_check_all',
      '-CRLfile',
      file('lists.pem'),
      '-CAfile',
      file('root.pem'),
      '-untrusted',
      file('chain.pem'),
      ...options,
      file('leaf.pem'),
    ]);
    return code === 0 ? '' : output;
  }

  const certificates = () => region.use(ACME, ({ view }) => view.list(IssuedCertificate, PROJECT));

  it('is refused without an external account, and with the HMAC key of another', async () => {
    const without = await bot.run('register', '-m', 'ops@acme.example', '--agree-tos');
    assert.notEqual(without.code, 0);
    assert.match(without.output, /EAB|external account/i);
    const mine = await region.account('mine', { names: [WEB] });
    const other = await region.account('other', { names: [WEB] });
    const mixed = await bot.register({ kid: mine.kid, hmacKey: other.hmacKey });
    assert.notEqual(mixed.code, 0);
    assert.match(mixed.output, /not signed with that account/);
    const dashed = await bot.register({ kid: mine.kid, hmacKey: `-${other.hmacKey.slice(1)}` });
    assert.match(dashed.output, /not signed with that account/);
  });

  it('registers, gets a certificate that OpenSSL accepts under the region’s root, for that name and as a server', async () => {
    const binding = await region.account('web', { names: ['*.front.shop.acme.internal'], validity_days: 20 });
    const registered = await bot.register(binding);
    assert.equal(registered.code, 0, registered.output);
    const got = await bot.run('certonly', '--standalone', '-d', WEB, '-d', API);
    assert.equal(got.code, 0, got.output);
    const [leaf, chain] = [await bot.read(WEB, 'cert.pem'), await bot.read(WEB, 'chain.pem')];
    assert.equal(await openssl(leaf, chain, '-purpose', 'sslserver', '-verify_hostname', WEB), '');
    assert.equal(await openssl(leaf, chain, '-verify_hostname', API), '');
    assert.match(
      await openssl(leaf, chain, '-verify_hostname', 'other.front.shop.acme.internal'),
      /hostname mismatch/,
    );
    assert.match(await openssl(leaf, chain, '-purpose', 'sslclient'), /unsuitable certificate purpose/);
    const { validFromDate, validToDate } = new X509Certificate(leaf);
    const days = (validToDate.getTime() - validFromDate.getTime()) / 86_400_000;
    assert.ok(days > 20 && days < 20.01, `${days} days`);
  });

  it('is on record in the tenant’s realm: who got which certificate, until when', async () => {
    const [only, ...more] = await certificates();
    assert.deepEqual(more, []);
    const { serialNumber, validToDate } = new X509Certificate(await bot.read(WEB, 'cert.pem'));
    assert.equal(only?.spec.serial, serialNumber.toLowerCase());
    assert.deepEqual(only?.spec.names, [WEB, API]);
    assert.equal(only?.spec.account.name, 'web');
    assert.equal(Date.parse(only?.spec.notAfter ?? ''), validToDate.getTime());
  });

  it('renews to another certificate', async () => {
    const before_ = await bot.read(WEB, 'cert.pem');
    const renewed = await bot.run('renew', '--force-renewal', '--no-random-sleep-on-renew');
    assert.equal(renewed.code, 0, renewed.output);
    const after_ = await bot.read(WEB, 'cert.pem');
    assert.notEqual(after_, before_);
    assert.equal(await openssl(after_, await bot.read(WEB, 'chain.pem'), '-verify_hostname', WEB), '');
    assert.equal((await certificates()).length, 2);
  });

  it('gets certificates for keys on P-384 and of RSA 2048', async () => {
    for (const [name, ...options] of [
      ['p384', '--key-type', 'ecdsa', '--elliptic-curve', 'secp384r1'],
      ['rsa', '--key-type', 'rsa', '--rsa-key-size', '2048'],
    ] as const) {
      const got = await bot.run('certonly', '--standalone', '--cert-name', name, '-d', API, ...options);
      assert.equal(got.code, 0, got.output);
      const chain = await bot.read(name, 'chain.pem');
      assert.equal(await openssl(await bot.read(name, 'cert.pem'), chain, '-purpose', 'sslserver'), '', name);
    }
  });

  it('revokes a certificate: OpenSSL refuses it by the list, and no other one', async () => {
    const [leaf, chain] = [await bot.read('rsa', 'cert.pem'), await bot.read('rsa', 'chain.pem')];
    assert.equal(await openssl(leaf, chain), '');
    const args = [
      '--cert-path',
      bot.path('rsa', 'cert.pem'),
      '--reason',
      'keycompromise',
      '--no-delete-after-revoke',
    ];
    const revoked = await bot.run('revoke', ...args);
    assert.equal(revoked.code, 0, revoked.output);
    assert.match(await openssl(leaf, chain), /certificate revoked/);
    assert.equal(await openssl(await bot.read('p384', 'cert.pem'), chain), '');
    const { serialNumber } = new X509Certificate(leaf);
    await region.until(ACME, ({ view }) => view.list(Revocation).length === 1);
    const [entry] = await region.use(ACME, ({ view }) => view.list(Revocation));
    assert.equal(entry?.spec.serial, serialNumber.toLowerCase());
    assert.equal(entry?.spec.reason, 'keyCompromise');
    // Still, once the object is gone and only its Revocation is left.
    await region.until(ACME, ({ view }) =>
      view.list(IssuedCertificate).every(({ spec }) => spec.serial !== entry?.spec.serial),
    );
    assert.match(await openssl(leaf, chain), /certificate revoked/);
    const again = await bot.run('revoke', ...args);
    assert.notEqual(again.code, 0);
  });

  it('a certificate is revoked by deleting its object, too', async () => {
    const leaf = await bot.read('p384', 'cert.pem');
    const chain = await bot.read('p384', 'chain.pem');
    const serial = new X509Certificate(leaf).serialNumber.toLowerCase();
    const object = (await certificates()).find(({ spec }) => spec.serial === serial);
    await region.use(ACME, ({ resources }) =>
      resources.delete(
        IssuedCertificate,
        { namespace: PROJECT, name: object?.metadata.name ?? '' },
        region.context(ACME),
      ),
    );
    assert.match(await openssl(leaf, chain), /certificate revoked/);
  });

  it('answers http-01 with its standalone server, at the door that the tenant opened', async () => {
    const host = '127.0.0.5';
    const binding = await region.account('door', { names: [DOOR], validation: 'http-01' });
    const own = await certbot(region.directory(), region.ca);
    try {
      assert.equal((await own.register(binding)).code, 0);
      const attempt = () =>
        own.run('certonly', '--standalone', '--http-01-address', host, '--http-01-port', '18080', '-d', DOOR);
      region.instances.set(DOOR, {});
      const closed = await attempt();
      assert.notEqual(closed.code, 0);
      assert.match(closed.output, /no Forward leads to port 80/);
      region.instances.set(DOOR, { door: { host, port: 18080 } });
      const open = await attempt();
      assert.equal(open.code, 0, open.output);
      const chain = await own.read(DOOR, 'chain.pem');
      assert.equal(await openssl(await own.read(DOOR, 'cert.pem'), chain, '-verify_hostname', DOOR), '');
    } finally {
      await own.remove();
    }
  });

  it('gets nothing for names that its account is not for: of another organization, of another project, wildcards', async () => {
    for (const name of [
      'web.front.shop.rival.internal',
      'web.front.bank.acme.internal',
      'lux.casemate.internal',
    ]) {
      const refused = await bot.run('certonly', '--standalone', '--cert-name', 'bad', '-d', name);
      assert.notEqual(refused.code, 0);
      // certbot itself stumbles over the refusal, after it wrote it down.
      assert.match(await bot.log(), /none of the names that this account is for/, name);
    }
    const gone = await bot.run(
      'certonly',
      '--standalone',
      '--cert-name',
      'bad',
      '-d',
      'gone.front.shop.acme.internal',
    );
    assert.notEqual(gone.code, 0);
    assert.match(await bot.log(), /no instance gone on network front/);
  });

  it('what one organization’s issuer signs is nothing for a name of another: its name constraints hold', async () => {
    const issuer = await region.issuers.organization(RIVAL);
    const { publicKey } = new X509Certificate(await bot.read(WEB, 'cert.pem'));
    const now = Date.now();
    const sign = (type: 'dns' | 'ip', value: string) =>
      issuer.sign({
        subject: [{ CN: ['Stolen key'] }],
        spki: publicKey.export({ type: 'spki', format: 'der' }),
        notBefore_ms: now - 1_000,
        notAfter_ms: now + 86_400_000,
        usage: 'server',
        names: [{ type, value }],
      });
    const verify = async (pem: string) => {
      await writeFile(join(bot.folder, 'stolen.pem'), pem);
      await writeFile(join(bot.folder, 'rival.pem'), issuer.chain);
      await writeFile(join(bot.folder, 'root.pem'), region.ca);
      const of = (name: string) => join(bot.folder, name);
      return run('openssl', [
        'verify',
        '-CAfile',
        of('root.pem'),
        '-untrusted',
        of('rival.pem'),
        of('stolen.pem'),
      ]);
    };
    assert.equal((await verify((await sign('dns', 'web.front.shop.rival.internal')).pem)).code, 0);
    for (const name of [WEB, 'lux.casemate.internal', 'localhost', 'acme.internal']) {
      assert.match((await verify((await sign('dns', name)).pem)).output, /permitted subtree violation/, name);
    }
    assert.match((await verify((await sign('ip', '127.0.0.1')).pem)).output, /subtree violation/);
  });
});

/** An organization that is no more: what its issuer signed, as OpenSSL judges it with every list there is. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { revokeIssuersOf } from './cessation.ts';
import { DAY_MS } from './limits.ts';
import { Revocation } from './revocation.ts';
import { run } from './testing/certbot.ts';
import { AcmeClient, newKey } from './testing/client.ts';
import { ACME, type AcmeFixture, acmeFixture, RIVAL } from './testing/fixture.ts';
import { listOf } from './testing/lists.ts';

const REGION_LISTS = ['/certificates/1.crl', '/certificates/root.crl'];

describe('an organization that ceases to be', () => {
  let region: AcmeFixture;
  let folder: string;
  let list: string;
  const leaves = new Map<RealmId, string>();
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'casemate-cessation-'));
    region = await acmeFixture();
    for (const realm of [ACME, RIVAL]) leaves.set(realm, await leafOf(realm));
    list = await pemList(`${ACME}/certificates/1.crl`);
  });
  after(async () => {
    await region?.close();
    await rm(folder, { recursive: true });
  });

  async function leafOf(realm: RealmId): Promise<string> {
    const name = `web.front.shop.${realm.slice('/orgs/'.length)}.internal`;
    region.instances.set(name, {});
    const client = new AcmeClient(region.directory(realm), region.ca, await newKey());
    try {
      await client.register(await region.account('web', { names: [name] }, realm));
      return (await client.obtain(name)).pem;
    } finally {
      client.close();
    }
  }

  const pemList = (path: string, ...options: readonly string[]) => listOf(region, path, folder, ...options);

  /** What OpenSSL says of a chain with its organization's list and those of the region; '' when all is well. */
  async function openssl(bundle: string, organizationList: string): Promise<string> {
    const [leaf = '', ...chain] = bundle.split(/(?=-----BEGIN)/);
    const lists = [organizationList];
    for (const path of REGION_LISTS) lists.push(await pemList(path));
    const files = {
      'leaf.pem': leaf,
      'chain.pem': chain.join(''),
      'lists.pem': lists.join(''),
      'ca.pem': region.ca,
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const of = (name: string) => join(folder, name);
    const { code, output } = await run('openssl', [
      'verify',
      '-x509_strict',
      '-crl_check_all',
      ...['-CRLfile', of('lists.pem'), '-CAfile', of('ca.pem'), '-untrusted', of('chain.pem')],
      of('leaf.pem'),
    ]);
    return code === 0 ? '' : output;
  }

  const leaf = (realm: RealmId) => leaves.get(realm) ?? '';
  const revocations = () => region.use(REGION, ({ view }) => view.list(Revocation));
  const end = (clock = new ManualClock(Date.now())) =>
    region.use(REGION, (realm) =>
      revokeIssuersOf({ issuers: region.issuers, clock }, ACME, realm, region.context(REGION)),
    );

  it('leaves what has expired alone', async () => {
    await end(new ManualClock(Date.now() + 181 * DAY_MS));
    assert.deepEqual(await revocations(), []);
  });

  it('has its issuer on the list of the region’s, once, and what it signed is refused; another organization’s is not', async () => {
    assert.equal(await openssl(leaf(ACME), list), '');
    await end();
    await end();
    await region.realms.destroy(ACME);
    const [one, ...more] = await revocations();
    assert.deepEqual(more, []);
    const issuer = new X509Certificate(leaf(ACME).split(/(?=-----BEGIN)/)[1] ?? '');
    assert.equal(one?.spec.serial, issuer.serialNumber.toLowerCase());
    assert.equal(one?.spec.certificate, '/orgs/acme/issuer/1');
    assert.equal(Date.parse(one?.spec.notAfter ?? ''), issuer.validToDate.getTime());
    assert.match(await openssl(leaf(ACME), list), /error 23 at 1 depth lookup: certificate revoked/);
    assert.match(
      await pemList('/certificates/1.crl', '-noout', '-text'),
      new RegExp(`Serial Number: ${issuer.serialNumber}[^]*Cessation Of Operation`),
    );
    assert.equal(await openssl(leaf(RIVAL), await pemList(`${RIVAL}/certificates/1.crl`)), '');
  });

  it('says nothing of an organization that is made anew under its name', async () => {
    await region.realms.create(ACME);
    const { chain } = await region.issuers.organization(ACME);
    assert.equal(await openssl(chain, ''), '');
    assert.match(await openssl(leaf(ACME), list), /certificate revoked/);
  });

  it('is on the list until its issuer would have expired', async () => {
    const count = async () =>
      (await pemList('/certificates/1.crl', '-noout', '-text')).match(/Serial Number:/g)?.length ?? 0;
    region.moveOn(179 * DAY_MS);
    assert.equal(await count(), 1);
    region.moveOn(2 * DAY_MS);
    assert.equal(await count(), 0);
  });
});

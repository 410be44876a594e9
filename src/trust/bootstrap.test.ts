import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { KubeConfig } from '@kubernetes/client-node';
import type { Realms } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { everyDisturbance, type Scenario } from '#kernel/reconcile/testing/harness.ts';
import { instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { RoleBinding } from './access/role-binding.ts';
import { type BootstrapOptions, bootstrapTrust } from './bootstrap.ts';
import { DAY_MS } from './certificates/authority.ts';
import { newPersonalKey } from './certificates/personal-key.ts';
import { ensureServerIdentity } from './certificates/server-identity.ts';
import { certificateAuthenticator } from './identity/authenticator.ts';
import { ClientCertificate } from './identity/client-certificate.ts';
import { issueOperator } from './identity/operator.ts';
import { type TrustFixture, trustFixture } from './testing/fixture.ts';

const NAMES = { dnsNames: ['localhost', 'lux.casemate.internal'], ips: ['127.0.0.1'] };

describe('bootstrapping a region’s trust', () => {
  let region: TrustFixture;
  let folder: string;
  beforeEach(async () => {
    region = await trustFixture();
    folder = await mkdtemp(join(tmpdir(), 'casemate-bootstrap-'));
  });
  afterEach(async () => {
    await region.close();
    await rm(folder, { recursive: true });
  });

  const options = (changes: Partial<BootstrapOptions> = {}): BootstrapOptions => ({
    folder,
    region: 'lux',
    names: NAMES,
    server: 'https://127.0.0.1:6443',
    realms: region.realms,
    keyring: region.keyring,
    clock: region.clock,
    random: region.random,
    ...changes,
  });
  const file = (name: string) => readFile(join(folder, name), 'utf8');
  async function operator() {
    const config = new KubeConfig();
    config.loadFromFile(join(folder, 'operator.kubeconfig'));
    const { certData, keyData } = config.getCurrentUser() ?? {};
    const pem = Buffer.from(certData ?? '', 'base64').toString();
    return { config, pem, key: Buffer.from(keyData ?? '', 'base64').toString() };
  }
  const authenticate = async () =>
    region.authenticator.authenticate(REGION, {
      clientCertificate: new X509Certificate((await operator()).pem).raw,
    });
  const inRegion = () =>
    region.realms.use(REGION, ({ view }) => ({
      bindings: view.list(RoleBinding).map(({ spec }) => spec),
      certificates: view.list(ClientCertificate).map(({ metadata }) => metadata.name),
    }));

  it('makes a server certificate and a first operator who may operate, with secrets nobody else can read', async () => {
    const result = await bootstrapTrust(options());
    assert.equal(result.operatorKubeconfig, join(folder, 'operator.kubeconfig'));
    assert.deepEqual((await readdir(folder)).sort(), [
      'ca.crt',
      'operator.kubeconfig',
      'server.crt',
      'server.key',
    ]);
    const modes = await Promise.all(
      ['ca.crt', 'operator.kubeconfig', 'server.crt', 'server.key'].map(async (name) =>
        ((await stat(join(folder, name))).mode & 0o777).toString(8),
      ),
    );
    assert.deepEqual(modes, ['644', '600', '644', '600']);

    const actor = await authenticate();
    assert.deepEqual([actor.realm, actor.name, actor.groups], ['/', 'operator', ['system:authenticated']]);
    assert.equal(await region.may(actor, 'create', 'organizations.tenancy.casemate.internal'), true);
    const { config, key, pem } = await operator();
    assert.equal(config.getCurrentContext(), 'operator@lux');
    assert.equal(config.getCurrentCluster()?.server, 'https://127.0.0.1:6443');
    assert.match(key, /^-----BEGIN PRIVATE KEY-----/);
    const server = new X509Certificate(result.certificate);
    assert.equal(server.verify(new X509Certificate(result.ca).publicKey), true);
    assert.equal(new X509Certificate(pem).verify(server.publicKey), false);
  });

  it('changes nothing when repeated', async () => {
    await bootstrapTrust(options());
    const before = await Promise.all((await readdir(folder)).map(file));
    const result = await bootstrapTrust(options());
    assert.equal(result.renewed, false);
    assert.deepEqual(await Promise.all((await readdir(folder)).map(file)), before);
    assert.deepEqual(await inRegion(), {
      bindings: [{ role: 'region-operator', subjects: [{ kind: 'User', name: 'operator' }] }],
      certificates: ['operator-bootstrap'],
    });
  });

  it('ends the same when any of its calls is repeated, fails, or is the last before a crash', async () => {
    const scenario: Scenario<unknown> = {
      async setUp(disturber) {
        await region.close();
        region = await trustFixture();
        await rm(folder, { recursive: true });
        folder = await mkdtemp(join(tmpdir(), 'casemate-bootstrap-'));
        const realms = instrument<Realms>(
          {
            ...region.realms,
            exists: (realm) => region.realms.exists(realm),
            use: (id, work) => region.realms.use(id, (realm) => work(instrumentRealm(realm, disturber))),
          },
          disturber,
          { name: 'realms', only: ['exists', 'use'] },
        );
        const keyring = instrument(region.keyring, disturber, { name: 'keyring' });
        return {
          async pass() {
            await bootstrapTrust(options({ realms, keyring }));
            return 'settled';
          },
          async state() {
            return {
              ...(await inRegion()),
              files: (await readdir(folder)).sort(),
              name: (await authenticate()).name,
            };
          },
          async tearDown() {},
        };
      },
    };
    let undisturbed: unknown;
    let outcomes = 0;
    for await (const { title, state } of everyDisturbance(scenario)) {
      undisturbed ??= state;
      assert.deepEqual(state, undisturbed, title);
      outcomes++;
    }
    assert.ok(outcomes > 30, `${outcomes} outcomes`);
  });

  it('uses the key of a first try that was interrupted before its kubeconfig was written', async () => {
    await bootstrapTrust(options());
    const { key } = await operator();
    await writeFile(join(folder, 'operator.key.new'), key, { mode: 0o600 });
    await unlink(join(folder, 'operator.kubeconfig'));
    await bootstrapTrust(options());
    assert.equal((await operator()).key, key);
    assert.equal((await authenticate()).name, 'operator');
  });

  it('never brings back an operator who was revoked', async () => {
    await bootstrapTrust(options());
    await region.bind(REGION, 'chief', 'region-operator', 'chief');
    await region.remove(REGION, ClientCertificate, 'operator-bootstrap');
    await unlink(join(folder, 'operator.kubeconfig'));
    const result = await bootstrapTrust(options());
    assert.equal(result.operatorKubeconfig, undefined);
    assert.deepEqual((await inRegion()).certificates, []);
  });

  it('points the operator’s kubeconfig at a new address and touches nothing else in it', async () => {
    await bootstrapTrust(options());
    const before = await operator();
    await bootstrapTrust(options({ server: 'https://127.0.0.1:7443' }));
    const after = await operator();
    assert.equal(after.config.getCurrentCluster()?.server, 'https://127.0.0.1:7443');
    assert.deepEqual([after.key, after.pem], [before.key, before.pem]);
    assert.equal((await stat(join(folder, 'operator.kubeconfig'))).mode & 0o777, 0o600);
  });

  it('renews the server certificate in its last third under the same root, and when its key does not fit', async () => {
    const first = await ensureServerIdentity(options());
    const at = (days: number) => ({ now: () => region.clock.now() + days * DAY_MS, after: () => () => {} });
    assert.equal((await ensureServerIdentity(options({ clock: at(4.6) }))).renewed, false);
    const second = await ensureServerIdentity(options({ clock: at(4.7) }));
    assert.equal(second.renewed, true);
    assert.equal(second.ca, first.ca);
    assert.notEqual(second.certificate, first.certificate);
    await chmod(join(folder, 'server.key'), 0o600);
    await writeFile(join(folder, 'server.key'), newPersonalKey());
    assert.equal((await ensureServerIdentity(options({ clock: at(4.7) }))).renewed, true);
  });

  it('renews the operator’s own certificate in its last third, keeps the key, and revokes the old one', async () => {
    const at = (days: number) => ({ now: () => region.clock.now() + days * DAY_MS, after: () => () => {} });
    await bootstrapTrust(options());
    const first = await operator();
    await bootstrapTrust(options({ clock: at(240) }));
    assert.deepEqual(await operator().then(({ pem }) => pem), first.pem);
    await bootstrapTrust(options({ clock: at(250) }));
    const second = await operator();
    assert.notEqual(second.pem, first.pem);
    assert.equal(second.key, first.key);
    assert.equal(
      new X509Certificate(second.pem).validToDate.getTime(),
      region.clock.now() + (250 + 365) * DAY_MS,
    );
    const later = certificateAuthenticator({ ...region, clock: at(250) });
    const withPem = (pem: string) =>
      later.authenticate(REGION, { clientCertificate: new X509Certificate(pem).raw });
    assert.equal((await withPem(second.pem)).name, 'operator');
    await assert.rejects(withPem(first.pem), { reason: 'Unauthorized', message: /was revoked/ });
    assert.equal((await inRegion()).certificates.length, 1);
    // Long after its end too: it was never revoked, and whoever starts the region has its files anyway.
    await bootstrapTrust(options({ clock: at(2000) }));
    assert.notEqual((await operator()).pem, second.pem);
  });

  it('does not renew an operator’s certificate that was revoked', async () => {
    await bootstrapTrust(options());
    const { pem } = await operator();
    await region.bind(REGION, 'chief', 'region-operator', 'chief');
    await region.remove(REGION, ClientCertificate, 'operator-bootstrap');
    await bootstrapTrust(
      options({ clock: { now: () => region.clock.now() + 300 * DAY_MS, after: () => () => {} } }),
    );
    assert.equal((await operator()).pem, pem);
    assert.deepEqual((await inRegion()).certificates, []);
  });

  it('a name that came after the root was made is left out and named, and the region still starts', async () => {
    await ensureServerIdentity(options());
    const later = {
      dnsNames: [...NAMES.dnsNames, 'renamed-host'],
      ips: [...NAMES.ips, '10.9.8.7', '203.0.113.9'],
    };
    const identity = await ensureServerIdentity(options({ names: later }));
    assert.deepEqual(identity.uncertified, ['renamed-host', '203.0.113.9']);
    const certificate = new X509Certificate(identity.certificate);
    assert.equal(certificate.checkIP('10.9.8.7'), '10.9.8.7');
    assert.equal(certificate.checkHost('renamed-host'), undefined);
    assert.equal((await ensureServerIdentity(options({ names: later }))).renewed, false);
  });

  it('issues another operator in an emergency, on record as bootstrap, but not under a key that is not theirs', async () => {
    const { ca } = await bootstrapTrust(options());
    const emergency = { ...options(), user: 'rescuer', ca, key: newPersonalKey() };
    const text = await issueOperator(emergency);
    const config = new KubeConfig();
    config.loadFromString(text);
    assert.equal(config.getCurrentContext(), 'rescuer@lux');
    assert.equal(await issueOperator(emergency), text);
    await assert.rejects(issueOperator({ ...emergency, key: newPersonalKey() }), /is not for this key/);
  });
});

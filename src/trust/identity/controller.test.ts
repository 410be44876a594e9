import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { DAY_MS } from '../certificates/authority.ts';
import { ACME, sharedRequest, type TrustFixture, trustFixture } from '../testing/fixture.ts';
import { ClientCertificate } from './client-certificate.ts';
import { reconcileClientCertificate } from './controller.ts';

describe('signing ClientCertificates', () => {
  let region: TrustFixture;
  before(async () => {
    region = await trustFixture();
  });
  after(() => region.close());

  const make = (name: string, spec: Record<string, unknown>) =>
    region.make(ACME, ClientCertificate, { metadata: { name }, spec: { user: name, ...spec } });
  const reconcile = (name: string, now_ms = region.clock.now()) =>
    region.realms.use(ACME, (realm) =>
      reconcileClientCertificate({ name }, region.keyring, {
        realm,
        clock: { now: () => now_ms, after: () => () => {} },
        change: region.context(ACME),
      }),
    );
  const read = (name: string) =>
    region.realms.use(ACME, ({ view }) => {
      const object = view.get(ClientCertificate, { name });
      assert.ok(object);
      return object;
    });
  const head = () => region.realms.use(ACME, ({ view }) => view.revision);

  it('the status says what was signed, and the certificate says what the object says', async () => {
    await make('alice', { groups: ['developers'], request: await sharedRequest(), validity_days: 30 });
    await reconcile('alice');
    const { metadata, status } = await read('alice');
    const certificate = new X509Certificate(status?.certificate ?? '');
    const now = region.clock.now();
    assert.equal(certificate.subject, 'CN=alice\nO=developers');
    assert.equal(certificate.subjectAltName, `URI:urn:uuid:${metadata.uid}`);
    assert.equal(status?.serial, certificate.serialNumber.toLowerCase());
    assert.equal(Date.parse(status?.notAfter ?? ''), now + 30 * DAY_MS);
    assert.equal(Date.parse(status?.notBefore ?? ''), now - 5 * 60 * 1000);
    assert.equal(status?.observedGeneration, 1);
    assert.deepEqual(
      status?.conditions?.map(({ type, status, reason }) => [type, status, reason]),
      [['Ready', 'True', 'Signed']],
    );
  });

  it('a certificate is valid for a year when nothing else is said', async () => {
    await make('default', { request: await sharedRequest() });
    await reconcile('default');
    const { spec, status } = await read('default');
    assert.equal(spec.validity_days, 365);
    assert.equal(Date.parse(status?.notAfter ?? ''), region.clock.now() + 365 * DAY_MS);
  });

  it('each object is signed once: another pass changes nothing', async () => {
    await make('once', { request: await sharedRequest() });
    const again = await reconcile('once');
    const before = await head();
    assert.deepEqual(await reconcile('once'), again);
    assert.deepEqual(again, { retryAfter_ms: DAY_MS });
    assert.equal(await head(), before);
  });

  it('two replicas that sign at the same time leave one certificate', async () => {
    await make('race', { request: await sharedRequest() });
    await Promise.all([reconcile('race'), reconcile('race'), reconcile('race')]);
    const first = (await read('race')).status?.serial;
    await reconcile('race');
    assert.equal((await read('race')).status?.serial, first);
  });

  it('a bad request is a condition that says what is wrong and what to do, and is not tried again', async () => {
    await make('bad', { request: 'hello' });
    assert.equal(await reconcile('bad'), undefined);
    const { status } = await read('bad');
    assert.equal(status?.certificate, undefined);
    const [ready] = status?.conditions ?? [];
    assert.equal(ready?.status, 'False');
    assert.equal(ready?.reason, 'MalformedRequest');
    assert.match(
      ready?.message ?? '',
      /^spec\.request is not one PEM block.*openssl req -new.*make another/s,
    );
    const before = await head();
    await reconcile('bad');
    assert.equal(await head(), before);
  });

  it('an expired certificate is marked so', async () => {
    await make('old', { request: await sharedRequest(), validity_days: 1 });
    const next = await reconcile('old');
    assert.deepEqual(next, { retryAfter_ms: DAY_MS });
    assert.equal(await reconcile('old', region.clock.now() + DAY_MS), undefined);
    const { status } = await read('old');
    assert.equal(status?.conditions?.[0]?.reason, 'Expired');
    assert.match(status?.conditions?.[0]?.message ?? '', /expired on .*; make a new ClientCertificate/);
  });

  it('an object that is gone, or going, is left alone', async () => {
    assert.equal(await reconcile('nobody'), undefined);
    const metadata = { name: 'going', finalizers: ['test.example/hold'] };
    await region.make(ACME, ClientCertificate, {
      metadata,
      spec: { user: 'going', request: await sharedRequest() },
    });
    await region.remove(ACME, ClientCertificate, 'going');
    await reconcile('going');
    assert.equal((await read('going')).status?.certificate, undefined);
  });
});

import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { isStatusError } from '#kernel/errors.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import {
  type ClientAuthority,
  createClientAuthority,
  DAY_MS,
  openClientAuthority,
} from '../certificates/authority.ts';
import { signClientCertificate } from '../certificates/client.ts';
import { certificateTasks, type SigningIssuer, signingAlgorithm } from '../certificates/tasks.ts';
import * as x509 from '../certificates/x509.ts';
import { ACME, RIVAL, sharedRequest, type TrustFixture, trustFixture } from '../testing/fixture.ts';
import { certificateAuthenticator } from './authenticator.ts';
import { ClientCertificate } from './client-certificate.ts';

const REFUSED =
  'no valid credential for this address; use the kubeconfig that its administrator gave you, with a client certificate of this very realm';

describe('authentication by client certificate', () => {
  let region: TrustFixture;
  before(async () => {
    region = await trustFixture();
  });
  after(() => region.close());

  const authenticate = (realm: RealmId, der?: Uint8Array) =>
    region.authenticator.authenticate(realm, der ? { clientCertificate: der } : {});

  /** The message of the 401; any other outcome fails the test. */
  async function refusal(realm: RealmId, der?: Uint8Array): Promise<string> {
    try {
      const actor = await authenticate(realm, der);
      assert.fail(`let in as ${actor.name}`);
    } catch (error) {
      if (!isStatusError(error, 'Unauthorized')) throw error;
      assert.equal(error.code, 401);
      assert.equal(error.details, undefined);
      return error.message;
    }
  }

  /** The ClientCertificate of a credential, with its uid and key. */
  const holder = (realm: RealmId, name: string) =>
    region.realms.use(realm, ({ view }) => {
      const object = view.get(ClientCertificate, { name });
      assert.ok(object?.status?.certificate);
      const key = createPublicKey(object.status.certificate);
      return { uid: object.metadata.uid, spki: key.export({ type: 'spki', format: 'der' }) };
    });

  async function clientAuthority(realm: RealmId): Promise<ClientAuthority> {
    const authority = await region.keyring.clientAuthority(realm);
    assert.ok(authority);
    return authority;
  }

  it('the actor is the user and the groups of the ClientCertificate, with its serial on record', async () => {
    const credential = await region.credential(ACME, 'alice', ['developers', 'on-call']);
    const actor = await authenticate(ACME, credential.der);
    assert.deepEqual(actor, {
      realm: ACME,
      name: 'alice',
      groups: ['developers', 'on-call', 'system:authenticated'],
      credential: `certificate:${credential.serial}`,
      strength: 'certificate',
    });
    assert.deepEqual(await authenticate(ACME, credential.der), actor);
  });

  it('no certificate, a certificate of another realm, and an unknown realm are refused in the same words', async () => {
    const acme = await region.credential(ACME, 'in-acme');
    const rival = await region.credential(RIVAL, 'in-rival');
    const operator = await region.credential(REGION, 'an-operator');
    const refusals = await Promise.all([
      refusal(ACME),
      refusal(RIVAL, acme.der),
      refusal(ACME, rival.der),
      refusal(ACME, operator.der),
      refusal(RIVAL, operator.der),
      refusal(REGION, acme.der),
      refusal('/orgs/nowhere', acme.der),
      refusal('/orgs/nowhere', operator.der),
      refusal('/orgs/nowhere'),
      refusal(ACME, Buffer.from('not a certificate')),
      refusal(ACME, new Uint8Array(0)),
      refusal(ACME, new Uint8Array(100_000)),
      refusal(ACME, (await (await clientAuthority(ACME)).certificate()).raw),
    ]);
    assert.deepEqual(new Set(refusals), new Set([REFUSED]));
  });

  it('an unknown realm costs as many signature checks and looks into the key storage as a known one', async () => {
    const stranger = await region.credential(RIVAL, 'stranger');
    const looks: string[] = [];
    const authenticator = certificateAuthenticator({
      realms: region.realms,
      clock: region.clock,
      keyring: {
        // What goes to the storage: the first look at a realm not in memory, and every fresh one.
        async clientAuthority(realm, options) {
          const known = await region.keyring.clientAuthority(realm, options);
          if (options?.fresh === true || known === undefined) looks.push(realm);
          return known;
        },
      },
    });
    for (const realm of [ACME, '/orgs/nowhere'] as const) {
      await assert.rejects(authenticator.authenticate(realm, { clientCertificate: stranger.der }));
    }
    assert.deepEqual(looks, [ACME, '/orgs/nowhere']);
  });

  it('a certificate by a forged authority is refused, whatever it says', async () => {
    await region.credential(ACME, 'victim');
    const { uid, spki } = await holder(ACME, 'victim');
    const forged = openClientAuthority(createClientAuthority(region.clock.now()));
    const options = {
      user: 'victim',
      groups: [],
      objectUid: uid,
      spki,
      now_ms: region.clock.now(),
      validity_days: 1,
    };
    assert.equal(await refusal(ACME, (await signClientCertificate(forged, options)).der), REFUSED);
  });

  it('a certificate that the realm’s own authority signed but no object holds is refused', async () => {
    await region.credential(ACME, 'second');
    const { uid, spki } = await holder(ACME, 'second');
    const options = {
      user: 'second',
      groups: [],
      objectUid: uid,
      spki,
      now_ms: region.clock.now(),
      validity_days: 1,
    };
    const authority = await clientAuthority(ACME);
    const other = await signClientCertificate(authority, options);
    assert.match(
      await refusal(ACME, other.der),
      new RegExp(`^client certificate ${other.serial} was revoked`),
    );
    const nobody = await signClientCertificate(authority, {
      ...options,
      objectUid: '00000000-0000-4000-8000-000000000000',
    });
    assert.match(await refusal(ACME, nobody.der), /was revoked/);
  });

  it('a certificate in which any bit was changed, or that was made longer or shorter, is refused', async () => {
    const { der } = await region.credential(ACME, 'bits');
    assert.equal((await authenticate(ACME, der)).name, 'bits');
    for (let at = 0; at < der.length; at++) {
      const changed = Uint8Array.from(der);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      await assert.rejects(authenticate(ACME, changed), { reason: 'Unauthorized' }, `byte ${at}`);
    }
    await assert.rejects(authenticate(ACME, Buffer.concat([der, Buffer.from([0])])), {
      reason: 'Unauthorized',
    });
    await assert.rejects(authenticate(ACME, Buffer.concat([der, der])), { reason: 'Unauthorized' });
    await assert.rejects(authenticate(ACME, der.subarray(0, -1)), { reason: 'Unauthorized' });
  });

  it('a certificate for anything but client authentication is refused', async () => {
    await region.credential(ACME, 'third');
    const { uid, spki } = await holder(ACME, 'third');
    const issuers: SigningIssuer[] = [];
    // The realm's authority for this test, which lets its key be seen: a real one signs nothing of the kind.
    const authority = openClientAuthority(createClientAuthority(region.clock.now()), {
      ...certificateTasks,
      sign: (task) => {
        issuers.push(task.issuer);
        return certificateTasks.sign(task);
      },
    });
    const genuine = await signClientCertificate(authority, {
      user: 'third',
      groups: [],
      objectUid: uid,
      spki,
      now_ms: region.clock.now(),
      validity_days: 1,
    });
    const [issuer] = issuers;
    assert.ok(issuer);
    const uri = new x509.SubjectAlternativeNameExtension([{ type: 'url', value: `urn:uuid:${uid}` }]);
    const signed = async (...extensions: x509.Extension[]) => {
      const certificate = await x509.X509CertificateGenerator.create({
        subject: [{ CN: ['third'] }],
        issuer: [{ CN: [issuer.commonName] }],
        notBefore: new Date(region.clock.now()),
        notAfter: new Date(region.clock.now() + DAY_MS),
        signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
        publicKey: spki,
        signingKey: issuer.signingKey.toCryptoKey(signingAlgorithm(issuer.curve), false, ['sign']),
        extensions: [uri, ...extensions],
      });
      return new Uint8Array(certificate.rawData);
    };
    const { authenticate: authenticateHere } = certificateAuthenticator({
      realms: region.realms,
      keyring: { clientAuthority: async () => authority },
      clock: region.clock,
    });
    const said = (der: Uint8Array) =>
      authenticateHere(ACME, { clientCertificate: der }).catch((error: Error) => error.message);
    const usage = (oid: string) => new x509.ExtendedKeyUsageExtension([oid], true);
    const client = usage(x509.ExtendedKeyUsage.clientAuth);
    // Whoever signed it is right, so it comes as far as the object, which is not this certificate's.
    assert.match(String(await said(genuine.der)), /was revoked/);
    assert.match(String(await said(await signed(client))), /was revoked/);
    for (const extensions of [
      [usage(x509.ExtendedKeyUsage.serverAuth)],
      [],
      [client, new x509.BasicConstraintsExtension(true, 0, true)],
    ]) {
      assert.equal(await said(await signed(...extensions)), REFUSED);
    }
  });

  it('deleting the object revokes at once, and a new one under the same name does not bring the old certificate back', async () => {
    const credential = await region.credential(ACME, 'bob');
    assert.equal((await authenticate(ACME, credential.der)).name, 'bob');
    await region.remove(ACME, ClientCertificate, 'bob');
    const message = `client certificate ${credential.serial} was revoked; ask an administrator for a new ClientCertificate`;
    assert.equal(await refusal(ACME, credential.der), message);
    const again = await region.credential(ACME, 'bob');
    assert.equal(await refusal(ACME, credential.der), message);
    assert.equal((await authenticate(ACME, again.der)).name, 'bob');
  });

  it('a certificate whose object is only waiting for its finalizers is revoked already', async () => {
    const spec = {
      user: 'held',
      groups: [],
      request: await sharedRequest(),
    };
    await region.make(ACME, ClientCertificate, {
      metadata: { name: 'held', finalizers: ['test.example/hold'] },
      spec,
    });
    const credential = await region.sign(ACME, 'held');
    assert.equal((await authenticate(ACME, credential.der)).name, 'held');
    await region.remove(ACME, ClientCertificate, 'held');
    assert.match(await refusal(ACME, credential.der), /was revoked/);
  });

  it('an expired certificate says when it expired and counts no more, to the second', async () => {
    const credential = await region.credential(ACME, 'carol');
    const end = new X509Certificate(credential.pem).validToDate.getTime();
    let now_ms = end;
    // Its own clock: the region's would run a year of the store's timers.
    const { authenticate: at } = certificateAuthenticator({
      ...region,
      clock: { now: () => now_ms, after: () => () => {} },
    });
    const credentials = { clientCertificate: credential.der };
    assert.equal((await at(ACME, credentials)).name, 'carol');
    now_ms = end + 1;
    const date = `${new Date(end).toISOString().slice(0, 19)}Z`;
    await assert.rejects(at(ACME, credentials), {
      reason: 'Unauthorized',
      message: `client certificate ${credential.serial} expired on ${date}; ask an administrator for a new ClientCertificate`,
    });
    now_ms = new X509Certificate(credential.pem).validFromDate.getTime() - 1;
    await assert.rejects(at(ACME, credentials), {
      reason: 'Unauthorized',
      message: /later than this region’s clock/,
    });
  });

  it('a realm that is destroyed and made anew under its name knows none of its old certificates', async () => {
    const realm = '/orgs/phoenix' as const;
    await region.realms.create(realm);
    const old = await region.credential(realm, 'dora');
    assert.equal((await authenticate(realm, old.der)).name, 'dora');
    await region.realms.destroy(realm);
    assert.equal(await refusal(realm, old.der), REFUSED);
    await region.realms.create(realm);
    assert.notEqual((await region.credential(realm, 'dora')).serial, old.serial);
    assert.equal(await refusal(realm, old.der), REFUSED);
  });
});

/** What the ACME server refuses, whoever asks and however they put it. */
import assert from 'node:assert/strict';
import { createHmac, createPrivateKey, generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { AcmeAccount } from './account.ts';
import { IssuedCertificate } from './issued-certificate.ts';
import { ORDER_MS } from './limits.ts';
import { AcmeClient, type Answer, csrOf, newKey } from './testing/client.ts';
import { ACME, type AcmeFixture, acmeFixture, PROJECT, RIVAL } from './testing/fixture.ts';

const WEB = 'web.front.shop.acme.internal';
const API = 'api.front.shop.acme.internal';

describe('ACME refuses', () => {
  let region: AcmeFixture;
  let client: AcmeClient;
  const clients: AcmeClient[] = [];
  let accounts = 0;

  async function registered(
    names: readonly string[] = [WEB, API],
    validation?: 'http-01',
  ): Promise<AcmeClient> {
    accounts += 1;
    const spec = { names: [...names], ...(validation === undefined ? {} : { validation }) };
    const one = await stranger();
    const answer = await one.register(await region.account(`a${accounts}`, spec));
    assert.equal(answer.code, 201, answer.text);
    return one;
  }
  async function stranger(directory = region.directory(), alg?: 'EdDSA' | 'RS256'): Promise<AcmeClient> {
    const one = new AcmeClient(directory, region.ca, await newKey(alg));
    clients.push(one);
    return one;
  }
  before(async () => {
    region = await acmeFixture();
    for (const name of [WEB, API, 'web.front.shop.rival.internal']) region.instances.set(name, {});
    client = await registered();
  });
  // So that no test meets the limit of requests of one address.
  beforeEach(() => region.moveOn(60_000));
  after(async () => {
    for (const one of clients) one.close();
    await region?.close();
  });

  const refused = (answer: Answer, problem: string, words?: RegExp, code?: number) => {
    assert.equal(answer.problem, problem, answer.text);
    if (words) assert.match(String(answer.json.detail), words);
    if (code !== undefined) assert.equal(answer.code, code);
    assert.ok(answer.code >= 400 && answer.code < 500);
  };

  it('a nonce that was used, one that nobody made, one of another organization, and one that is too old', async () => {
    const nonce = await client.nonce();
    assert.equal(
      (await client.post('/new-order', { identifiers: [{ type: 'dns', value: WEB }] }, { nonce })).code,
      201,
    );
    const again = await client.post('/new-order', { identifiers: [{ type: 'dns', value: WEB }] }, { nonce });
    refused(again, 'badNonce', /used before/, 400);
    assert.notEqual(again.headers['replay-nonce'], undefined);
    refused(await client.post('/new-order', {}, { nonce: 'AAAAAAAAAAAAAAAAAAAAAAAA' }), 'badNonce');
    const rival = await stranger(region.directory(RIVAL));
    refused(await client.post('/new-order', {}, { nonce: await rival.nonce() }), 'badNonce');
    const old = await client.nonce();
    region.moveOn(11 * 60_000);
    refused(await client.post('/new-order', {}, { nonce: old }), 'badNonce');
  });

  it('a replayed request, byte for byte', async () => {
    const url = `${client.base}/new-order`;
    const jws = await client.jws(url, { identifiers: [{ type: 'dns', value: WEB }] });
    assert.equal((await client.send('POST', url, jws)).code, 201);
    refused(await client.send('POST', url, jws), 'badNonce');
  });

  it('a request for another address, or signed for one', async () => {
    const order = { identifiers: [{ type: 'dns', value: WEB }] };
    refused(
      await client.post('/new-order', order, { url: `${client.base}/new-account` }),
      'unauthorized',
      /url/,
    );
    refused(await client.post('/new-order', order, { path: `${client.base}/key-change` }), 'unauthorized');
    const other = region.directory(RIVAL).replace('directory', 'new-order');
    refused(await client.post('/new-order', order, { path: other }), 'unauthorized');
  });

  it('a name that is not the region’s: answers and signatures are about its own address, whatever Host says', async () => {
    const port = new URL(region.url).port;
    const under = async (host: string) => {
      const answer = await client.send('GET', region.directory(), undefined, undefined, { Host: host });
      return String(answer.json.newOrder).replace(`${ACME}/acme/new-order`, '');
    };
    assert.equal(await under(`localhost:${port}`), `https://localhost:${port}`);
    for (const host of [
      'evil.example',
      `127.0.0.1:${port}`,
      `localhost:${port}@evil.example`,
      'localhost:port',
      'lux.casemate.internal.evil.example',
    ]) {
      assert.equal(await under(host), region.url, host);
    }
  });

  it('algorithms that are none, symmetric, or not the key’s: none, HS256 under the public key, ES384 with P-256', async () => {
    const url = `${client.base}/new-order`;
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const alg of ['none', 'HS256', 'HS512', 'ES256K', 'RSA1_5', 'dir']) {
      const head = encode({ alg, nonce: await client.nonce(), url, kid: client.kid });
      const payload = encode({ identifiers: [{ type: 'dns', value: WEB }] });
      // As a verifier would compute it that takes the public key for an HMAC key.
      const hmacKey = JSON.stringify(client.key.jwk);
      const signature =
        alg === 'none' ? '' : createHmac('sha256', hmacKey).update(`${head}.${payload}`).digest('base64url');
      const answer = await client.send('POST', url, JSON.stringify({ protected: head, payload, signature }));
      refused(answer, 'badSignatureAlgorithm', undefined, 400);
      assert.ok(Array.isArray(answer.json.algorithms) && !answer.json.algorithms.includes(alg));
    }
    const jws = JSON.parse(await client.jws(url, {}));
    const header = JSON.parse(Buffer.from(jws.protected, 'base64url').toString());
    jws.protected = encode({ ...header, alg: 'ES384' });
    refused(await client.send('POST', url, JSON.stringify(jws)), 'badPublicKey');
  });

  it('keys that are private, symmetric or weak, and headers that name a key twice or not at all', async () => {
    const one = await stranger();
    const { d } = createPrivateKey(one.key.privateKey.export({ type: 'pkcs8', format: 'pem' })).export({
      format: 'jwk',
    });
    refused(
      await one.post('/new-account', {}, { header: { jwk: { ...one.key.jwk, d } } }),
      'badPublicKey',
      /private/,
    );
    refused(
      await one.post('/new-account', {}, { header: { jwk: { kty: 'oct', k: 'AAAA' } } }),
      'badPublicKey',
    );
    refused(await one.post('/new-account', {}, { header: { kid: 'x' } }), 'malformed', /not both/);
    refused(await one.post('/new-account', {}, { header: { jwk: undefined } }), 'malformed', /not both/);
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const key = { privateKey: weak.privateKey, jwk: weak.publicKey.export({ format: 'jwk' }), alg: 'RS256' };
    const url = `${one.base}/new-account`;
    // The library that signs refuses such a key as well: whatever the signature, the key is looked at first.
    const head = Buffer.from(JSON.stringify({ alg: 'RS256', nonce: await one.nonce(), url, jwk: key.jwk }));
    const sent = { protected: head.toString('base64url'), payload: 'e30', signature: 'AAAA' };
    refused(await one.send('POST', url, JSON.stringify(sent)), 'badPublicKey');
  });

  it('a signature of another key, a changed payload, and what is no JWS', async () => {
    refused(await client.post('/new-order', {}, { key: await newKey() }), 'malformed', /signature/);
    const url = `${client.base}/new-order`;
    const jws = JSON.parse(await client.jws(url, { identifiers: [{ type: 'dns', value: WEB }] }));
    const payload = Buffer.from(JSON.stringify({ identifiers: [{ type: 'dns', value: API }] })).toString(
      'base64url',
    );
    refused(await client.send('POST', url, JSON.stringify({ ...jws, payload })), 'malformed', /signature/);
    for (const body of ['', '[]', '{}', 'null', '{"protected":1,"payload":"","signature":""}', '\u0000']) {
      refused(await client.send('POST', url, body), 'malformed');
    }
    refused(await client.send('POST', url, JSON.stringify({ ...jws, header: { alg: 'none' } })), 'malformed');
    refused(
      await client.send('POST', url, JSON.stringify(jws), 'application/json'),
      'malformed',
      undefined,
      415,
    );
    refused(
      await client.send('POST', url, JSON.stringify({ big: 'x'.repeat(40_000) })),
      'malformed',
      undefined,
      413,
    );
    refused(await client.send('GET', url), 'malformed', undefined, 405);
    refused(await client.send('GET', `${client.base}/elsewhere`), 'malformed');
  });

  it('registration without an external account, with a wrong HMAC key, another’s key, or one that is used up', async () => {
    const one = await stranger();
    refused(await one.post('/new-account', {}), 'externalAccountRequired', undefined, 403);
    const binding = await region.account('eab', { names: [WEB] });
    const wrong = await one.bindingOf({ ...binding, hmacKey: Buffer.alloc(32).toString('base64url') });
    refused(await one.post('/new-account', { externalAccountBinding: wrong }), 'unauthorized', /HMAC/);
    const other = await stranger();
    const foreign = await other.bindingOf(binding);
    refused(await one.post('/new-account', { externalAccountBinding: foreign }), 'malformed', /another key/);
    const none = (await one.bindingOf(binding)) as { protected: string };
    const head = { ...JSON.parse(Buffer.from(none.protected, 'base64url').toString()), alg: 'none' };
    const unsigned = {
      ...none,
      protected: Buffer.from(JSON.stringify(head)).toString('base64url'),
      signature: '',
    };
    refused(await one.post('/new-account', { externalAccountBinding: unsigned }), 'badSignatureAlgorithm');
    const elsewhere = await one.bindingOf(binding, { url: `${one.base}/new-order` });
    refused(await one.post('/new-account', { externalAccountBinding: elsewhere }), 'malformed', /url/);
    assert.equal((await one.register(binding)).code, 201);
    refused(await other.register(binding), 'unauthorized', /registered with this external account/);
    // An external account of one organization is nobody in another.
    const rival = await stranger(region.directory(RIVAL));
    refused(await rival.register(await region.account('eab2', { names: [WEB] })), 'unauthorized');
    assert.ok(
      region.records.some(({ actor, decision }) => actor === 'system:acme:eab' && decision === 'denied'),
    );
  });

  it('an account of two organizations: the address of one is nobody at the other', async () => {
    const rival = await stranger(region.directory(RIVAL));
    rival.kid = client.kid;
    refused(await rival.post('/new-order', {}), 'accountDoesNotExist', undefined, 400);
    rival.kid = String(client.kid).replace(ACME, RIVAL);
    refused(await rival.post('/new-order', {}), 'accountDoesNotExist');
  });

  it('another account’s order, authorization, challenge and certificate, as if they were not there', async () => {
    const other = await registered();
    const { order } = await client.obtain(WEB);
    const url = String(order.headers.location);
    const id = url.slice(url.lastIndexOf('/') + 1);
    for (const path of [
      url,
      `/authorization/${id}/0`,
      `/challenge/${id}/0`,
      `${url}/finalize`,
      String(order.json.certificate),
    ]) {
      refused(await other.post(path, undefined), 'malformed', /no such/, 404);
    }
    refused(await other.post(String(client.kid), { contact: [] }), 'unauthorized', /another account/);
    refused(await other.post(`${client.kid}/orders`), 'unauthorized');
  });

  it('names outside the account, the project, the organization; wildcards; addresses; names that are no names', async () => {
    const wild = await registered(['*.front.shop.acme.internal']);
    const wish = (value: unknown, type = 'dns') =>
      wild.post('/new-order', { identifiers: [{ type, value }] });
    assert.equal((await wild.order(WEB)).code, 201);
    refused(await wild.order('*.front.shop.acme.internal'), 'rejectedIdentifier', /wildcards/, 403);
    for (const name of [
      'web.front.shop.rival.internal',
      'web.front.bank.acme.internal',
      'web.back.shop.acme.internal',
      'a.web.front.shop.acme.internal',
      'front.shop.acme.internal',
      'acme.internal',
      'lux.casemate.internal',
      'localhost',
      'web.front.shop.acme.internal.',
      'web.front.shop.acme.internal\u0000.rival.internal',
      'wéb.front.shop.acme.internal',
      'xn--.front.shop.acme.internal.evil.example',
      '',
    ]) {
      refused(await wild.order(name), 'rejectedIdentifier');
    }
    refused(await wish('127.0.0.1', 'ip'), 'unsupportedIdentifier');
    refused(await wish(7), 'malformed');
    refused(await wild.post('/new-order', { identifiers: [] }), 'malformed');
    refused(await wild.order(WEB, WEB.toUpperCase()), 'malformed', /once/);
    refused(
      await wild.order(...Array.from({ length: 21 }, (_, at) => `w${at}.front.shop.acme.internal`)),
      'malformed',
    );
    const notAfter = new Date(Date.now() + 86_400_000 * 300).toISOString();
    const long = { identifiers: [{ type: 'dns', value: WEB }], notAfter };
    refused(await wild.post('/new-order', long), 'malformed', /notAfter/);
  });

  it('signing requests with other names than ordered, more than names, a key of an authority, the account’s key, or none', async () => {
    const order = await client.order(WEB);
    const finalize = String(order.json.finalize);
    const finish = async (csr: unknown) => client.post(finalize, { csr });
    refused(await finish(await csrOf([WEB, API])), 'badCSR', /not ordered: api/);
    refused(await finish(await csrOf([API])), 'badCSR', /missing: web/);
    refused(await finish(await csrOf([])), 'badCSR', /missing/);
    refused(await finish(await csrOf(['*.front.shop.acme.internal'])), 'badCSR');
    refused(await finish(await csrOf(['127.0.0.1'], undefined, 'ip')), 'badCSR', /more than DNS names/);
    refused(await finish(undefined), 'badCSR');
    refused(await finish('AAAA'), 'badCSR', /PKCS#10/);
    refused(await finish('A'.repeat(12_000)), 'badCSR', /at most/);
    // Signed by another key than it names.
    const good = Buffer.from(await csrOf([WEB]), 'base64url');
    good[good.length - 1] = (good.at(-1) ?? 0) ^ 1;
    refused(await finish(good.toString('base64url')), 'badCSR');
    const own = await pairOf(client.key.privateKey.export({ type: 'pkcs8', format: 'der' }));
    refused(await finish(await csrOf([WEB], own)), 'badCSR', /account/);
    const material = await region.keyring.material.get(ACME, 'issuer.000001');
    assert.ok(material);
    const issuer = await pairOf(material.subarray(3, 3 + material.readUInt16BE(1)));
    refused(await finish(await csrOf([WEB], issuer)), 'badCSR', /authority/);
    // None of this used the order up.
    assert.equal((await finish(await csrOf([WEB]))).json.status, 'valid');
  });

  it('a second certificate for one order: finishing again gives the first', async () => {
    const order = await client.order(WEB);
    const finalize = String(order.json.finalize);
    const both = await Promise.all(
      [1, 2, 3].map(async () => client.post(finalize, { csr: await csrOf([WEB]) })),
    );
    const addresses = new Set(both.map(({ json }) => json.certificate));
    assert.equal(addresses.size, 1, JSON.stringify([...addresses]));
    const again = await client.post(finalize, { csr: await csrOf([API]) });
    assert.deepEqual([again.json.status, addresses.has(again.json.certificate)], ['valid', true]);
  });

  it('finishing before every name is proven, and an order that is too old', async () => {
    const careful = await registered([WEB], 'http-01');
    const order = await careful.order(WEB);
    assert.equal(order.json.status, 'pending');
    const early = await careful.post(String(order.json.finalize), { csr: await csrOf([WEB]) });
    refused(early, 'orderNotReady', /pending/, 403);
    const later = await client.order(WEB);
    region.moveOn(ORDER_MS + 1_000);
    const late = await client.post(String(later.json.finalize), { csr: await csrOf([WEB]) });
    refused(late, 'malformed', /no such order/, 404);
  });

  it('what an account may no more: a name taken from it, an instance that is gone, after the order began', async () => {
    const one = await registered([WEB, API]);
    const name = `a${accounts}`;
    const order = await one.order(WEB, API);
    await region.use(ACME, ({ resources }) =>
      resources.modify(AcmeAccount, { namespace: PROJECT, name }, region.context(ACME), (current) => ({
        ...current,
        spec: { ...current.spec, names: [WEB] },
      })),
    );
    const csr = await csrOf([WEB, API]);
    refused(await one.post(String(order.json.finalize), { csr }), 'rejectedIdentifier', /none of the names/);
    const second = await one.order(WEB);
    region.instances.delete(WEB);
    const gone = await one.post(String(second.json.finalize), { csr: await csrOf([WEB]) });
    region.instances.set(WEB, {});
    refused(gone, 'rejectedIdentifier', /no instance/);
  });

  it('everything of an account that was deactivated, or deleted, at once', async () => {
    const one = await registered();
    const { pem } = await one.obtain(WEB);
    const order = await one.order(WEB);
    assert.equal((await one.post(String(one.kid), { status: 'deactivated' })).json.status, 'deactivated');
    const certificate = new X509Certificate(pem).raw.toString('base64url');
    refused(await one.order(WEB), 'unauthorized', /deactivated/);
    refused(await one.post(String(order.json.finalize), { csr: await csrOf([WEB]) }), 'unauthorized');
    refused(await one.post('/revoke-cert', { certificate }), 'unauthorized');
    const again = new AcmeClient(region.directory(), region.ca, one.key);
    clients.push(again);
    refused(await again.post('/new-account', { onlyReturnExisting: true }), 'unauthorized');
    const two = await registered();
    await region.use(ACME, ({ resources }) =>
      resources.delete(AcmeAccount, { namespace: PROJECT, name: `a${accounts}` }, region.context(ACME)),
    );
    refused(await two.order(WEB), 'accountDoesNotExist');
  });

  it('revocation by somebody else; by the certificate’s own key it is granted, once', async () => {
    const other = await registered();
    const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ]);
    const order = await client.order(WEB);
    const finished = await client.post(String(order.json.finalize), { csr: await csrOf([WEB], keys) });
    const { text } = await client.post(String(finished.json.certificate));
    const certificate = new X509Certificate(text).raw.toString('base64url');
    refused(await other.post('/revoke-cert', { certificate }), 'unauthorized');
    refused(await (await stranger()).post('/revoke-cert', { certificate }), 'unauthorized');
    refused(await client.post('/revoke-cert', { certificate, reason: 6 }), 'badRevocationReason');
    refused(await client.post('/revoke-cert', { certificate: 'AAAA' }), 'malformed');
    const root = new X509Certificate(region.ca).raw.toString('base64url');
    refused(await client.post('/revoke-cert', { certificate: root }), 'unauthorized');
    const privateKey = createPrivateKey({
      key: Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
      format: 'der',
      type: 'pkcs8',
    });
    const { kty = '', crv = '', x = '', y = '' } = await webcrypto.subtle.exportKey('jwk', keys.publicKey);
    const holder = new AcmeClient(region.directory(), region.ca, {
      privateKey,
      jwk: { kty, crv, x, y },
      alg: 'ES256',
    });
    clients.push(holder);
    assert.equal((await holder.post('/revoke-cert', { certificate, reason: 1 })).code, 200);
    const again = await holder.post('/revoke-cert', { certificate });
    // Until the controller has come, it is known to be revoked; afterwards it is not known any more.
    assert.ok(['alreadyRevoked', 'unauthorized'].includes(String(again.problem)), again.text);
  });

  it('a change to a key that is in use, not proven, or of another account; a right one takes effect at once', async () => {
    const one = await registered();
    const url = `${one.base}/key-change`;
    const change = async (
      fresh: Awaited<ReturnType<typeof newKey>>,
      payload: object,
      header: object = {},
    ) => {
      const inner = new AcmeClient(region.directory(), region.ca, fresh);
      clients.push(inner);
      return one.post(
        '/key-change',
        JSON.parse(await inner.jws(url, payload, { header: { nonce: undefined, ...header } })),
      );
    };
    const fresh = await newKey();
    const right = { account: one.kid, oldKey: one.key.jwk };
    refused(await change(fresh, { ...right, account: client.kid }), 'malformed', /another account/);
    refused(await change(fresh, { ...right, oldKey: client.key.jwk }), 'malformed', /oldKey/);
    refused(await change(fresh, right, { url: `${one.base}/new-order` }), 'malformed', /url/);
    const taken = await change(client.key, right);
    refused(taken, 'malformed', /bound to an account/, 409);
    assert.equal(taken.headers.location, client.kid);
    refused(await one.post('/key-change', { protected: '', payload: '', signature: '' }), 'malformed');
    assert.equal((await change(fresh, right)).code, 200);
    refused(await one.order(WEB), 'malformed', /signature/);
    const changed = new AcmeClient(region.directory(), region.ca, fresh);
    changed.kid = one.kid;
    clients.push(changed);
    assert.equal((await changed.order(WEB)).code, 201);
  });

  it('contacts that are no mail addresses', async () => {
    refused(await client.post(String(client.kid), { contact: ['tel:+352'] }), 'unsupportedContact');
    refused(
      await client.post(String(client.kid), { contact: ['mailto:a@b.example,c@d.example'] }),
      'invalidContact',
    );
    refused(
      await client.post(String(client.kid), { contact: Array(9).fill('mailto:a@b.example') }),
      'invalidContact',
    );
    const answer = await client.post(String(client.kid), { contact: ['mailto:ops@acme.example'] });
    assert.deepEqual(answer.json.contact, ['mailto:ops@acme.example']);
  });

  it('more certificates than the AcmeAccount allows', async () => {
    accounts += 1;
    const one = await stranger();
    await one.register(await region.account(`a${accounts}`, { names: [WEB], certificates_max: 1 }));
    await one.obtain(WEB);
    const order = await one.order(WEB);
    const more = await one.post(String(order.json.finalize), { csr: await csrOf([WEB]) });
    refused(more, 'rateLimited', /certificates_max/, 429);
    assert.ok(Number(more.headers['retry-after']) > 0);
  });

  it('more requests from one address than anybody needs', async () => {
    for (let at = 0; at < 10_000; at++) {
      const answer = await client.send('HEAD', `${client.base}/new-nonce`);
      if (answer.code === 200) continue;
      assert.equal(answer.code, 429);
      assert.ok(Number(answer.headers['retry-after']) > 0);
      return;
    }
    assert.fail('it never said no');
  });

  it('certificates of the region’s own zone for an organization that is called as it', async () => {
    await region.realms.create('/orgs/casemate');
    await assert.rejects(region.issuers.organization('/orgs/casemate'), /the region's own/);
  });

  it('forged records: nobody makes an IssuedCertificate or a Revocation by hand, nor takes one back', async () => {
    const actor = {
      realm: ACME,
      name: 'alice',
      groups: ['system:authenticated'],
      credential: 'certificate:1',
    };
    const [one] = await region.use(ACME, ({ view }) => view.list(IssuedCertificate));
    assert.ok(one);
    await assert.rejects(
      region.use(ACME, ({ resources }) =>
        resources.create(
          IssuedCertificate,
          PROJECT,
          { metadata: { name: 'forged' }, spec: one.spec },
          { ...region.context(ACME), actor },
        ),
      ),
      /issued over ACME/,
    );
  });
});

async function pairOf(pkcs8: Uint8Array): Promise<webcrypto.CryptoKeyPair> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const privateKey = await webcrypto.subtle.importKey('pkcs8', Uint8Array.from(pkcs8), algorithm, true, [
    'sign',
  ]);
  const { kty = '', crv = '', x = '', y = '' } = await webcrypto.subtle.exportKey('jwk', privateKey);
  const publicKey = await webcrypto.subtle.importKey('jwk', { kty, crv, x, y }, algorithm, true, ['verify']);
  return { privateKey, publicKey };
}

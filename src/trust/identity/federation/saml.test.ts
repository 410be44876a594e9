import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import type { Browser } from '../testing/browser.ts';
import { ACME } from '../testing/fixture.ts';
import type { IdentityProviderObject } from './identity-provider.ts';
import { SKEW_MS } from './limits.ts';
import { shaped } from './saml-shape.ts';
import { samlAcs, samlUpstreams } from './saml-upstream.ts';
import { type FederationFixture, federationFixture } from './testing/fixture.ts';
import { type Assertion, encoded, type SamlIdp, samlIdp } from './testing/saml-idp.ts';

const ENTITY = 'https://idp.ministry.example/saml';

describe('signing in with an organization’s own SAML 2.0 identity provider', () => {
  let region: FederationFixture;
  let idp: SamlIdp;
  let acs: string;
  before(async () => {
    region = await federationFixture();
    const base = `${region.url}${ACME}`;
    acs = samlAcs(base, 'ministry');
    const spec = (certificates: readonly string[]) => ({
      type: 'saml',
      displayName: 'Ministry',
      saml: { entityId: ENTITY, ssoUrl: `${ENTITY}/sso`, certificates },
      mapping: { user: 'mail', email: 'mail', displayName: 'cn', groups: 'groups', groupPrefix: 'ministry.' },
      autoCreateUsers: true,
    });
    const metadata = await samlUpstreams(region.clock).metadata(
      { metadata: { name: 'ministry' }, spec: spec([region.ca]) } as unknown as IdentityProviderObject,
      base,
    );
    idp = await samlIdp(ENTITY, metadata, acs);
    await region.provider('ministry', spec([idp.certificate]));
    assert.equal((await region.browser().get(`${base}/saml/ministry/metadata`)).text, metadata);
  });
  after(() => region.close());

  const attributes = {
    mail: ['alice@ministry.example'],
    cn: ['Alice Muller'],
    groups: ['Developers', 'Auditors'],
  };

  it('knows them by what it signed, in the browser that asked, whatever RelayState says', async () => {
    const browser = region.browser();
    const leaving = await region.leave(browser, 'ministry');
    const location = leaving.answer.location ?? '';
    assert.equal(new URL(location).origin + new URL(location).pathname, idp.ssoUrl);
    assert.equal(new URL(location).searchParams.get('RelayState'), null);
    const inResponseTo = await idp.requestId(location);
    const xml = await idp.sign(idp.response({ inResponseTo, attributes }));
    // Posted by a page of the provider: no cookie of ours comes along.
    const fields = { SAMLResponse: encoded(xml), RelayState: 'https://evil.example/' };
    const posted = await region.browser().post(acs, fields);
    assert.equal(posted.code, 303, posted.text);
    assert.equal(new URL(posted.location ?? '').origin, region.url);
    const { page, token } = await region.arrive(browser, leaving, await browser.get(posted.location ?? ''));
    assert.ok(token, page.text);
    const user = await region.found('alice.ministry.example');
    assert.deepEqual(user?.spec, {
      displayName: 'Alice Muller',
      email: 'alice@ministry.example',
      identityProvider: 'ministry',
      subject: 'alice-subject',
    });
    assert.deepEqual(user?.status?.federatedGroups, ['ministry.developers', 'ministry.auditors']);

    const replayed = await region.browser().post(acs, fields);
    assert.deepEqual([replayed.code, /has ended or was begun/.test(replayed.text)], [400, true]);
    assert.equal((await browser.get(posted.location ?? '')).code, 400);
  });

  it('takes no response that nobody asked for, nor one in a browser that did not', async () => {
    const unasked = await idp.sign(
      idp.response({ inResponseTo: '_0123456789abcdef0123456789abcdef', attributes }),
    );
    const posted = await region.browser().post(acs, { SAMLResponse: encoded(unasked) });
    assert.equal(posted.code, 400);
    const without = (await idp.sign(idp.response({ inResponseTo: 'x', attributes }))).replace(
      / InResponseTo="x"/,
      '',
    );
    assert.match((await region.browser().post(acs, { SAMLResponse: encoded(without) })).text, /InResponseTo/);

    const victim: Browser = region.browser();
    const attacker: Browser = region.browser();
    const theirs = await region.leave(attacker, 'ministry');
    const inResponseTo = await idp.requestId(theirs.answer.location ?? '');
    const xml = await idp.sign(idp.response({ inResponseTo, nameId: 'attacker', attributes }));
    const sent = await region.browser().post(acs, { SAMLResponse: encoded(xml) });
    // The attacker sends the victim to the end of their own sign-in.
    await region.leave(victim, 'ministry');
    const led = await victim.get(sent.location ?? '');
    assert.equal(led.code, 400);
    assert.equal((await region.browser().get(acs)).code, 404);
    assert.equal((await region.browser().post(acs.replace('ministry', 'nobody'), {})).code, 404);
  });
});

describe('a SAML response', () => {
  const NOW_MS = Date.parse('2026-11-21T12:00:00Z');
  const REQUEST = '_1f0c8f7b4e6f4d3fb7d5';
  const BASE = 'https://region.example:6443/orgs/acme';
  const ACS = samlAcs(BASE, 'ministry');
  const clock = new ManualClock(NOW_MS);
  const upstreams = samlUpstreams(clock);
  let idp: SamlIdp;
  let other: SamlIdp;
  let provider: IdentityProviderObject;
  before(async () => {
    const of = (certificate: string, entityId = ENTITY) =>
      ({
        metadata: { name: 'ministry' },
        spec: {
          type: 'saml',
          displayName: 'Ministry',
          saml: { entityId, ssoUrl: `${ENTITY}/sso`, certificates: [certificate] },
          mapping: { user: 'mail', email: 'mail', displayName: 'cn' },
          autoCreateUsers: true,
        },
      }) as unknown as IdentityProviderObject;
    const metadata = `entityID="${BASE}/saml/ministry/metadata"`;
    idp = await samlIdp(ENTITY, metadata, ACS);
    other = await samlIdp(ENTITY, metadata, ACS);
    provider = of(idp.certificate);
  });

  const plain = (more: Partial<Assertion> = {}) =>
    idp.response({ inResponseTo: REQUEST, now_ms: NOW_MS, ...more });
  const signed = (more: Partial<Assertion> = {}) => idp.sign(plain(more));
  const accepts = async (xml: string) => upstreams.finish(provider, BASE, shaped(encoded(xml)));
  /** As if nobody had looked at its shape first. */
  const acceptsUnlooked = (xml: string) =>
    upstreams.finish(provider, BASE, { xml, inResponseTo: REQUEST, destination: undefined });

  it('counts when it is signed, for us, now, and in answer to our request', async () => {
    const { claims, subject } = await accepts(
      await signed({ attributes: { mail: ['a@b.example'], groups: ['x', 'y'] } }),
    );
    assert.equal(subject, 'alice-subject');
    assert.deepEqual({ ...claims }, { mail: 'a@b.example', groups: ['x', 'y'] });
    const both = await idp.sign(plain(), { assertion: true, response: true });
    assert.equal((await accepts(both)).subject, 'alice-subject');
  });

  it('counts within its times by our clock, and a minute around them', async () => {
    const life = 300_000;
    const at = (issued_ms: number) => signed({ now_ms: issued_ms });
    await accepts(await at(NOW_MS + SKEW_MS - 2_000));
    await accepts(await at(NOW_MS - life - SKEW_MS + 1_000));
    await assert.rejects(accepts(await at(NOW_MS - life - SKEW_MS)), /expired/);
    await assert.rejects(accepts(await at(NOW_MS + SKEW_MS + 1_000)), /later time/);
  });

  it('does not count when it says anything else', async () => {
    const wrong: readonly (readonly [Partial<Assertion>, RegExp])[] = [
      [{ audience: 'https://somebody-else.example' }, /audience/],
      [{ without: ['AudienceRestriction'] }, /AudienceRestriction/],
      [{ without: ['Conditions'] }, /one Conditions|Conditions|AudienceRestriction/],
      [{ without: ['AuthnStatement'] }, /anybody signed in/],
      [{ without: ['Subject'] }, /one Subject/],
      [{ recipient: 'https://somebody-else.example/acs' }, /another recipient/],
      [{ destination: 'https://somebody-else.example/acs' }, /another address/],
      [{ issuer: 'https://other-idp.example' }, /issuer/],
      [{ confirms: '_another' }, /InResponseTo|another request/],
      [{ method: 'urn:oasis:names:tc:SAML:2.0:cm:holder-of-key' }, /bearer/],
      [{ notOnOrAfter_ms: NOW_MS - SKEW_MS }, /expired/],
      [{ notBefore_ms: NOW_MS + SKEW_MS + 1 }, /later time/],
    ];
    for (const [more, why] of wrong) {
      await assert.rejects(signed(more).then(accepts), why, JSON.stringify(more));
    }
    const transient = await accepts(
      await signed({ format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' }),
    );
    assert.equal(transient.subject, undefined);
  });

  it('does not count when what says so is not signed by its provider', async () => {
    await assert.rejects(accepts(plain()), /must be signed/);
    const responseOnly = await idp.sign(plain(), { assertion: false, response: true });
    await assert.rejects(accepts(responseOnly), /[Ii]nvalid signature/);
    await assert.rejects(accepts(await other.sign(plain())), /[Ii]nvalid signature/);
    const genuine = await signed();
    await assert.rejects(accepts(genuine.replace('alice-subject', 'admin-subject')), /[Ii]nvalid signature/);
    await assert.rejects(
      accepts(genuine.replace(/<ds:DigestValue>..../, '<ds:DigestValue>AAAA')),
      /[Ii]nvalid signature/,
    );
    await assert.rejects(
      accepts(await idp.sign(plain(), { sha1: true })),
      /not accepted for SignatureMethod/,
    );
    const hmac = genuine.replace('xmldsig-more#rsa-sha256', 'xmldsig-more#hmac-sha256');
    await assert.rejects(accepts(hmac), /not accepted for SignatureMethod/);
  });

  /** The parts of a signed response that wrapping moves around. */
  async function parts() {
    const genuine = await signed();
    const [assertion = ''] = /<saml:Assertion .*<\/saml:Assertion>/s.exec(genuine) ?? [];
    const [signature = ''] = /<ds:Signature .*<\/ds:Signature>/s.exec(assertion) ?? [];
    assert.ok(assertion !== '' && signature !== '');
    const bare = assertion.replace(signature, '');
    const evil = bare.replace('alice-subject', 'admin-subject').replace('ID="_assertion"', 'ID="_evil"');
    const sameId = bare.replace('alice-subject', 'admin-subject');
    const end = '</saml:Assertion>';
    return { genuine, assertion, signature, bare, evil, sameId, end };
  }

  it('is not taken apart: the eight ways to wrap a signature, each refused twice over', async () => {
    const { genuine, assertion, signature, bare, evil, sameId, end } = await parts();
    const whole = await idp.sign(plain(), { assertion: true, response: true });
    const [responseSignature = ''] =
      /<ds:Signature (?:(?!<\/ds:Signature>).)*#_response.*?<\/ds:Signature>/s.exec(whole) ?? [];
    assert.notEqual(responseSignature, '');
    const evilResponse = whole
      .replace(responseSignature, '')
      .replace(assertion, evil)
      .replace(/<saml:Assertion .*<\/saml:Assertion>/s, evil)
      .replace('ID="_response"', 'ID="_evil-response"');
    const close = '</ds:Signature>';
    const inside = (outer: string, inner: string, at: string) => outer.replace(at, `${inner}${at}`);
    const wrapped: Readonly<Record<string, string>> = {
      XSW1: evilResponse.replace(
        '<samlp:Status>',
        `${inside(responseSignature, whole.replace(responseSignature, ''), close)}<samlp:Status>`,
      ),
      XSW2: evilResponse.replace(
        '<samlp:Status>',
        `${responseSignature}${whole.replace(responseSignature, '')}<samlp:Status>`,
      ),
      XSW3: genuine.replace(assertion, `${evil}${assertion}`),
      XSW4: genuine.replace(assertion, inside(evil, assertion, end)),
      XSW5: genuine.replace(assertion, `${inside(evil, signature, '<saml:Subject>')}${bare}`),
      XSW6: genuine.replace(assertion, inside(evil, inside(signature, bare, close), '<saml:Subject>')),
      XSW7: genuine.replace(assertion, `<samlp:Extensions>${sameId}</samlp:Extensions>${assertion}`),
      XSW8: genuine.replace(
        assertion,
        inside(evil, inside(signature, `<ds:Object>${bare}</ds:Object>`, close), '<saml:Subject>'),
      ),
      'after it': genuine.replace(assertion, `${assertion}${evil}`),
      'with the same ID': genuine.replace(assertion, `${sameId}${assertion}`),
    };
    for (const [name, xml] of Object.entries(wrapped)) {
      assert.notEqual(xml, genuine, name);
      await assert.rejects(accepts(xml), /one Assertion|one Response|one ID/, name);
      // And if nobody had looked: either refused, or what was signed and nothing else.
      const said = await acceptsUnlooked(xml).catch(() => ({ subject: 'alice-subject' }));
      assert.equal(said.subject, 'alice-subject', name);
    }
  });

  it('cannot be read in two ways: no comments, CDATA, document types, entities or other encodings', async () => {
    const { genuine } = await parts();
    const entity = '<!DOCTYPE x [<!ENTITY a "alice-subject">]>';
    const bomb = `<!DOCTYPE x [<!ENTITY a0 "a">${Array.from({ length: 20 }, (_, n) => `<!ENTITY a${n + 1} "&a${n};&a${n};">`).join('')}]>`;
    const outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>';
    for (const xml of [
      genuine.replace('alice-subject', 'alice-<!-- -->subject'),
      await signed({ nameId: 'admin<!-- -->.evil' }),
      genuine.replace('alice-subject', '<![CDATA[alice-subject]]>'),
      `${entity}${genuine.replace('alice-subject', '&a;')}`,
      `${bomb}${genuine.replace('alice-subject', '&a20;')}`,
      `${outside}${genuine.replace('alice-subject', '&a;')}`,
      genuine.replace('<samlp:Status>', '<?php evil ?><samlp:Status>'),
    ]) {
      await assert.rejects(accepts(xml), /document type, a comment or a CDATA|processing instruction/);
    }
    await assert.rejects(
      accepts(`<?xml version="1.0" encoding="UTF-7"?>${genuine}`),
      /its encoding is not UTF-8/,
    );
    const wide = Buffer.from(`\ufeff${genuine}`, 'utf16le').toString('base64');
    assert.throws(() => shaped(wide), /UTF-8|character that XML|one Response/);
    assert.throws(() => shaped('not base64!'), /base64/);
    assert.throws(() => shaped(encoded('x'.repeat(300_000))), /larger than/);
    assert.throws(
      () => shaped(encoded(genuine.replace('<saml:Assertion', '<saml:EncryptedAssertion/><saml:Assertion'))),
      /encrypted/,
    );
    assert.equal(
      (await accepts(`<?xml version="1.0" encoding="UTF-8"?>${genuine}`)).subject,
      'alice-subject',
    );
  });
});

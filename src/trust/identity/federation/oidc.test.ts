import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { decodeJwt, type JWTPayload } from 'jose';
import { RoleBinding } from '../../access/role-binding.ts';
import { Project, Secret } from '../../testing/kinds.ts';
import { people } from '../people/directory.ts';
import { Group } from '../people/group.ts';
import { User } from '../people/user.ts';
import { Session } from '../sessions/session.ts';
import type { Browser } from '../testing/browser.ts';
import { ACME } from '../testing/fixture.ts';
import { IdentityProvider, type IdentityProviderSpec } from './identity-provider.ts';
import { type Arrival, type FederationFixture, federationFixture } from './testing/fixture.ts';
import { type Account, compact, type OidcUpstream, oidcUpstream } from './testing/oidc-upstream.ts';

describe('signing in with an organization’s own OpenID Connect provider', () => {
  let region: FederationFixture;
  let upstream: OidcUpstream;
  before(async () => {
    region = await federationFixture();
    closers.push(() => region.close());
    const callback = (name: string) => `${region.url}${ACME}/federation/${name}/callback`;
    const redirectUris = ['ministry', 'closed', 'other'].map(callback);
    upstream = await oidcUpstream({ tls: region.tls, redirectUris });
    closers.push(() => upstream.close());
    await region.make(ACME, Project, { metadata: { name: 'people' } });
    const data = { clientSecret: Buffer.from(upstream.clientSecret).toString('base64') };
    await region.make(ACME, Secret, { metadata: { name: 'ministry' }, data }, 'people');
    const spec = (mapping: object, more: object = {}) => ({
      type: 'oidc',
      displayName: 'Ministry <of> Tests',
      oidc: {
        issuer: upstream.issuer,
        clientId: upstream.clientId,
        clientSecretRef: { project: 'people', name: 'ministry', key: 'clientSecret' },
        scopes: ['openid', 'profile', 'email', 'groups'],
        ca: region.ca,
      },
      mapping,
      ...more,
    });
    const groups = { groups: 'groups', groupPrefix: 'ministry.' };
    await region.provider('ministry', spec(groups, { autoCreateUsers: true }));
    await region.provider('closed', spec({ allowedDomains: ['ministry.example'], subject: 'oid' }));
    await region.provider('other', spec({}, { autoCreateUsers: true }));
  });
  // The last opened first; what was not opened need not be closed.
  const closers: (() => Promise<void>)[] = [];
  after(async () => {
    for (const close of closers.toReversed()) await close();
  });

  const signIn = async (
    account: Account,
    provider = 'ministry',
    browser: Browser = region.browser(),
  ): Promise<Arrival> => {
    upstream.account = account;
    const leaving = await region.leave(browser, provider);
    const there = region.browser();
    assert.ok(leaving.answer.location, leaving.answer.text);
    const back = await there.follow(await there.get(leaving.answer.location));
    const from = await browser.get(back.location ?? '');
    return region.arrive(browser, leaving, from);
  };
  const change = (name: string, to: (spec: IdentityProviderSpec) => object) =>
    region.realms.use(ACME, async ({ resources }) => {
      await resources.modify(IdentityProvider, { name }, region.context(ACME), (current) => ({
        ...current,
        spec: to(current.spec) as IdentityProviderSpec,
      }));
    });
  const person = (sub: string, more: object = {}): Account => ({
    sub,
    name: 'Alice Muller',
    email: `${sub}@ministry.example`,
    email_verified: true,
    ...more,
  });

  it('makes them a User at first, knows them again, and says how they signed in', async () => {
    const first = await signIn(person('alice', { groups: ['Developers', 'system:masters', 'Über uns'] }));
    assert.ok(first.token, first.page.text);
    const user = await region.found('alice.ministry.example');
    assert.deepEqual(user?.spec, {
      displayName: 'Alice Muller',
      email: 'alice@ministry.example',
      identityProvider: 'ministry',
      subject: 'alice',
    });
    assert.deepEqual(user?.status?.federatedGroups, ['ministry.developers']);
    const { sub } = decodeJwt(first.token);
    assert.equal(sub, user?.metadata.uid);
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const who = JSON.parse((await region.api(ACME, path, first.token, 'POST', body)).text);
    assert.deepEqual(who.status.userInfo.groups, ['ministry.developers', 'system:authenticated']);
    const strength = await region.realms.use(ACME, ({ view }) => view.list(Session).at(-1)?.spec.strength);
    assert.equal(strength, 'federated');

    const again = await signIn(
      person('alice', { name: 'Renamed', email: 'other@ministry.example', groups: [] }),
    );
    assert.equal(decodeJwt(again.token ?? '').sub, sub);
    assert.deepEqual((await region.found('alice.ministry.example'))?.status?.federatedGroups, []);
    assert.equal(await region.found('other.ministry.example'), undefined);
  });

  it('takes over nobody: not a user of the same name, not a name that holds a role', async () => {
    await region.user(ACME, 'local.ministry.example');
    const local = await signIn(person('local'));
    assert.equal(local.token, undefined);
    assert.match(local.page.text, /belongs to another user here already/);
    assert.equal((await region.found('local.ministry.example'))?.spec.identityProvider, undefined);
    const subjects = [{ kind: 'User', name: 'boss.ministry.example' }];
    await region.make(ACME, RoleBinding, {
      metadata: { name: 'boss' },
      spec: { role: 'organization-admin', subjects },
    });
    const boss = await signIn(person('boss'));
    assert.match(boss.page.text, /belongs to another user here already/);
    assert.equal(await region.found('boss.ministry.example'), undefined);
    // Somebody whom another provider knows by the same subject is somebody else.
    await signIn(person('shared'));
    const elsewhere = await signIn(person('shared'), 'other');
    assert.match(elsewhere.page.text, /belongs to another user here already/);
  });

  it('lets in only those who are linked, where no users are made, and only of its domains', async () => {
    const stranger = await signIn(person('carol', { oid: 'c-1' }), 'closed');
    assert.match(stranger.page.text, /nobody here does yet/);
    const spec = { displayName: 'Carol', identityProvider: 'closed', subject: 'c-1' };
    await region.make(ACME, User, { metadata: { name: 'carol' }, spec });
    assert.ok((await signIn(person('carol', { oid: 'c-1' }), 'closed')).token);
    const outside = person('carol', { oid: 'c-1', email: 'carol@evil.example' });
    assert.match((await signIn(outside, 'closed')).page.text, /email address do not sign in here/);
    const unverified = person('carol', { oid: 'c-1', email_verified: false });
    assert.match((await signIn(unverified, 'closed')).page.text, /email address do not sign in here/);
    assert.match((await signIn(person('carol'), 'closed')).page.text, /did not say who you are/);
    const named = await signIn(person('dave', { email: 'system:masters' }));
    assert.match(named.page.text, /no name that can be used here/);
  });

  it('whoever is disabled or removed here does not get in, whatever the provider says', async () => {
    const { token = '' } = await signIn(person('erin'));
    const uid = (await region.found('erin.ministry.example'))?.metadata.uid ?? '';
    await region.realms.use(ACME, async ({ resources }) => {
      await resources.modify(User, { name: 'erin.ministry.example' }, region.context(ACME), (current) => ({
        ...current,
        spec: { ...current.spec, disabled: true },
      }));
    });
    assert.equal((await region.api(ACME, '/api/v1/namespaces', token)).code, 401);
    assert.match((await signIn(person('erin'))).page.text, /You cannot sign in here/);
    assert.equal(await region.realms.use(ACME, ({ view }) => people.find(view, uid)), undefined);
  });

  it('its groups cannot be those that were made here, and none are made here that look like its', async () => {
    await assert.rejects(
      region.make(ACME, Group, { metadata: { name: 'ministry.admins' }, spec: {} }),
      /groups of the identity provider ministry/,
    );
    await region.make(ACME, Group, { metadata: { name: 'guild.masters' }, spec: {} });
    await assert.rejects(
      region.provider('guild', {
        type: 'saml',
        displayName: 'Guild',
        saml: { entityId: 'x', ssoUrl: 'https://guild.example/sso', certificates: [region.ca] },
        mapping: { groups: 'groups', groupPrefix: 'guild.' },
      }),
      /the group "guild.masters", which was made here, begins with it/,
    );
  });

  it('believes no token that is not signed by its keys, by an algorithm of the list, for us and for this request', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const secret = Buffer.from(upstream.clientSecret);
    const now_s = Math.floor(Date.now() / 1000);
    const forgeries: Readonly<Record<string, (claims: JWTPayload) => string>> = {
      'no signature': (claims) => compact({ alg: 'none' }, claims, () => Buffer.alloc(0)),
      'the client secret as key': (claims) =>
        compact({ alg: 'HS256', kid: 'one' }, claims, (data) =>
          createHmac('sha256', secret).update(data).digest(),
        ),
      'another key': (claims) =>
        compact({ alg: 'ES256', kid: 'one' }, claims, (data) =>
          sign('sha256', data, { key: other, dsaEncoding: 'ieee-p1363' }),
        ),
      'another audience': (claims) => upstream.sign({ ...claims, aud: 'somebody-else' }),
      'another issuer': (claims) => upstream.sign({ ...claims, iss: 'https://elsewhere.example' }),
      'another nonce': (claims) => upstream.sign({ ...claims, nonce: 'replayed' }),
      'no nonce': ({ nonce: _, ...claims }) => upstream.sign(claims),
      expired: (claims) => upstream.sign({ ...claims, iat: now_s - 7_200, exp: now_s - 3_600 }),
      'not yet': (claims) => upstream.sign({ ...claims, nbf: now_s + 3_600 }),
    };
    for (const [what, forge] of Object.entries(forgeries)) {
      upstream.spoil = (answer) => ({ ...answer, id_token: forge(decodeJwt(String(answer.id_token))) });
      const { page, token } = await signIn(person('mallory'));
      assert.equal(token, undefined, what);
      assert.match(page.text, /did not confirm who you are/, what);
    }
    assert.equal(await region.found('mallory.ministry.example'), undefined);
    // The very same, made by its own key, is believed.
    upstream.spoil = (answer) => ({ ...answer, id_token: upstream.sign(decodeJwt(String(answer.id_token))) });
    assert.ok((await signIn(person('mallory'))).token);
    upstream.spoil = undefined;
  });

  it('an answer counts once, in the browser that asked, from the provider that was asked', async () => {
    upstream.account = person('frank');
    const browser = region.browser();
    const leaving = await region.leave(browser, 'ministry');
    const there = region.browser();
    const back = (await there.follow(await there.get(leaving.answer.location ?? ''))).location ?? '';
    const begunElsewhere = /has ended or was begun in another browser/;
    const stolen = await region.browser().get(back);
    assert.deepEqual([stolen.code, begunElsewhere.test(stolen.text)], [400, true]);
    // And it is used up by that.
    assert.match((await browser.get(back)).text, begunElsewhere);

    const second = await region.leave(browser, 'ministry');
    const again = (await there.follow(await there.get(second.answer.location ?? ''))).location ?? '';
    const elsewhere = again.replace('/federation/ministry/', '/federation/other/');
    assert.match((await browser.get(elsewhere)).text, begunElsewhere);

    const third = await region.leave(browser, 'ministry');
    const good = (await there.follow(await there.get(third.answer.location ?? ''))).location ?? '';
    const result = await browser.get(good);
    assert.match(
      new URL(result.location ?? '').pathname,
      /^\/orgs\/acme\/oidc\/interaction\/[\w-]+\/federated$/,
    );
    const attacker = region.browser();
    await region.leave(attacker, 'ministry');
    assert.match((await attacker.get(result.location ?? '')).text, begunElsewhere);
    assert.ok((await region.arrive(browser, third, result)).token);
    for (const path of ['', '?state=x', '?code=1&state=']) {
      const answer = await browser.get(`${region.url}${ACME}/federation/ministry/callback${path}`);
      assert.equal(answer.code, 400);
    }
    assert.equal((await browser.get(`${region.url}${ACME}/federation/nobody/callback?state=x`)).code, 400);
  });

  it('a browser that goes while its provider is asked holds up nobody, nor the region’s end', async () => {
    upstream.account = person('hasty');
    const browser = region.browser();
    const leaving = await region.leave(browser, 'ministry');
    const there = region.browser();
    const back = await there.follow(await there.get(leaving.answer.location ?? ''));
    upstream.spoil = (answer) => {
      browser.close();
      return answer;
    };
    await assert.rejects(browser.get(back.location ?? ''));
    upstream.spoil = undefined;
    assert.ok((await signIn(person('hasty'))).token);
  });

  it('is asked only at the address that it was given, and the page says when it does not answer', async () => {
    upstream.metadata = { token_endpoint: 'https://elsewhere.example/token' };
    // Changed, so that its metadata is read again.
    await change('other', (spec) => ({
      ...spec,
      displayName: 'Other',
      oidc: { ...spec.oidc, scopes: ['openid'] },
    }));
    const { token, page } = await signIn(person('gina'), 'other');
    upstream.metadata = {};
    assert.equal(token, undefined);
    assert.match(page.text, /did not confirm who you are/);
    await region.provider('gone', {
      type: 'oidc',
      displayName: 'Gone',
      oidc: { issuer: 'https://localhost:1', clientId: 'x' },
      mapping: {},
    });
    const { answer } = await region.leave(region.browser(), 'gone');
    assert.equal(answer.code, 503);
    assert.match(answer.text, /does not answer/);
  });

  it('is offered on the sign-in page by its name, and no more once it is disabled', async () => {
    const { page } = await region.leave(region.browser(), 'ministry');
    assert.match(page.text, /Sign in with Ministry &lt;of&gt; Tests/);
    await change('gone', (spec) => ({ ...spec, disabled: true }));
    await assert.rejects(region.leave(region.browser(), 'gone'), /no button of gone/);
  });
});

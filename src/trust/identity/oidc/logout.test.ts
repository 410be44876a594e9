import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { systemClock } from '#kernel/clock.ts';
import { ensureServerIdentity } from '../../certificates/server-identity.ts';
import { User } from '../people/user.ts';
import { Session } from '../sessions/session.ts';
import { formOf } from '../testing/browser.ts';
import { ACME, type IdentityFixture, identityFixture } from '../testing/fixture.ts';
import { codeSignIn, discover } from '../testing/relying-party.ts';
import { mayTell } from './back-channel.ts';
import { OAuthClient } from './oauth-client.ts';

const REDIRECT = 'https://app.acme.example/callback';
const AFTERWARDS = 'https://app.acme.example/bye';

describe('signing out', () => {
  let region: IdentityFixture;
  let application: Server;
  let uri: string;
  const told: { readonly path: string | undefined; readonly token: string }[] = [];
  let answer = 200;

  before(async () => {
    region = await identityFixture({ backChannel: { isAllowed: () => true } });
    const folder = await mkdtemp(join(tmpdir(), 'casemate-application-'));
    const names = { dnsNames: ['localhost'], ips: [] };
    const tls = await ensureServerIdentity({ folder, names, keyring: region.keyring, clock: systemClock });
    await rm(folder, { recursive: true });
    application = createServer({ key: tls.key, cert: tls.certificate }, (request, response) => {
      void text(request).then((body) => {
        told.push({ path: request.url, token: new URLSearchParams(body).get('logout_token') ?? '' });
        response.writeHead(answer).end();
      });
    });
    application.listen(0, '127.0.0.1');
    await once(application, 'listening');
    uri = `https://localhost:${(application.address() as AddressInfo).port}/back-channel`;
    await region.user(ACME, 'alice');
    const spec = {
      displayName: 'App',
      redirectUris: [REDIRECT],
      postLogoutRedirectUris: [AFTERWARDS],
      public: true,
    };
    await region.make(ACME, OAuthClient, {
      metadata: { name: 'app' },
      spec: { ...spec, backchannelLogoutUri: uri },
    });
    await region.make(ACME, OAuthClient, { metadata: { name: 'quiet' }, spec });
  });
  after(async () => {
    application.close();
    await region.close();
  });

  const signIn = async (id: string, browser = region.browser()) => {
    const config = await discover(region, ACME, id);
    const tokens = await codeSignIn(region, {
      config,
      realm: ACME,
      user: 'alice',
      redirectUri: REDIRECT,
      browser,
    });
    return { config, browser, tokens };
  };
  const sessions = () => region.realms.use(ACME, ({ view }) => view.list(Session));
  /** What the controller does for one session, as it would be called. */
  const reconcile = (name: string) =>
    region.realms.use(ACME, async (realm) => {
      const [controller] = region.identity.controllers();
      return controller?.reconcile(
        { name },
        {
          realm,
          realms: region.realms,
          change: region.context(ACME),
          events: { record: () => {} },
          clock: region.clock,
          random: region.random,
          signal: new AbortController().signal,
        },
      );
    });

  it('asks first, then ends what was signed in to with this browser, and goes where the application said', async () => {
    const { config, browser, tokens } = await signIn('quiet');
    const before = (await sessions()).length;
    const start = client.buildEndSessionUrl(config, {
      post_logout_redirect_uri: AFTERWARDS,
      id_token_hint: tokens.id_token ?? '',
      state: 'where-i-was',
    });
    const page = await browser.get(start.href);
    assert.match(page.text, /sign out\?/);
    assert.equal((await sessions()).length, before);
    const form = formOf(page.text);
    const done = await browser.post(form.action, { ...form.fields, logout: 'yes' });
    assert.equal(done.location, `${AFTERWARDS}?state=where-i-was`);
    assert.equal((await sessions()).length, before - 1);
    await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
    await assert.rejects(client.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? ''));
  });

  it('sends nobody to an address that was not registered', async () => {
    const { config, browser } = await signIn('quiet');
    for (const to of [
      'https://evil.example/',
      `${AFTERWARDS}/`,
      `${AFTERWARDS}?x=1`,
      'javascript:alert(1)',
    ]) {
      const page = await browser.get(
        client.buildEndSessionUrl(config, { post_logout_redirect_uri: to }).href,
      );
      assert.deepEqual([page.code, page.location], [400, undefined], to);
    }
    const nobody = new URL(`${region.issuer(ACME)}/session/end`);
    nobody.searchParams.set('post_logout_redirect_uri', 'https://evil.example/');
    const form = formOf((await browser.get(nobody.href)).text);
    const done = await browser.post(form.action, { ...form.fields, logout: 'yes' });
    assert.equal(done.location, `${region.issuer(ACME)}/session/end/success`);
  });

  it('needs the form’s own secret: another site cannot sign anybody out', async () => {
    const { config, browser, tokens } = await signIn('quiet');
    const forged = await browser.post(`${region.issuer(ACME)}/session/end/confirm`, { logout: 'yes' });
    assert.equal(forged.code, 400);
    await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
  });

  it('is told to the application, in a token that it can check, whatever ended the session', async () => {
    const { tokens } = await signIn('app');
    const sub = tokens.claims()?.sub ?? '';
    const session = (await sessions()).find(({ spec }) => spec.client === 'app');
    assert.ok(session);
    assert.equal(tokens.claims()?.sid, session.metadata.uid);
    const { name } = session.metadata;
    await region.remove(ACME, Session, name);
    // From this moment on the session counts no more, told or not.
    const config = await discover(region, ACME, 'app');
    await assert.rejects(client.fetchUserInfo(config, tokens.access_token, sub));
    answer = 500;
    assert.deepEqual(await reconcile(name), { retryAfter_ms: 30_000 });
    assert.equal(
      (await sessions()).some(({ metadata }) => metadata.name === name),
      true,
    );
    answer = 200;
    assert.equal(await reconcile(name), undefined);
    assert.equal(
      (await sessions()).some(({ metadata }) => metadata.name === name),
      false,
    );
    assert.equal(told.length, 2);
    const keys = JSON.parse((await region.browser().get(`${region.issuer(ACME)}/jwks`)).text);
    const { payload, protectedHeader } = await jwtVerify(told[1]?.token ?? '', createLocalJWKSet(keys), {
      issuer: region.issuer(ACME),
      audience: 'app',
      typ: 'logout+jwt',
    });
    assert.equal(protectedHeader.alg, 'EdDSA');
    assert.deepEqual(
      [payload.sub, payload.sid, payload.events, payload.nonce],
      [sub, session.metadata.uid, { 'http://schemas.openid.net/event/backchannel-logout': {} }, undefined],
    );
    assert.equal((await region.api(ACME, '/api/v1/namespaces', told[1]?.token ?? '')).code, 401);
  });

  it('happens to somebody who was disabled, and to a session whose time is over', async () => {
    const { browser } = await signIn('quiet');
    const { name = '' } = (await sessions()).at(-1)?.metadata ?? {};
    const wait = await reconcile(name);
    assert.ok(wait && wait.retryAfter_ms > 11 * 3_600_000 && wait.retryAfter_ms <= 12 * 3_600_000);
    await region.realms.use(ACME, ({ resources }) =>
      resources.modify(User, { name: 'alice' }, region.context(ACME), (current) => ({
        ...current,
        spec: { ...current.spec, disabled: true },
      })),
    );
    await reconcile(name);
    assert.equal(
      (await sessions()).some(({ metadata }) => metadata.name === name),
      false,
    );
    const config = await discover(region, ACME, 'quiet');
    const start = client.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT,
      scope: 'openid',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
    });
    const page = await browser.follow(await browser.get(start.href));
    assert.match(page.text, /sign in to quiet/);
  });
});

describe('telling an application of a sign-out', () => {
  it('never goes to this machine itself, nor to addresses that only mean something here', () => {
    for (const address of [
      '127.0.0.1',
      '127.8.8.8',
      '0.0.0.0',
      '169.254.169.254',
      '224.0.0.1',
      '255.255.255.255',
      '::1',
      '::',
      '::ffff:127.0.0.1',
      'fe80::1',
      'ff02::1',
      'localhost',
    ]) {
      assert.equal(mayTell(address), false, address);
    }
    for (const address of ['10.1.2.3', '192.0.2.7', '2001:db8::1', 'fd00::1']) {
      assert.equal(mayTell(address), true, address);
    }
  });
});

/** The whole way in a real browser: an application sends somebody to the OpenID Provider, they sign in, and are sent back. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { OAuthClient } from '#trust/identity/oidc/oauth-client.ts';
import { Session } from '#trust/identity/sessions/session.ts';
import { ACME, type SignInFixture, signInFixture } from '#trust/identity/sign-in/testing/fixture.ts';
import { Visitor } from '#trust/identity/sign-in/testing/visitor.ts';
import { type OpenedBrowser, openChromium, type Visit, type VisitOptions } from './chromium.ts';

const VERIFIER = 'a-code-verifier-that-is-long-enough-for-the-provider';

describe('signing in through the OpenID Provider in Chromium', () => {
  let region: SignInFixture;
  let chromium: OpenedBrowser;
  let application: Server;
  let callback: string;
  const visits: Visit[] = [];
  before(async () => {
    region = await signInFixture({ provider: true });
    chromium = await openChromium(region.certificate);
    // Another origin, which shows what it was sent.
    application = createServer({ key: region.key, cert: region.certificate }, (request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': 'img-src data:' });
      response.end(`<link rel="icon" href="data:,"><h1>Wiki</h1><pre>${request.url}</pre>`);
    });
    await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
    callback = `https://localhost:${(application.address() as AddressInfo).port}/callback`;
    const wiki = { displayName: 'Wiki', redirectUris: [callback], public: true };
    await region.make(ACME, OAuthClient, 'wiki', wiki);
  });
  after(async () => {
    await chromium?.close();
    application?.close();
    await region?.close();
  });
  afterEach(async () => {
    for (const visit of visits.splice(0)) {
      assert.deepEqual(visit.complaints(), []);
      await visit.close();
    }
  });

  async function visit(options: VisitOptions = {}): Promise<Visit> {
    const opened = await chromium.visit(options);
    visits.push(opened);
    return opened;
  }

  const authorization = (client = 'wiki') =>
    `${region.url}/orgs/acme/oidc/auth?${new URLSearchParams({
      client_id: client,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'openid',
      state: 'kept',
      code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
      code_challenge_method: 'S256',
    })}`;

  const sessions = () =>
    region.inRealm(ACME, ({ view }) =>
      view.list(Session).map(({ spec: { user, client, strength } }) => ({ user, client, strength })),
    );

  /** Somebody in their browser, with a passkey on its security key. */
  async function person(name: string, options: VisitOptions = {}): Promise<Visit> {
    const opened = await visit(options);
    await opened.securityKey();
    await opened.page.goto(await region.invite(ACME, name));
    await opened.page.locator('form[data-passkey] button').click();
    await opened.page.locator('[role=status]').waitFor();
    return opened;
  }

  it('an application gets its code, the Session is there, the next is not asked for, and signing out ends it', async () => {
    const { page, origins } = await person('alice');
    await page.goto(authorization());
    await page.getByText('You are signing in to wiki.').waitFor();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.waitForURL(`${callback}?**`);
    const back = new URL(page.url()).searchParams;
    assert.equal(back.get('state'), 'kept');
    const tokens = await new Visitor(region.ca).ask(`${region.url}/orgs/acme/oidc/token`, {
      grant_type: 'authorization_code',
      client_id: 'wiki',
      redirect_uri: callback,
      code: back.get('code') ?? '',
      code_verifier: VERIFIER,
    });
    assert.equal(tokens.code, 200, tokens.text);
    assert.deepEqual(await sessions(), [{ user: 'alice', client: 'wiki', strength: 'passkey' }]);
    await page.goto(authorization());
    await page.waitForURL(`${callback}?**`);
    await page.goto(`${region.url}/orgs/acme/oidc/session/end`);
    await page.getByRole('heading', { name: 'Sign out?' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    await page.goto(authorization());
    await page.getByText('You are signing in to wiki.').waitFor();
    assert.deepEqual([...origins()], [region.url, new URL(callback).origin]);
  });

  it('a device shows a code; its owner enters it, looks, signs in, and the device is let in', async () => {
    const { page, origins } = await person('bob', { locale: 'de-DE' });
    const device = new Visitor(region.ca);
    const begun = await device.ask(`${region.url}/orgs/acme/oidc/device/auth`, {
      client_id: 'casemate-cli',
      scope: 'openid',
    });
    assert.equal(begun.code, 200, begun.text);
    const { user_code, device_code, verification_uri } = JSON.parse(begun.text);
    await page.goto(verification_uri);
    await page.getByRole('heading', { name: 'Gerät anmelden' }).waitFor();
    await page.getByLabel('Code').fill('WRONG-CODE');
    await page.getByRole('button', { name: 'Weiter' }).click();
    await page.getByRole('alert').filter({ hasText: 'Diesen Code gibt es nicht' }).waitFor();
    await page.getByLabel('Code').fill(user_code);
    await page.getByRole('button', { name: 'Weiter' }).click();
    await page.getByRole('heading', { name: 'Ist das Ihr Gerät?' }).waitFor();
    await page.getByText(user_code).waitFor();
    await page.getByRole('button', { name: 'Ja, anmelden' }).click();
    await page.getByRole('button', { name: 'Mit Passkey anmelden' }).click();
    await page.getByRole('heading', { name: 'Das Gerät ist angemeldet' }).waitFor();
    const tokens = await device.ask(`${region.url}/orgs/acme/oidc/token`, {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: 'casemate-cli',
      device_code,
    });
    assert.equal(tokens.code, 200, tokens.text);
    assert.deepEqual([...origins()], [region.url]);
  });

  it('what cannot go on is said on a page of ours too', async () => {
    const { page } = await visit({ locale: 'fr-LU' });
    await page.goto(authorization('unknown'));
    await page.getByRole('heading', { name: 'Impossible de continuer' }).waitFor();
    await page.getByText('invalid_client').waitFor();
  });
});

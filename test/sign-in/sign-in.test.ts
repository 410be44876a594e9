/** People in a real browser: invitations, passkeys, passwords, three languages, and no script where none is needed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { FREE_ATTEMPTS } from '#trust/identity/sign-in/lockout.ts';
import { appCode } from '#trust/identity/sign-in/testing/app.ts';
import { ACME, type SignInFixture, signInFixture } from '#trust/identity/sign-in/testing/fixture.ts';
import { Visitor } from '#trust/identity/sign-in/testing/visitor.ts';
import { type OpenedBrowser, openChromium, type Visit, type VisitOptions } from './chromium.ts';

const PASSWORD = 'turnip lantern orbit';
const STEP_MS = 30_000;
const CONTRAST = readFileSync(join(import.meta.dirname, 'contrast.js'), 'utf8');

describe('the sign-in pages in Chromium', () => {
  let region: SignInFixture;
  let chromium: OpenedBrowser;
  const visits: Visit[] = [];
  before(async () => {
    region = await signInFixture();
    chromium = await openChromium(region.certificate);
  });
  after(async () => {
    await chromium?.close();
    await region?.close();
  });
  // Whatever a test did: nothing was asked of anybody else, and the console stayed empty.
  afterEach(async () => {
    for (const visit of visits.splice(0)) {
      assert.deepEqual([...visit.origins()], [region.url]);
      assert.deepEqual(visit.complaints(), []);
      await visit.close();
    }
  });

  async function visit(options: VisitOptions = {}): Promise<Visit> {
    const opened = await chromium.visit(options);
    visits.push(opened);
    return opened;
  }

  const account = () => `${region.url}/orgs/acme/account`;
  const heading = (page: Page) => page.getByRole('heading', { level: 1 }).textContent();
  const signedIn = async (page: Page) => {
    await page.waitForURL(/\/(password|passkey)$/);
    return JSON.parse((await page.locator('pre').textContent()) ?? '') as { user: string; strength: string };
  };

  /** Whoever took the browser's cookies. */
  async function twin(page: Page): Promise<Visitor> {
    const visitor = new Visitor(region.ca);
    for (const { name, value } of await page.context().cookies()) visitor.cookies.set(name, value);
    return visitor;
  }

  async function fillSetUp(page: Page): Promise<string> {
    const key = ((await page.locator('[data-secret]').textContent()) ?? '').replaceAll(' ', '');
    await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('New password again').fill(PASSWORD);
    await page.getByLabel('Code that the app shows now').fill(appCode(key, region.clock.now()));
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('[data-recovery-codes]').waitFor();
    await region.clock.advance(STEP_MS);
    return key;
  }

  async function fillSignIn(page: Page, user: string, password: string, code: string): Promise<void> {
    await page.getByLabel('User name').fill(user);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByLabel('Code').fill(code);
    await page.getByRole('button', { name: 'Sign in with password' }).click();
  }

  it('an invitation leads to a passkey, the passkey signs in, and a password with an app can be added', async () => {
    const link = await region.invite(ACME, 'alice');
    const { page, securityKey } = await visit();
    const key = await securityKey();
    await page.goto(link);
    assert.equal(await heading(page), 'Welcome, Alice Muller');
    await page.getByLabel('What do you call it?').fill('Blue key');
    await page.getByRole('button', { name: 'Create passkey' }).click();
    await page.getByRole('heading', { name: 'You are all set' }).waitFor();
    // The link is used up.
    assert.equal((await page.goto(link))?.status(), 404);
    assert.equal(await heading(page), 'This link works no more');

    await page.goto(region.interaction(ACME));
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    assert.deepEqual(await signedIn(page).then(({ user, strength }) => [user, strength]), [
      'alice',
      'passkey',
    ]);

    await page.goto(account());
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByText('Blue key', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Set a password and an authenticator app' }).click();
    const app = await fillSetUp(page);
    assert.equal(await page.locator('[data-recovery-codes] li').count(), 10);
    assert.ok(((await key.counters())[0] ?? 0) > 0);

    const elsewhere = await visit();
    await elsewhere.page.goto(region.interaction(ACME));
    await fillSignIn(elsewhere.page, 'alice', PASSWORD, appCode(app, region.clock.now()));
    assert.deepEqual(await signedIn(elsewhere.page).then(({ user, strength }) => [user, strength]), [
      'alice',
      'password+totp',
    ]);
  });

  it('a passkey whose counter went back, and one without its person verified, are refused', async () => {
    const link = await region.invite(ACME, 'bob');
    const { page, securityKey } = await visit();
    const key = await securityKey();
    await page.goto(link);
    await page.getByRole('button', { name: 'Create passkey' }).click();
    await page.getByRole('heading', { name: 'You are all set' }).waitFor();
    await page.goto(region.interaction(ACME));
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    assert.equal((await signedIn(page)).user, 'bob');

    await key.setCounters(0);
    await page.goto(region.interaction(ACME));
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('alert').filter({ hasText: 'This passkey cannot sign in here.' }).waitFor();

    await key.setCounters(100);
    await key.setVerified(false);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('alert').filter({ hasText: 'No passkey was used.' }).waitFor();
    await key.setVerified(true);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    assert.equal((await signedIn(page)).user, 'bob');
  });

  it('the answer of a passkey that was seen on its way counts neither again nor in another browser', async () => {
    const link = await region.invite(ACME, 'dora');
    const { page, securityKey } = await visit();
    await securityKey();
    await page.goto(link);
    await page.getByRole('button', { name: 'Create passkey' }).click();
    await page.getByRole('heading', { name: 'You are all set' }).waitFor();
    const start = region.interaction(ACME);
    // Held back on its way, so that it is not used up.
    const seen = Promise.withResolvers<URLSearchParams>();
    await page.route(/\/passkey$/, async (route) => {
      seen.resolve(new URLSearchParams(route.request().postData() ?? ''));
      await route.abort();
    });
    await page.goto(start);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    const answer = Object.fromEntries(await seen.promise);
    await page.unroute(/\/passkey$/);

    const stranger = new Visitor(region.ca);
    const { text } = await stranger.get(start);
    const passkey = answer.passkey ?? '';
    // With a form of the stranger's own, though it takes the challenge along; so the owner has to ask for another.
    assert.equal((await stranger.fill(start, text, '/passkey', { passkey })).code, 401);
    assert.equal((await (await twin(page)).post(`${start}/passkey`, answer)).code, 401);

    await page.goto(start);
    const used = page.waitForRequest(/\/passkey$/);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    const again = Object.fromEntries(new URLSearchParams((await used).postData() ?? ''));
    assert.equal((await signedIn(page)).user, 'dora');
    assert.equal((await (await twin(page)).post(`${start}/passkey`, again)).code, 401);
  });

  it('without JavaScript: an invitation, a password with an app, a recovery code, and the account page', async () => {
    const link = await region.invite(ACME, 'carol');
    const { page } = await visit({ javaScriptEnabled: false });
    await page.goto(link);
    assert.equal(await page.getByText('Passkeys need JavaScript.').isVisible(), true);
    assert.equal(await page.getByRole('button', { name: 'Create passkey' }).isVisible(), false);
    const app = await fillSetUp(page);
    const code = (await page.locator('[data-recovery-codes] li').first().textContent()) ?? '';

    await page.goto(region.interaction(ACME));
    await fillSignIn(page, 'carol', PASSWORD, appCode(app, region.clock.now()));
    assert.equal((await signedIn(page)).user, 'carol');

    await page.goto(account());
    await fillSignIn(page, 'carol', PASSWORD, code);
    await page.getByText('9 left.').waitFor();
    await page.getByRole('button', { name: 'Remove password and authenticator app' }).click();
    await page.getByRole('alert').filter({ hasText: 'This is your last way to sign in.' }).waitFor();
    await page.getByRole('button', { name: 'Make new recovery codes' }).click();
    assert.equal(await page.locator('[data-recovery-codes] li').count(), 10);
    await page.getByRole('link', { name: 'Change password' }).click();
    await page.getByLabel('New password', { exact: true }).fill('short');
    await page.getByLabel('New password again').fill('short');
    await page.getByRole('button', { name: 'Save' }).click();
    const field = page.getByLabel('New password', { exact: true });
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    const described = (await field.getAttribute('aria-describedby')) ?? '';
    assert.deepEqual(described.split(' '), ['password-error', 'password-hint']);
    assert.equal(await page.locator('#password-error').textContent(), 'Use at least 12 characters.');
    await page.getByRole('link', { name: 'Back' }).click();
    await page.getByRole('button', { name: 'Leave this page' }).click();
    await page.goto(account());
    assert.match(page.url(), /\/account\/sign-in$/);
  });

  it('too many attempts have to wait', async () => {
    const { page } = await visit();
    await page.goto(region.interaction(ACME));
    for (let count = 0; count < FREE_ATTEMPTS.user; count++) {
      await fillSignIn(page, 'mallory', 'whatever it may be', '123456');
      await page.getByRole('alert').filter({ hasText: 'do not fit together' }).waitFor();
      assert.equal(await page.getByLabel('User name').inputValue(), 'mallory');
      assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), '');
    }
    await fillSignIn(page, 'mallory', 'whatever it may be', '123456');
    await page.getByRole('alert').filter({ hasText: 'Too many attempts. Wait one minute' }).waitFor();
  });

  it('pages speak French, German and English as the browser asks, and as the switch says from then on', async () => {
    const titles = { 'fr-LU': 'Se connecter', 'de-AT': 'Anmelden', 'en-US': 'Sign in', 'pt-PT': 'Sign in' };
    for (const [locale, title] of Object.entries(titles)) {
      const { page } = await visit({ locale });
      await page.goto(region.interaction(ACME));
      assert.equal(await heading(page), title);
    }
    const { page } = await visit({ locale: 'en-GB' });
    await page.goto(region.interaction(ACME));
    await page.getByRole('link', { name: 'Deutsch' }).click();
    assert.equal(await heading(page), 'Anmelden');
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    await page.goto(account());
    assert.equal(await heading(page), 'Anmelden');
  });

  it('the keyboard alone goes through the page in its order, and every field has its label', async () => {
    const { page } = await visit({ javaScriptEnabled: false });
    await page.goto(region.interaction(ACME));
    const order: string[] = [];
    for (let count = 0; count < 7; count++) {
      await page.keyboard.press('Tab');
      order.push(await page.locator(':focus').evaluate((one) => one.id || (one.textContent ?? '')));
    }
    assert.deepEqual(order, [
      'username',
      'password',
      'code',
      'Sign in with password',
      'Français',
      'Deutsch',
      'English',
    ]);
    for (const input of await page.locator('input:not([type=hidden])').all()) {
      const id = await input.getAttribute('id');
      assert.equal(await page.locator(`label[for="${id}"]`).count(), 1, `${id}`);
    }
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`text stands out from its ground by 4.5 to 1 in ${colorScheme} colours`, async () => {
      const { page } = await visit({ colorScheme });
      await page.goto(region.interaction(ACME));
      await fillSignIn(page, 'nobody', 'whatever it may be', '123456');
      const weak = await page.evaluate(CONTRAST);
      assert.deepEqual(weak, []);
    });
  }
});

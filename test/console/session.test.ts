/** What happens to a page whose session ends: whoever signs in again goes on with all that they had written; somebody else finds nothing of it. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, signInWithPasskey, startConsoleWorld } from './console.ts';

const NETWORKS = 'networks.network.casemate.internal';

suite('a session that ends in the console', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none' });
    await world.admin.kubectl('create', 'namespace', 'shop');
  });
  after(() => world?.close());

  const endSessionsOf = async (user: string) => {
    const sessions = await world.admin.kubectl(
      'get',
      'sessions',
      '-o',
      `jsonpath={range .items[?(@.spec.user=="${user}")]}{.metadata.name} {end}`,
    );
    await world.admin.kubectl('delete', 'session', ...sessions.trim().split(' '));
  };
  /** A form of a network, half filled in, of somebody whose session has ended. */
  const halfWritten = async ({ page, base }: SignedInVisit, user: string) => {
    await page.goto(`${base}create/${NETWORKS}?project=shop`);
    await page.getByRole('textbox', { name: 'Name' }).fill(`net-of-${user}`);
    await endSessionsOf(user);
    // A watch that is open ends with its session; a page that has none hears of it when it asks for something.
    await page.getByRole('button', { name: 'Create network' }).click();
    await page.getByText('Your session has ended.').first().waitFor();
  };
  const signInWindow = async (page: Page): Promise<Page> => {
    const opened = page.waitForEvent('popup');
    await page.getByRole('button', { name: 'Sign in again and come back here' }).click();
    const popup = await opened;
    await popup.waitForURL(/\/oidc\/interaction\//);
    return popup;
  };
  const quiet = ({ base, origins, complaints }: SignedInVisit) => {
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(complaints(), []);
  };

  test('loses nothing: one signs in in a window of its own, and the form that was half filled in is saved', async () => {
    const visit = await world.signIn({ user: 'berta', roles: ['organization-admin'] });
    const { page, key } = visit;
    await halfWritten(visit, 'berta');
    assert.deepEqual(await axeFindings(page), []);
    const popup = await signInWindow(page);
    await page.getByText('Sign in in the window that has opened.').waitFor();
    await key.copyTo(popup);
    await Promise.all([popup.waitForEvent('close'), popup.locator('button').first().click()]);
    await page.getByText('You are signed in again.').waitFor();
    assert.equal(await page.getByRole('textbox', { name: 'Name' }).inputValue(), 'net-of-berta');
    assert.deepEqual(await axeFindings(page), []);
    await page.getByRole('button', { name: 'Create network' }).click();
    await page.getByRole('heading', { level: 1, name: 'net-of-berta' }).waitFor();
    // What the page shows follows what happens, as before.
    await world.admin.kubectl('-n', 'shop', 'label', 'network', 'net-of-berta', 'tier=front');
    await page.getByText('tier=front').waitFor();
    // Nothing that would open anything lies in the browser.
    const stored = (await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })')) as string;
    assert.doesNotMatch(stored, /eyJ|code|verifier|state/);
    quiet(visit);
    await visit.close();
  });

  test('shows nothing of a page to somebody else who signs in there, and sends nothing of theirs from it', async () => {
    const other = await world.signIn({ user: 'otto', roles: ['organization-admin'] });
    const visit = await world.signIn({ user: 'clara', roles: ['organization-admin'] });
    const { page, base } = visit;
    await halfWritten(visit, 'clara');
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.type());
      void dialog.accept();
    });
    const popup = await signInWindow(page);
    await other.key.copyTo(popup);
    await Promise.all([popup.waitForEvent('close'), popup.locator('button').first().click()]);
    await page.waitForURL(base);
    await page.getByRole('button', { name: 'otto' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'clara' }).count(), 0);
    assert.equal(await page.getByText('net-of-clara').count(), 0);
    // Nobody was asked whether to stay.
    assert.deepEqual(dialogs, []);
    await page.goto(`${base}create/${NETWORKS}?project=shop`);
    await page.getByRole('heading', { level: 1, name: /^Create/ }).waitFor();
    assert.equal(await page.getByRole('textbox', { name: 'Name' }).inputValue(), '');
    assert.equal(await page.getByText('net-of-clara').count(), 0);
    await page.goBack();
    await page.getByRole('heading', { level: 1 }).waitFor();
    assert.equal(await page.getByText('net-of-clara').count(), 0);
    assert.doesNotMatch(await world.admin.kubectl('-n', 'shop', 'get', 'networks', '-o', 'name'), /clara/);
    quiet(visit);
    await visit.close();
    await other.close();
  });

  test('is begun anew and comes back to where one was, where a browser opens no windows', async () => {
    const visit = await world.signIn({ user: 'dora', roles: ['organization-admin'] });
    const { page, base } = visit;
    // As a blocker of pop-ups answers.
    await page.addInitScript({ content: 'window.open = () => null' });
    await page.goto(`${base}resources/namespaces/shop?tab=overview`);
    await page.getByRole('heading', { name: 'shop', level: 1 }).waitFor();
    await endSessionsOf('dora');
    await page.getByText('Your session has ended.').waitFor();
    await page.getByRole('button', { name: 'Sign in again and come back here' }).click();
    await page.waitForURL(/\/oidc\/interaction\//);
    await signInWithPasskey(page);
    await page.getByRole('heading', { name: 'shop', level: 1 }).waitFor();
    assert.match(page.url(), /resources\/namespaces\/shop\?tab=overview$/);
    quiet(visit);
    await visit.close();
  });
});

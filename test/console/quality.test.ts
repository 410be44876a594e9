/** What every page of the console owes to whoever uses it: it is small, accessible in three languages, and goes on when something fails. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { axeFindings, untilStill } from './axe.ts';
import { type ConsoleWorld, startConsoleWorld } from './console.ts';
import { englishHeard } from './heard.ts';

const FIRST_LOAD_BYTES_MAX = 300_000;
/** More than the six connections of HTTP/1.1 that a browser keeps to one server. */
const WINDOWS = 10;
const SCREEN = { width: 1_280, height: 720 };
/** At 96 to the inch. */
const A4 = { width: 794, height: 1_123 };
/** Through the navigation and a list's own controls. */
const TABS_MAX = 120;
const HOSTILE = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';

const kb = (bytes: number) => `${Math.round(bytes / 1_000)} kB`;

/** What a browser without Brotli is sent: its size alone is looked at, so whose certificate it is does not matter. */
async function sizeAsGzip(url: string): Promise<number> {
  const asked = request(url, { rejectUnauthorized: false, headers: { 'Accept-Encoding': 'gzip' } }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  asked.destroy();
  const length = Number(answer.headers['content-length']);
  assert.ok(answer.statusCode === 200 && length > 0, url);
  return length;
}

/** Until no colour is on its way to another any more: it would be looked at halfway. */
async function paint(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  const painted = colorScheme === 'dark' ? 'html.pf-v6-theme-dark' : 'html:not(.pf-v6-theme-dark)';
  await page.locator(painted).waitFor({ state: 'attached' });
  await page.evaluate(
    'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))',
  );
  await untilStill(page);
}

/** An element with some text, outside of every landmark. The page lets no markup be put in. */
const addToBody = (page: Page, element: string, role: string): Promise<void> =>
  page.evaluate(`(() => {
    const added = document.createElement('${element}');
    added.role = '${role}';
    added.append('a word');
    document.body.append(added);
  })()`);

/** What axe finds of a page as it is printed from a dark screen, and what does not fit a sheet. Ends as a light screen. */
async function wrongOnPaper(page: Page): Promise<string[]> {
  await paint(page, 'dark');
  await page.setViewportSize(A4);
  await page.emulateMedia({ media: 'print' });
  await page.getByRole('banner').waitFor({ state: 'hidden' });
  await page.locator('html:not(.pf-v6-theme-dark)').waitFor({ state: 'attached' });
  const findings = await axeFindings(page);
  const cut = await page.evaluate<string[]>(
    `[document.documentElement, ...document.querySelectorAll('main :is(th, td, input, .pf-v6-c-table__text)')]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map(({ tagName, textContent }) => \`cut off: \${tagName} \${textContent}\`)`,
  );
  await page.emulateMedia({ media: 'screen' });
  await page.setViewportSize(SCREEN);
  await paint(page, 'light');
  return [...findings, ...cut];
}

suite('the console', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none' });
    await world.admin.kubectl('create', 'namespace', 'shop');
  });
  after(() => world?.close());

  test('loads its first page with at most 300 KB as gzip, from nowhere but the region', async (t) => {
    const { page, base, origins, complaints } = await world.signIn({
      user: 'anna',
      roles: ['organization-admin'],
    });
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.clearBrowserCache');
    // What the files have, packed as they come; some 600 bytes of head each come on top.
    const sizes = new Map<string, number>();
    session.on('Network.responseReceived', ({ response: { url, headers } }) => {
      sizes.set(url, Number(headers['Content-Length'] ?? headers['content-length'] ?? 0));
    });
    const began = performance.now();
    await page.goto(base);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const took_ms = Math.round(performance.now() - began);
    // Home is whole with what is below its first heading, too.
    await page.getByRole('list', { name: 'Latest changes' }).waitFor();
    const asked = [...sizes].filter(([url]) => url.startsWith(base));
    const gzip = await Promise.all(asked.map(([url]) => sizeAsGzip(url)));
    const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0);
    t.diagnostic(
      `${kb(sum(gzip))} of the console as gzip, ${kb(sum(asked.map(([, own]) => own)))} as it came (brotli), in ${asked.length} answers; with what it asked the API ${kb(sum([...sizes.values()]))}`,
    );
    t.diagnostic(`${took_ms} ms from the address to the heading, with the redirects of the sign-in`);
    assert.ok(sum(gzip) > 0 && sum(gzip) <= FIRST_LOAD_BYTES_MAX, kb(sum(gzip)));
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(complaints(), []);
  });

  // Colours are the same in each language.
  for (const [locale, title, schemes] of [
    ['fr-FR', 'Accueil', ['light', 'dark']],
    ['de-DE', 'Start', ['light']],
    ['en-GB', 'Home', ['light']],
  ] as const) {
    test(`has nothing that axe finds, in the browser’s language (${locale}), ${schemes.join(' and ')}`, async () => {
      const user = `axe-${locale.slice(0, 2)}`;
      const { page, base, complaints } = await world.signIn({ user, roles: ['organization-admin'], locale });
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
      assert.equal(await page.locator('html').getAttribute('lang'), locale.slice(0, 2));
      const pages = [
        '',
        'resources/namespaces',
        'resources/namespaces/shop',
        'resources/networks.network.casemate.internal',
      ];
      for (const path of pages) {
        await page.goto(`${base}${path}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.getByRole('progressbar').first().waitFor({ state: 'detached' });
        if (!locale.startsWith('en')) assert.deepEqual(await englishHeard(page), [], path);
        for (const colorScheme of schemes) {
          await paint(page, colorScheme);
          assert.deepEqual(await axeFindings(page), [], `${path} ${colorScheme}`);
        }
      }
      // Something wrong on a page that it has passed, it finds.
      await page.evaluate(`document.querySelector('main').append(document.createElement('button'))`);
      await addToBody(page, 'div', 'tooltip');
      assert.match((await axeFindings(page)).join('\n'), /^button-name: .*$/);
      await addToBody(page, 'p', 'none');
      assert.match((await axeFindings(page)).join('\n'), /^button-name: .*\nregion: .*\(1\)$/);
      assert.deepEqual(complaints(), []);
    });
  }

  test('is on paper as accessible, and nothing of it is cut off', async () => {
    const { page, base } = await world.signIn({ user: 'paul', roles: ['organization-admin'] });
    for (const [path, there] of [
      ['', 'Latest changes'],
      ['resources/namespaces/shop?tab=history', 'Through'],
      ['ledger', 'Verified in this browser'],
    ] as const) {
      await page.goto(`${base}${path}`);
      await page.getByText(there).first().waitFor();
      assert.deepEqual(await wrongOnPaper(page), [], path);
    }
  });

  test('is found through with the keyboard alone: skip link, palette, a list, an object', async () => {
    const { page } = await world.signIn({ user: 'kim', roles: ['organization-admin'] });
    await page.keyboard.press('Tab');
    await page.locator(':focus', { hasText: 'Skip to content' }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('#main-content:focus').waitFor();
    await page.keyboard.press('Control+k');
    // A dialog moves the focus a turn after it shows.
    await page.locator('[aria-label="Find anything"]:focus').waitFor();
    await page.keyboard.type('namespace');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Projects', level: 1 }).waitFor();
    const link = page.getByRole('link', { name: 'shop', exact: true });
    await link.waitFor();
    const focused = () => page.evaluate('document.activeElement?.textContent');
    for (let presses = 0; presses < TABS_MAX && (await focused()) !== 'shop'; presses++)
      await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'shop', level: 1 }).waitFor();
  });

  test('is live in ten windows at once: none holds the connections of another', async () => {
    const { page, base } = await world.signIn({ user: 'nora', roles: ['organization-admin'] });
    const windows = [page];
    while (windows.length < WINDOWS) windows.push(await page.context().newPage());
    await Promise.all(windows.map((one) => one.goto(`${base}resources/namespaces`)));
    await Promise.all(windows.map((one) => one.getByRole('link', { name: 'shop', exact: true }).waitFor()));
    await world.admin.kubectl('create', 'namespace', 'everywhere');
    await Promise.all(
      windows.map((one) => one.getByRole('link', { name: 'everywhere', exact: true }).waitFor()),
    );
    for (const one of windows.slice(1)) await one.close();
  });

  test('says that the region does not answer, and goes on by itself', async () => {
    const { page, base } = await world.signIn({ user: 'lena', roles: ['organization-admin'] });
    await page.goto(`${base}resources/namespaces`);
    await page.getByRole('link', { name: 'shop', exact: true }).waitFor();
    await page.context().setOffline(true);
    await page.getByText('The region does not answer').waitFor();
    await world.admin.kubectl('create', 'namespace', 'meanwhile');
    await page.context().setOffline(false);
    await page.getByRole('link', { name: 'meanwhile', exact: true }).waitFor();
    await page.getByText('The region does not answer').waitFor({ state: 'detached' });
  });

  test('shows what somebody else wrote as text, never as markup', async () => {
    const { page, base } = await world.signIn({ user: 'mara', roles: ['organization-admin'] });
    const patch = JSON.stringify({ spec: { displayName: HOSTILE } });
    await world.admin.kubectl('patch', 'user', 'mara', '--type=merge', '-p', patch);
    await page.goto(`${base}resources/users.identity.casemate.internal/mara`);
    await page.getByText(HOSTILE).first().waitFor();
    assert.equal(await page.locator('main img').count(), 0);
    assert.notEqual(await page.title(), 'owned');
  });

  test('says which right is missing, and who can give it', async () => {
    const { page, base } = await world.signIn({ user: 'nils', roles: [] });
    await page.goto(`${base}resources/users.identity.casemate.internal`);
    await page.getByText(/You may not list people/).waitFor();
    await page.getByText(/organization-admin, organization-auditor/).waitFor();
  });
});

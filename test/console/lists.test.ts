/** Lists of the console in Chromium against a whole region: columns, filters, several at once; and the page on paper, on a tablet, in the dark. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { kinds as de } from '../../console/src/texts/de/kinds.ts';
import { kinds as en } from '../../console/src/texts/en/kinds.ts';
import { kinds as fr } from '../../console/src/texts/fr/kinds.ts';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';
import { until } from './until.ts';

const MANY = 60;
const TABLET = { width: 768, height: 1_024 };
const HEADERS = '[...document.querySelectorAll("th")].map((one) => one.textContent)';

suite('lists of the console', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none' });
    const { admin } = world;
    const in_ = (namespace: string, kind: string, name: string, fields: object = {}) => ({
      apiVersion: 'v1',
      kind,
      metadata: { name, namespace },
      ...fields,
    });
    for (const project of ['shop', 'vault']) await admin.kubectl('create', 'namespace', project);
    const items = [
      in_('shop', 'Secret', 'mail'),
      in_('shop', 'Secret', 'door'),
      in_('shop', 'Secret', 'seal', { type: 'example.org/wax' }),
      ...['one', 'two', 'three'].map((name) => in_('shop', 'ConfigMap', name)),
      in_('vault', 'ConfigMap', 'kept'),
      ...Array.from({ length: MANY }, (_, at) => in_('vault', 'Secret', `coin-${at}`)),
      {
        apiVersion: 'access.casemate.internal/v1',
        kind: 'RoleBinding',
        metadata: { name: 'victor-in-shop' },
        spec: { role: 'project-editor', project: 'shop', subjects: [{ kind: 'User', name: 'victor' }] },
      },
    ];
    await admin.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  });
  after(() => world?.close());

  const quiet = async ({ base, origins, complaints, close }: SignedInVisit) => {
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(complaints(), []);
    await close();
  };
  const rows = (page: Page) => page.locator('tbody tr:has(a)');

  test('have the columns that somebody chose, also when they come back', async () => {
    const visit = await world.signIn({ user: 'anna', roles: ['organization-admin'] });
    const { page, base } = visit;
    const address = `${base}resources/networks.network.casemate.internal?project=shop`;
    await world.admin.apply(
      JSON.stringify({
        apiVersion: 'network.casemate.internal/v1',
        kind: 'Network',
        metadata: { name: 'lan', namespace: 'shop' },
      }),
    );
    const shows = (columns: readonly string[]) =>
      until(page, `${HEADERS}.filter(Boolean).join() === ${JSON.stringify(columns.join())}`);
    await page.goto(address);
    await page.getByRole('link', { name: 'lan', exact: true }).waitFor();
    await shows(['Name', 'CIDR', 'Instances', 'Ready', 'Age']);
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('menuitem', { name: 'Gateway' }).click();
    await page.getByRole('menuitem', { name: 'Age' }).click();
    await shows(['Name', 'CIDR', 'Gateway', 'Instances', 'Ready']);
    assert.deepEqual(await axeFindings(page), []);
    await page.reload();
    await page.getByRole('link', { name: 'lan', exact: true }).waitFor();
    await shows(['Name', 'CIDR', 'Gateway', 'Instances', 'Ready']);
    await quiet(visit);
  });

  test('are narrowed by search and by what columns say, which is part of the address', async () => {
    const visit = await world.signIn({ user: 'bea', roles: ['organization-admin'] });
    const { page, base } = visit;
    await page.goto(`${base}resources/secrets?project=shop`);
    await page.getByText('3 rows', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByRole('menuitem', { name: 'example.org/wax' }).click();
    await page.getByText('1 row', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'seal' }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    // Whoever is sent the address sees the same.
    const address = page.url();
    await page.goto(base);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.goto(address);
    await page.getByText('1 row', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Remove Type: example.org/wax' }).click();
    await page.getByText('3 rows', { exact: true }).waitFor();
    await page.getByRole('textbox', { name: 'Search secrets' }).fill('DOOR');
    await page.getByText('1 row', { exact: true }).waitFor();
    await page.getByRole('textbox', { name: 'Search secrets' }).fill('no such thing');
    await page.getByText('None of 3 matches').waitFor();
    // What an address says that no list can be narrowed to is no reason to show nothing.
    await page.goto(`${base}resources/secrets?project=shop&only=7`);
    await page.getByText('3 rows', { exact: true }).waitFor();
    await quiet(visit);
  });

  test('say what is lost before several are deleted at once, and afterwards what was not, and why', async () => {
    const visit = await world.signIn({ user: 'victor', roles: ['project-viewer'] });
    const { page, base } = visit;
    await page.goto(`${base}resources/configmaps?project=vault`);
    const remove = page.getByRole('button', { name: 'Delete', exact: true });
    await page.getByRole('checkbox', { name: 'Select kept' }).waitFor();
    // What cannot be done says why: at first nothing is chosen, then it is not theirs to delete.
    assert.equal(await remove.getAttribute('aria-disabled'), 'true');
    await remove.focus();
    await page.getByRole('tooltip').getByText('Select what is to be deleted first.').waitFor();
    const answered = page.waitForResponse(/selfsubjectaccessreviews/);
    await page.getByRole('checkbox', { name: 'Select kept' }).check();
    await answered;
    await page.locator('button[aria-disabled="true"]', { hasText: 'Delete' }).waitFor();
    await remove.hover();
    await page.getByRole('tooltip').getByText('You may not delete config maps in project vault.').waitFor();

    await page.goto(`${base}resources/configmaps`);
    for (const name of ['one', 'kept', 'two'])
      await page.getByRole('checkbox', { name: `Select ${name}` }).check();
    await page.getByText('3 selected').waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete 3 config maps?' });
    await dialog.getByText('What is deleted is gone, with what it holds.').waitFor();
    for (const name of ['shop/one', 'shop/two', 'vault/kept']) await dialog.getByText(name).waitFor();
    await page.evaluate('Promise.allSettled(document.getAnimations().map((one) => one.finished))');
    assert.deepEqual(await axeFindings(page), []);
    await dialog.getByRole('button', { name: 'Delete for good' }).click();
    const left = page.getByRole('dialog');
    await left.getByText('One was not deleted').waitFor();
    await left.getByText('kept: You may not delete config maps in project vault.').waitFor();
    await left.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('link', { name: 'one', exact: true }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'kept', exact: true }).waitFor();
    const there = await world.admin.kubectl('get', 'configmaps', '-A', '-o', 'name');
    assert.deepEqual(there.match(/(?<=\/)(?:one|two|three|kept)/g)?.toSorted(), ['kept', 'three']);
    await quiet(visit);
  });

  test('are on paper as a whole, without what only a screen needs, and dark on white', async () => {
    const visit = await world.signIn({
      user: 'petra',
      roles: ['organization-admin'],
      colorScheme: 'dark',
    });
    const { page, base } = visit;
    await page.goto(`${base}resources/secrets?project=vault`);
    await page.getByText(`${MANY} rows`, { exact: true }).waitFor();
    await page.locator('html.pf-v6-theme-dark').waitFor({ state: 'attached' });
    assert.ok((await rows(page).count()) < MANY);
    await page.emulateMedia({ media: 'print' });
    await until(page, `document.querySelectorAll('tbody tr:has(a)').length === ${MANY}`);
    await page.locator('html:not(.pf-v6-theme-dark)').waitFor({ state: 'attached' });
    await page.getByRole('navigation', { name: 'Global' }).waitFor({ state: 'hidden' });
    await page.getByRole('banner').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Columns' }).waitFor({ state: 'hidden' });
    await page.getByRole('heading', { level: 1, name: 'Secrets' }).waitFor();
    // Nothing of it lies within something that scrolls: paper cannot.
    await until(
      page,
      `(() => {
      const last = [...document.querySelectorAll('tbody tr:has(a)')].at(-1);
      const hidden = (one) => one !== document.body && getComputedStyle(one).overflowY !== 'visible';
      for (let one = last.parentElement; one !== document.documentElement; one = one.parentElement)
        if (hidden(one)) return false;
      return last.getBoundingClientRect().bottom <= document.documentElement.scrollHeight;
    })()`,
    );
    await page.emulateMedia({ media: 'screen' });
    await page.getByRole('navigation', { name: 'Global' }).waitFor();
    await quiet(visit);
  });

  test('fit on a tablet, where the navigation is one touch away', async () => {
    const visit = await world.signIn({ user: 'tara', roles: ['organization-admin'] });
    const { page, base } = visit;
    await page.setViewportSize(TABLET);
    for (const path of [
      '',
      'resources/secrets',
      'resources/secrets/shop/mail',
      'resources/secrets/shop/mail?tab=yaml',
      'create/networks.network.casemate.internal?project=shop',
      'ledger',
    ]) {
      await page.goto(`${base}${path}`);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await until(
        page,
        `[document.documentElement, document.querySelector('main')].every((one) => one.scrollWidth <= one.clientWidth)`,
      );
      assert.deepEqual(await axeFindings(page), [], path);
    }
    const link = page
      .getByRole('navigation', { name: 'Global' })
      .getByRole('link', { name: 'Networks', exact: true });
    await link.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Global' }).click();
    await link.click();
    await page.getByRole('heading', { level: 1, name: 'Networks' }).waitFor();
    // Where one came to is not below the navigation.
    await link.waitFor({ state: 'hidden' });
    await quiet(visit);
  });

  test('stay dark for who chose that, whatever the system is like', async () => {
    const visit = await world.signIn({ user: 'dana', roles: ['organization-admin'], colorScheme: 'light' });
    const { page } = visit;
    await page.locator('html:not(.pf-v6-theme-dark)').waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'dana' }).click();
    await page.getByRole('menuitem', { name: 'Dark' }).click();
    await page.locator('html.pf-v6-theme-dark').waitFor({ state: 'attached' });
    await page.reload();
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.locator('html.pf-v6-theme-dark').waitFor({ state: 'attached' });
    await quiet(visit);
  });

  test('are of kinds that each have their words in three languages, one and many', async () => {
    const listed = await Promise.all(
      [world.admin, world.region].map((who) => who.kubectl('api-resources', '--verbs=list', '-o', 'name')),
    );
    const plurals = new Set(
      listed.flatMap((names) =>
        names
          .trim()
          .split('\n')
          .map((name) => name.split('.')[0] ?? ''),
      ),
    );
    assert.ok(plurals.size > 40);
    const missing = Object.entries({ en, fr, de }).flatMap(([language, texts]) =>
      [...plurals]
        .flatMap((plural) => [`kind.${plural}`, `kind.one.${plural}`])
        .filter((id) => !Object.hasOwn(texts, id))
        .map((id) => `${language} ${id}`),
    );
    assert.deepEqual(missing, []);
  });
});

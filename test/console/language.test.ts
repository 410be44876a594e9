/** What the API says of itself, in the language of who reads it: forms, lists and objects in French and German browsers against a whole region. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';
import { englishSeen } from './heard.ts';

const NETWORKS = 'networks.network.casemate.internal';
/** Of every sort of field: choices, lists, maps, groups within groups, what names other objects. That no words are missing is for `field-words.test.ts`. */
const FORMS = [
  NETWORKS,
  'firewallpolicies.network.casemate.internal',
  'buckets.objects.casemate.internal',
  'restores.backup.casemate.internal',
  'guardrails.access.casemate.internal',
  'identityproviders.identity.casemate.internal',
] as const;

suite('the language of fields', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none' });
    await world.admin.kubectl('create', 'namespace', 'langue');
    const metadata = { name: 'interne', namespace: 'langue' };
    await world.admin.apply(
      JSON.stringify({ apiVersion: 'network.casemate.internal/v1', kind: 'Network', metadata }),
    );
  });
  after(() => world?.close());

  const quiet = ({ base, origins, complaints }: SignedInVisit) => {
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(complaints(), []);
  };

  test('of every form is French in a French browser, and nothing on it is English', async () => {
    const visit = await world.signIn({ user: 'lea', roles: ['organization-admin'], locale: 'fr-FR' });
    const { page, base } = visit;
    for (const resource of FORMS) {
      await page.goto(`${base}create/${resource}?project=langue`);
      const form = page.locator('main form');
      await form.locator('button[type=submit]').waitFor();
      const more = form.getByRole('button', { name: 'Autres réglages' });
      if ((await more.count()) > 0) await more.click();
      assert.deepEqual(await englishSeen(page), [], resource);
      assert.equal(await page.locator('main [lang=en]').count(), 0, resource);
    }
    await page.goto(`${base}create/${NETWORKS}?project=langue`);
    await page.getByText('La plage IPv4, par exemple 10.64.3.0/24').waitFor();
    assert.deepEqual(await findings(page), []);
    // A choice is said in words, beside what the manifest calls it.
    await page.goto(`${base}create/buckets.objects.casemate.internal?project=langue`);
    await page
      .getByRole('combobox', { name: 'Gestion des versions' })
      .selectOption({ label: 'Activée (enabled)' });
    await page.getByRole('region', { name: 'En code' }).getByText('versioning: enabled').waitFor();
    assert.deepEqual(await findings(page), []);
    quiet(visit);
    await visit.close();
  });

  test('of lists and objects is German in a German browser; what the region says in English says so', async () => {
    const visit = await world.signIn({ user: 'jana', roles: ['organization-admin'], locale: 'de-DE' });
    const { page, base } = visit;
    await page.goto(`${base}resources/${NETWORKS}?project=langue`);
    await page.getByRole('columnheader', { name: 'Adressbereich (CIDR)' }).waitFor();
    await page.getByRole('columnheader', { name: 'Bereit' }).waitFor();
    await page.getByRole('button', { name: 'Spalten' }).click();
    await page.getByText('Das Gateway.').waitFor();
    assert.deepEqual(await findings(page), []);
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'interne' }).click();
    await page.getByRole('gridcell', { name: 'Bereit' }).waitFor();
    await page.getByRole('gridcell', { name: 'Keine Compute-Engine' }).waitFor();
    // Who wonders what a field is asks it, with the keyboard alone.
    const range = page.getByRole('button', { name: 'Adressbereich (CIDR)' });
    await range.focus();
    await page.keyboard.press('Enter');
    const help = page.getByRole('dialog', { name: 'Adressbereich (CIDR)' });
    await help.getByText('Der geltende Bereich.').waitFor();
    assert.deepEqual(await findings(page), []);
    await help.getByRole('button', { name: 'Schließen' }).click();
    await help.waitFor({ state: 'detached' });
    assert.deepEqual(await englishSeen(page), []);
    await page.locator('main td [lang=en]').first().waitFor();
    quiet(visit);
    await visit.close();
  });
});

/** Once what fades in is there: axe looks at colours. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate('Promise.allSettled(document.getAnimations().map((one) => one.finished))');
  return axeFindings(page);
}

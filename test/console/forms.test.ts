/** Forms of the console in Chromium against a whole region: objects made and changed by who has never seen their schema, in French and in English. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';

const NETWORKS = 'networks.network.casemate.internal';

suite('forms of the console', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none' });
  });
  after(() => world?.close());

  const quiet = ({ base, origins, complaints }: SignedInVisit) => {
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(complaints(), []);
  };
  const makeNetwork = async (project: string, labels: Readonly<Record<string, string>>) => {
    await world.admin.kubectl('create', 'namespace', project);
    const metadata = { name: 'lan', namespace: project, labels };
    await world.admin.apply(
      JSON.stringify({ apiVersion: 'network.casemate.internal/v1', kind: 'Network', metadata }),
    );
  };
  const networkOf = async (project: string, name: string) =>
    JSON.parse(await world.admin.kubectl('-n', project, 'get', 'network', name, '-o', 'json'));

  test('make a project and a network, and say at each field what is wrong, before it is sent and after', async () => {
    const visit = await world.signIn({ user: 'berta', roles: ['organization-admin'] });
    const { page, base } = visit;
    await page.goto(`${base}resources/namespaces`);
    await page.getByRole('link', { name: 'Create project' }).click();
    await heading(page, 'Create project');
    await page.getByRole('button', { name: 'Create project' }).click();
    const name = page.getByRole('textbox', { name: 'Name' });
    await page.getByText('One field needs your attention').waitFor();
    assert.equal(await name.evaluate((field) => field.ownerDocument.activeElement === field), true);
    await name.fill('Shop!');
    await page.getByText('with a letter or digit at both ends').first().waitFor();
    assert.deepEqual(await findings(page), []);
    await name.fill('shop');
    await page.getByRole('button', { name: 'Create project' }).click();
    await heading(page, 'shop');

    await page.goto(`${base}create/${NETWORKS}?project=shop`);
    const range = page.getByRole('textbox', { name: 'Address range' });
    await page.getByRole('textbox', { name: 'Name' }).fill('front');
    await range.fill('10.64.3.0/24');
    await page.getByRole('button', { name: 'kubectl' }).click();
    await page.getByText("kubectl apply -f - <<'EOF'").waitFor();
    assert.match(
      await page.getByRole('region', { name: 'As code' }).innerText(),
      /kind: Network\nmetadata:\n {2}name: front\n {2}namespace: shop\nspec:\n {2}cidr: 10\.64\.3\.0\/24\nEOF/,
    );
    await page.getByRole('button', { name: 'Create network' }).click();
    await page.getByText('The region refused this: one field is wrong').waitFor();
    const notes = (await range.getAttribute('aria-describedby')) ?? '';
    const said = page.locator(`[id="${notes}"]`);
    await said.getByText('must lie within this region').waitFor();
    // Each region has a range of its own, and says which.
    const [within = ''] = /\d+\.\d+\.\d+\.\d+(?=\/)/.exec(await said.innerText()) ?? [];
    const chosen = within.replace(/0\.0$/, '3.0/24');
    assert.deepEqual(await findings(page), []);
    await range.fill(chosen);
    await said.getByText('must lie within this region').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Create network' }).click();
    await heading(page, 'front');
    assert.equal((await networkOf('shop', 'front')).spec.cidr, chosen);

    // What was set for good is shown, and cannot be written to.
    await page.getByRole('tab', { name: 'Edit' }).click();
    await range.waitFor();
    assert.equal(await range.getAttribute('readonly'), '');
    await page.getByText('Cannot be changed once it is set.').last().waitFor();
    assert.deepEqual(await findings(page), []);

    // The form of an object changes it, and only what was changed.
    await page.getByRole('button', { name: 'Labels and annotations' }).click();
    await page.getByRole('button', { name: 'Add Labels' }).click();
    await page.getByRole('textbox', { name: 'Key of Labels 1' }).fill('tier');
    await page.getByRole('textbox', { name: 'Value of Labels 1' }).fill('<b>front</b>');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('The region refused this').waitFor();
    await page.getByRole('textbox', { name: 'Value of Labels 1' }).fill('front');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Saved').waitFor();
    assert.deepEqual((await networkOf('shop', 'front')).metadata.labels, { tier: 'front' });
    quiet(visit);
    await visit.close();
  });

  test('make a project on the way to a network, in French', async () => {
    const visit = await world.signIn({ user: 'claire', roles: ['organization-admin'], locale: 'fr-FR' });
    const { page, base } = visit;
    await page.goto(`${base}resources/${NETWORKS}`);
    await page.getByRole('link', { name: 'Créer un réseau' }).click();
    await page.getByRole('textbox', { name: 'Nom' }).fill('interne');
    await page.getByRole('button', { name: 'Créer un réseau' }).click();
    await page.getByText('Choisissez le projet dans lequel il doit être.').first().waitFor();
    assert.deepEqual(await findings(page), []);
    await page.getByRole('button', { name: 'Nouveau projet' }).click();
    const dialog = page.getByRole('dialog', { name: 'Nouveau projet' });
    await dialog.getByRole('textbox', { name: 'Nom' }).fill('Boutique');
    await dialog.getByRole('button', { name: 'Créer le projet' }).click();
    await dialog.getByText('Des minuscules, des chiffres et « - »').waitFor();
    await dialog.getByRole('textbox', { name: 'Nom' }).fill('boutique');
    await dialog.getByRole('button', { name: 'Créer le projet' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Créer un réseau' }).click();
    await heading(page, 'interne');
    assert.equal((await networkOf('boutique', 'interne')).metadata.namespace, 'boutique');
    quiet(visit);
    await visit.close();
  });

  test('choose what they refer to among what there is, and ask before unsent work is left', async () => {
    await world.admin.kubectl('create', 'namespace', 'choices');
    await world.admin.apply(
      JSON.stringify({
        apiVersion: 'keys.casemate.internal/v1',
        kind: 'Key',
        metadata: { name: 'keeper', namespace: 'choices' },
        spec: { purpose: 'encrypt', algorithm: 'AES-256-GCM' },
      }),
    );
    const visit = await world.signIn({ user: 'dora', roles: ['organization-admin'] });
    const { page, base } = visit;
    await page.goto(`${base}create/buckets.objects.casemate.internal?project=choices`);
    await page.getByRole('textbox', { name: 'Name' }).fill('nightly');
    await page.getByRole('button', { name: 'More settings' }).click();
    // With the keyboard alone.
    await page.getByRole('combobox', { name: 'Key', exact: true }).focus();
    await page.keyboard.type('kee');
    await page.getByRole('option', { name: 'keeper' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('combobox', { name: 'Key', exact: true, expanded: false }).waitFor();
    await page.getByRole('button', { name: 'Add Quota' }).click();
    const code = page.getByRole('region', { name: 'As code' });
    await code.getByText('key: keeper').waitFor();
    // What was added stays, though it be empty: that it is there can mean something.
    await code.getByText('quota: {}').waitFor();
    assert.deepEqual(await findings(page), []);

    await page.getByRole('link', { name: 'Home' }).click();
    const dialog = page.getByRole('dialog', { name: 'Leave without sending this?' });
    await dialog.getByRole('button', { name: 'Stay here' }).click();
    assert.equal(await page.getByRole('textbox', { name: 'Name' }).inputValue(), 'nightly');
    await page.getByRole('link', { name: 'Home' }).click();
    await dialog.getByRole('button', { name: 'Leave and lose it' }).click();
    await heading(page, 'Home');
    quiet(visit);
    await visit.close();
  });

  test('show YAML, what changes in it, and both versions where somebody else was quicker', async () => {
    await makeNetwork('yaml', { color: 'red' });
    const visit = await world.signIn({ user: 'emil', roles: ['organization-admin'] });
    const { page, base } = visit;
    await page.goto(`${base}resources/${NETWORKS}/yaml/lan?tab=yaml`);
    await page.getByText('uid:').waitFor();
    assert.doesNotMatch(await page.getByRole('main').innerText(), /managedFields/);
    await page.getByRole('button', { name: 'Edit the YAML' }).click();
    const text = page.getByRole('textbox', { name: 'lan as YAML' });
    const written = await text.inputValue();
    await text.fill(written.replace('spec: {}', 'spec: ['));
    await page.getByRole('button', { name: 'Review the changes' }).click();
    await page.getByText(/^(?:Danger alert:)?\s*Line \d+:/).waitFor();
    await text.fill(written.replace('name: lan', 'name: wan'));
    await page.getByRole('button', { name: 'Review the changes' }).click();
    await page.getByText('say which object this is').waitFor();
    await text.fill(written.replace('spec: {}', 'spec:\n  cidr: 7'));
    await page.getByRole('button', { name: 'Review the changes' }).click();
    await page.getByText('Must be a text; in YAML, put it in quotes.').waitFor();

    await text.fill(written.replace('color: red', 'color: blue\n    shape: round'));
    await page.getByRole('button', { name: 'Review the changes' }).click();
    const diff = page.getByRole('region', { name: 'What changes' });
    await diff.getByText('color: blue').waitFor();
    await diff.getByText('color: red').waitFor();
    assert.deepEqual(await findings(page), []);
    await world.admin.kubectl('-n', 'yaml', 'label', 'network', 'lan', 'color=green', '--overwrite');
    await world.admin.kubectl('-n', 'yaml', 'label', 'network', 'lan', 'size=large');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Two people changed this at once').waitFor();
    await page.getByRole('region', { name: 'What changed meanwhile' }).getByText('color: green').waitFor();
    await page.getByRole('region', { name: 'What you changed' }).getByText('color: blue').waitFor();
    await page.getByText('Both changed metadata.labels.color.').waitFor();
    assert.deepEqual(await findings(page), []);
    await page.getByRole('button', { name: 'Take my changes onto the new version' }).click();
    await diff.getByText('color: blue').waitFor();
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Saved').waitFor();
    assert.deepEqual((await networkOf('yaml', 'lan')).metadata.labels, {
      color: 'blue',
      shape: 'round',
      size: 'large',
    });
    quiet(visit);
    await visit.close();
  });

  test('say which right is missing to who may only look', async () => {
    await makeNetwork('readers', {});
    const visit = await world.signIn({ user: 'fritz', roles: ['project-viewer'] });
    const { page, base } = visit;
    await page.goto(`${base}create/${NETWORKS}?project=readers`);
    const create = page.getByRole('button', { name: 'Create network' });
    await page.locator('button[aria-disabled="true"]', { hasText: 'Create network' }).waitFor();
    assert.deepEqual(await findings(page), []);
    await create.hover();
    await page
      .getByRole('tooltip')
      .getByText(
        'You may not create networks in project readers. It takes one of these roles: organization-admin, project-editor.',
      )
      .waitFor();
    await page.goto(`${base}resources/${NETWORKS}/readers/lan?tab=yaml`);
    await page.locator('button[aria-disabled="true"]', { hasText: 'Edit the YAML' }).hover();
    await page.getByRole('tooltip').getByText('You may not change networks in project readers.').waitFor();
    quiet(visit);
    await visit.close();
  });
});

const heading = (page: Page, name: string) =>
  page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

/** Once what fades in is there: axe looks at colours. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate('Promise.allSettled(document.getAnimations().map((one) => one.finished))');
  return axeFindings(page);
}

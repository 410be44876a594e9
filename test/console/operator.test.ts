/** The operators' console in Chromium against a whole region: a bundle from a file on somebody's computer to content of
 * the region, by two people; organizations, which no operator can look into; and the seal.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type ConnectedSide, connectedSide } from '../support/gap.ts';
import { member } from '../support/project.ts';
import { axeFindings } from './axe.ts';
import type { ConsoleWorld, SignedInVisit } from './console.ts';
import { assertWellSaid } from './heard.ts';
import {
  agreeAsTwo,
  assertQuiet,
  openPage as open,
  operatorAt,
  REASON,
  type TwoAtTheConsole,
  twoAtTheConsole,
} from './operators.ts';
import { LOCALES, sayIn } from './spoken.ts';

const WEEK_MS = 7 * 24 * 60 * 60_000;
const IMPORTS = [
  { language: 'en', bundle: 'town', reason: REASON },
  { language: 'fr', bundle: 'ville', reason: 'le plan de novembre' },
] as const;

suite('the operators’ console', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  let outside: ConnectedSide;
  let ann: SignedInVisit;
  let ben: SignedInVisit;
  let agree: TwoAtTheConsole['agree'];

  before(async () => {
    ({ world, ann, ben, agree } = await twoAtTheConsole({ settings: 'incus:\n  mode: none' }));
    outside = await connectedSide(world.region.scratch);
  });
  after(() => world?.close());

  test('a root is proposed by one and trusted once another agreed', async () => {
    const { page } = ann;
    await open(page, 'Bundles');
    await page.getByRole('link', { name: 'Say whom to trust' }).click();
    await page.getByLabel('First root').waitFor();
    await page.locator('input[type=file]').setInputFiles(outside.root);
    await page.getByRole('button', { name: 'Propose it' }).click();
    await agree('Trust', 'region');
    await page.getByText('Trusted', { exact: true }).waitFor();
    await page.getByText('2 of alice, bob').waitFor();
  });

  for (const { language, bundle, reason } of IMPORTS)
    test(`a bundle is uploaded, waits for somebody else, and is published, in ${LOCALES[language]}`, async () => {
      const say = sayIn(language);
      const name = `${bundle}-2`;
      writeFileSync(outside.file('notes.txt'), 'Meet at noon.\n');
      const notes = `  - {type: files, name: ${bundle}, version: "2.0", licence: CC0-1.0, files: [{path: notes.txt}]}\n`;
      const people = async () =>
        language === 'en'
          ? ([ann, ben] as const)
          : Promise.all([operatorAt(world, 'anne', language), operatorAt(world, 'benoit', language)]);
      const [{ path }, [asks, agrees]] = await Promise.all([outside.bundle(bundle, 2, notes), people()]);
      const { page } = asks;
      // Of the English ones axe is asked below.
      const look = async (seen: Page) => {
        if (language !== 'en') await assertWellSaid(seen, language);
      };
      await open(page, say('operator.bundles.title'), say('app.navigation'));
      await page.getByRole('link', { name: say('operator.bundles.bring') }).click();
      await page.locator('input[type=file]').setInputFiles(path);
      await page.getByRole('button', { name: say('operator.bring.submit.file') }).click();
      await page.getByRole('heading', { name, level: 1 }).waitFor();
      const step = `${say('operator.phase.AwaitingApproval')}${say('operator.step.now')}`;
      await page.getByRole('listitem').filter({ hasText: step }).waitFor();
      const signers = { names: 'alice, bob', threshold: 2, root: 1 };
      await page.getByText(say('operator.content.signers.count', signers)).waitFor();
      await agreeAsTwo({ asks, agrees, say, reason, look }, say('consent.transition.publish'), name);
      await page.getByText(say('operator.phase.Published.is')).waitFor();
      await page.getByRole('heading', { name: say('operator.receipt.title') }).waitFor();
      await look(page);
      assert.match(await world.region.kubectl('get', 'bundleimports'), new RegExp(`${name} +Published`));
      assertQuiet(asks, agrees);
      if (language !== 'en') await Promise.all([asks.close(), agrees.close()]);
    });

  test('an organization is made with a key of this browser, and its first administrator gets in where no operator does', async () => {
    const { page } = ann;
    await open(page, 'Organizations');
    await page.getByRole('link', { name: 'ministry' }).waitFor();
    await page.getByRole('link', { name: 'Create an organization' }).click();
    await page.getByRole('textbox', { name: /^Name/ }).fill('School');
    await page.getByRole('textbox', { name: 'Full name' }).fill('<b>The School</b>');
    await page.getByRole('textbox', { name: 'First administrator' }).fill('carol');
    await page.getByLabel('Make it in this browser').check();
    const create = page.getByRole('button', { name: 'Create an organization' });
    await create.click();
    await page.getByText('metadata.name').first().waitFor();
    await page.getByRole('textbox', { name: /^Name/ }).fill('school');
    await create.click();
    await page.getByRole('heading', { name: '<b>The School</b>', level: 1 }).waitFor();
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the access file' }).click();
    const file = outside.file('school.kubeconfig');
    await (await coming).saveAs(file);
    await page.getByRole('button', { name: 'Forget the key' }).click();
    const carol = member(world.region, file);
    assert.match(await carol.kubectl('get', 'namespaces', '-o', 'name'), /namespace\/default/);
    // What the region says of its machine is for those who run it.
    const asked = await carol.tryCasemate('get', '--raw', '/about');
    assert.notEqual(asked.code, 0);
    assert.equal(await page.getByRole('link', { name: '/orgs/school' }).count(), 0);
  });

  test('the seal shows who may speak with whom, and a flow counts once two others agreed', async () => {
    const validUntil = new Date(Date.now() + WEEK_MS).toISOString();
    const spec = {
      direction: 'Out',
      peers: ['203.0.113.7/32'],
      protocol: 'tcp',
      ports: [6514],
      purpose: 'logs to those who watch',
      owner: 'soc',
      validUntil,
    };
    const flow = {
      apiVersion: 'seal.casemate.internal/v1',
      kind: 'Interconnection',
      metadata: { name: 'logs' },
      spec,
    };
    writeFileSync(outside.file('flow.json'), JSON.stringify(flow));
    await world.region.kubectl('apply', '-f', outside.file('flow.json'));
    for (const { page } of [ann, ben]) {
      await open(page, 'Seal');
      await page.getByText('this region runs no instances').waitFor();
      await page.getByRole('button', { name: 'Approve: logs' }).click();
    }
    const matrix = ann.page.getByRole('grid', { name: 'Flow matrix' });
    await matrix.getByRole('columnheader', { name: 'logs, out to 203.0.113.7/32' }).waitFor();
    const own = matrix.getByRole('row', { name: 'The region’s own processes' });
    await own.getByText('tcp 6514').waitFor();
    await ann.page.getByRole('grid', { name: 'Declared flows' }).getByText('2 of 2').waitFor();
  });

  test('home says what waits and how the machine is; in German, too', async () => {
    await open(ann.page, 'Home');
    await ann.page.getByRole('heading', { name: 'Region testing', level: 1 }).waitFor();
    await ann.page.getByRole('progressbar', { name: 'Memory' }).waitFor();
    const eva = await world.signIn({
      user: 'eva',
      roles: ['region-operator'],
      place: 'region',
      locale: 'de-DE',
    });
    const { page } = eva;
    await page.getByText('Nicht versiegelt').first().waitFor();
    await open(page, 'Bündel', 'Hauptnavigation');
    await page.getByRole('link', { name: 'town-2' }).click();
    await page.getByText('Es ist Inhalt der Region.').waitFor();
    await page.getByText('alice, bob (nötig sind 2, laut Version 1 der Wurzel)').waitFor();
    assert.deepEqual(eva.complaints(), []);
  });

  test('no page has what axe finds wrong, in light and in dark', async () => {
    const { page, base } = ann;
    const headings = {
      '': 'Region testing',
      bundles: 'Bundles',
      'bundles/town-2': 'town-2',
      'bring-in': 'Bring a bundle in',
      'bundle-trust': 'Trusted signers',
      alarms: 'Alarms',
      approvals: 'Approvals',
      organizations: 'Organizations',
      'organizations/school': '<b>The School</b>',
      'new-organization': 'Create an organization',
      releases: 'Releases',
      seal: 'Seal',
      vulnerabilities: 'Vulnerabilities',
    };
    const check = async (path: string, name: string) => {
      await page.goto(`${base}${path}`);
      await page.getByRole('heading', { name, level: 1, exact: true }).waitFor();
      await page.getByRole('progressbar', { name: 'Loading' }).first().waitFor({ state: 'hidden' });
      assert.deepEqual(await axeFindings(page), [], path);
    };
    for (const [path, name] of Object.entries(headings)) await check(path, name);
    // Before the page is there: colours fade from one scheme into the other.
    await page.emulateMedia({ colorScheme: 'dark' });
    for (const path of ['bundles/town-2', 'seal'] as const) await check(path, headings[path]);
  });

  test('nothing was asked of anybody else, and no page complained', () => assertQuiet(ann, ben));
});

/**
 * Releases in the operators' console, against a region that takes them in: what a release would do is read and agreed to, it comes into force while the page stays
 * open, one that does not start goes away by itself and is an alarm, and the way back is agreed to like the way there.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { programVersion } from '#region/program.ts';
import { type ConnectedSide, connectedSide, type Operators, twoOperators } from '../support/gap.ts';
import { releaseTree, type TreeOptions } from '../support/releases.ts';
import { axeFindings } from './axe.ts';
import type { ConsoleWorld, SignedInVisit } from './console.ts';
import { openPage, type TwoAtTheConsole, twoAtTheConsole } from './operators.ts';

/** Until a release stands, with its trial and two starts of the region. */
const APPLIED_MS = 300_000;
/** What a browser says on its console while nobody answers: of that alone an exchange is the cause. */
const AWAY = /net::ERR_|WebSocket connection|status of 50[23]/;

suite('releases in the operators’ console', { timeout: 1_200_000 }, () => {
  let world: ConsoleWorld;
  let ann: SignedInVisit;
  let ben: SignedInVisit;
  let agree: TwoAtTheConsole['agree'];
  let commands: Operators;
  let outside: ConnectedSide;
  let number = 0;

  before(async () => {
    ({ world, ann, ben, agree } = await twoAtTheConsole({ settings: 'incus:\n  mode: none' }));
    outside = await connectedSide(world.region.scratch);
    commands = await twoOperators(world.region, ['cora', 'dan']);
    const { ann: cora } = commands;
    await cora.casemate('gap', 'trust', outside.root);
    await commands.agree('trust', 'bundletrust/region');
    await cora.casemate('gap', 'trust', outside.root);
  });
  after(() => world?.close());

  /** Built, signed, carried, agreed to and published by others, as its own test shows. */
  async function bring(version: string, options: TreeOptions = {}): Promise<void> {
    number += 1;
    const { ann: cora, agree: agreed } = commands;
    const tree = releaseTree(world.region.scratch, version, options);
    const item = `  - {type: release, name: casemate, version: ${version}, licence: EUPL-1.2, tree: ${tree}}\n`;
    const { path } = await outside.bundle('casemate', number, item);
    rmSync(tree, { recursive: true });
    await cora.casemate('gap', 'import', path);
    await agreed('publish', `bundleimport/casemate-${number}`);
    await cora.casemate('gap', 'publish', `casemate-${number}`);
    rmSync(path);
  }

  /** Ann plans it; what it would do is on its page then. */
  async function planned(version: string): Promise<void> {
    const { page } = ann;
    await openPage(page, 'Releases');
    await page.getByRole('button', { name: `Plan it: ${version}` }).click();
    await page.getByRole('heading', { name: `Casemate ${version}`, level: 1 }).waitFor();
    await page.getByText('Awaiting approval').waitFor();
  }

  test('what a release would do stands there before anybody is asked; agreed to, it comes into force by itself while the page stays open', async () => {
    await bring('0.2.0');
    const { page } = ann;
    await openPage(page, 'Releases');
    await page.getByText(`Casemate ${programVersion()}`).waitFor();
    await planned('0.2.0');
    await page.getByRole('heading', { name: 'What it changes' }).waitFor();
    await page.getByText(/^0\.2\.0, with Node \d+\.\d+\.\d+, /).waitFor();
    await page.getByText('alice, bob').first().waitFor();
    await page.getByText('stays as it is').first().waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await agree('Apply', '0.2.0');
    await openPage(ben.page, 'Home');
    await ben.page.getByText('A release is being brought into force: 0.2.0').waitFor();
    const steps = page.getByRole('grid', { name: 'Steps' });
    for (const step of ['Installed', 'Migrated', 'OnTrial', 'Confirmed'])
      await steps
        .getByRole('row')
        .filter({ has: page.getByRole('gridcell', { name: step, exact: true }) })
        .waitFor({ timeout: APPLIED_MS });
    await page.getByText('Running', { exact: true }).waitFor();
    await openPage(page, 'Releases');
    await page.getByText('Casemate 0.2.0').waitFor();
  });

  test('one that does not start goes away by itself, is an alarm, and can be planned anew', async () => {
    await bring('0.3.0', { fault: 'does not start' });
    const { page } = ann;
    await planned('0.3.0');
    await agree('Apply', '0.3.0');
    await page.getByText('Rolled back', { exact: true }).waitFor({ timeout: APPLIED_MS });
    await openPage(ben.page, 'Alarms');
    const alarm = ben.page
      .getByRole('grid', { name: 'Wrong now' })
      .getByRole('row')
      .filter({ hasText: 'A release did not come into force: 0.3.0' });
    await alarm.getByText('Urgent').waitFor();
    await alarm.getByText('the release before runs').waitFor();
    await page.getByRole('button', { name: 'Remove it, to plan it anew' }).click();
    await page.getByRole('heading', { name: 'Releases', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Plan it: 0.3.0' }).waitFor();
    await alarm.waitFor({ state: 'detached' });
  });

  test('the way back takes two people, too, who see what goes with it', async () => {
    const { page } = ann;
    await openPage(page, 'Releases');
    await page.getByRole('link', { name: '0.2.0', exact: true }).click();
    await page.getByRole('heading', { name: 'Roll back' }).waitFor();
    await page.getByText(`Before this release ${programVersion()} ran`).waitFor();
    await agree('Roll back', '0.2.0');
    await page.getByText('Rolled back', { exact: true }).waitFor({ timeout: APPLIED_MS });
    await openPage(page, 'Releases');
    await page.getByText(`Casemate ${programVersion()}`).waitFor();
    await page.getByText('it ran, and what ran before runs again', { exact: true }).waitFor();
    // What people agreed to is no alarm.
    await openPage(page, 'Alarms');
    await page.getByText('Not sealed').waitFor();
    assert.equal(await page.getByText('A release did not come into force').count(), 0);
  });

  test('nothing was asked of anybody else, and no page complained but that nobody answered', () => {
    for (const { origins, complaints, base } of [ann, ben]) {
      assert.deepEqual([...origins()], [new URL(base).origin]);
      assert.deepEqual(
        complaints().filter((one) => !AWAY.test(one)),
        [],
      );
    }
  });
});

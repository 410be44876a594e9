/** Backups in the console: made, tried, restored and deleted, in Chromium against a whole region. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Page } from 'playwright-core';
import { ACTING, applyAll, planOf } from '../support/backups.ts';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, startConsoleWorld } from './console.ts';
import { sdkOf } from './s3.ts';

const SHOTS = process.env.CONSOLE_SCREENSHOTS;

suite('backups in the console', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none' });
  });
  after(() => world?.close());

  test('a plan is made by form, which shows what it would take, and its things are restored in place', async () => {
    const { admin } = world;
    for (const name of ['photos-a', 'photos-b', 'other', 'vault'])
      await admin.casemate('bucket', 'create', name);
    for (const name of ['photos-a', 'photos-b']) await admin.kubectl('label', 'bucket', name, 'app=photos');
    const s3 = await sdkOf(world, 'photos-a');
    const of = { Bucket: 'photos-a', Key: 'a.txt' };
    await s3.send(new PutObjectCommand({ ...of, Body: 'as it was' }));
    const { page, base, origins, complaints } = await world.signIn({
      user: 'carla',
      roles: ['organization-admin'],
    });
    await page.goto(`${base}resources/backupplans.backup.casemate.internal`);
    await page.getByRole('link', { name: /^Create/ }).click();
    await page.getByRole('heading', { name: 'Create a backup plan', level: 1 }).waitFor();
    const make = page.getByRole('button', { name: 'Create the plan' });
    assert.ok(await make.isDisabled());
    await page.getByText('Still missing: What is saved, Where to, Who acts').waitFor();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('of-photos');
    await page.getByRole('combobox', { name: 'Buckets' }).selectOption('All of the project');
    await page.getByText('These 4 buckets match:').waitFor();
    await page.getByRole('combobox', { name: 'Where to' }).selectOption('vault');
    await page.getByText('These 3 buckets match:').waitFor();
    await page.getByRole('combobox', { name: 'Buckets' }).selectOption('Those with certain labels');
    await page.getByRole('textbox', { name: 'Labels (Buckets): name 1' }).fill('app');
    await page.getByText('No bucket matches yet').waitFor();
    await page.getByRole('textbox', { name: 'Labels (Buckets): value 1' }).fill('photos');
    await page.getByText('These 2 buckets match:').waitFor();
    // What is labelled elsewhere meanwhile is there at once.
    await admin.kubectl('label', 'bucket', 'other', 'app=photos');
    await page.getByText('These 3 buckets match:').waitFor();
    await admin.kubectl('label', 'bucket', 'other', 'app-');
    await page.getByText('These 2 buckets match:').waitFor();
    await page.getByRole('combobox', { name: 'Who acts' }).selectOption('backup');
    assert.deepEqual(await axeFindings(page), []);
    await shot(page, 'storage-plan-new');
    await make.click();
    await page.getByRole('button', { name: 'Back up now' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Back up now' }).click();
    await page.getByRole('row', { name: /of-photos-.* Succeeded/ }).waitFor();
    await page.getByText('These 2 buckets match:').waitFor();
    await s3.send(new PutObjectCommand({ ...of, Body: 'spoilt' }));
    await page.getByRole('grid', { name: 'Runs' }).getByRole('link').first().click();
    await page.getByRole('tab', { name: 'Content' }).click();
    await page
      .getByRole('row', { name: /photos-a/ })
      .getByRole('button', { name: 'Restore' })
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: 'Restore in place' }).check();
    await dialog.getByText('Everything that was written to photos-a since this backup is lost.').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shot(page, 'storage-restore-in-place');
    await dialog.getByRole('button', { name: 'Restore in place' }).click();
    await page.getByRole('row', { name: /photos-a, in place Succeeded/ }).waitFor();
    const { Body } = await s3.send(new GetObjectCommand(of));
    assert.equal(await Body?.transformToString(), 'as it was');
    assert.deepEqual(await axeFindings(page), []);
    await shot(page, 'storage-restored');
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(complaints(), []);
  });

  test('backups are made now, restored to a new name, tried, and deleted by two', async () => {
    const { admin } = world;
    await admin.casemate('bucket', 'create', 'photos');
    await admin.casemate('bucket', 'create', 'saved');
    await applyAll(admin, [
      ...ACTING,
      planOf('nightly', { what: { buckets: { names: ['photos'] } }, target: { bucket: 'saved' } }),
    ]);
    const { page, base, origins, complaints } = await world.signIn({
      user: 'dora',
      roles: ['organization-admin'],
    });
    await page.goto(`${base}resources/backupplans.backup.casemate.internal/default/nightly?tab=runs`);
    await page.getByText('Never: nobody knows yet whether it can be restored').waitFor();
    await page.getByRole('button', { name: 'Back up now' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Back up now' }).click();
    await page.getByRole('row', { name: /nightly-.* Succeeded/ }).waitFor();
    await page.getByRole('button', { name: 'Try a restore' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Try a restore' }).click();
    await page.getByText('Passed').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shot(page, 'storage-plan');

    await page.getByRole('grid', { name: 'Runs' }).getByRole('link').first().click();
    await page.getByRole('tab', { name: 'Content' }).click();
    await page.getByText('Restore tried').waitFor();
    await page.getByText('Before that nobody deletes it alone').waitFor();
    await page.getByRole('button', { name: 'Restore' }).click();
    await page.getByRole('textbox', { name: 'New name' }).fill('photos-2');
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
    await admin.kubectl('wait', '--for=create', 'bucket/photos-2', '--timeout=30s');

    // Asked for, agreed to by somebody else in their own window, done: as everything that takes two people.
    await page.getByRole('button', { name: 'Delete: ask for approval' }).click();
    const asking = page.getByRole('dialog');
    await asking.getByText('What it saved cannot be restored from it any more', { exact: false }).waitFor();
    await asking.getByRole('textbox', { name: 'Reason' }).fill('a test of this page');
    assert.deepEqual(await axeFindings(page), []);
    await asking.getByRole('button', { name: 'Ask for approval' }).click();
    await page.getByText('You asked for this yourself: it takes somebody else to approve it.').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shot(page, 'storage-backup');
    const other = await world.signIn({ user: 'emil', roles: ['organization-admin'] });
    await other.page.goto(page.url());
    const card = other.page.getByRole('region', { name: /^Delete: nightly-/ });
    await card.getByText('a test of this page').waitFor();
    await card.getByRole('textbox', { name: /Note for the record/ }).fill('the photos are elsewhere');
    await card.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('emil: the photos are elsewhere').waitFor();
    await page.getByText('It was agreed to. You may do it now, once.').waitFor();
    await page.getByRole('button', { name: 'Delete now' }).click();
    await page.getByRole('heading', { name: /^nightly-.* was deleted$/ }).waitFor();
    await other.page.getByText(/It was deleted by dora on/).waitFor();
    assert.deepEqual(other.complaints(), []);

    await page.goto(`${base}resources/restores.backup.casemate.internal`);
    await page
      .getByRole('row', { name: /true Succeeded/ })
      .getByRole('link')
      .first()
      .click();
    await page.getByRole('tab', { name: 'Result' }).click();
    await page.getByText('SecNumCloud-3.2:12.5.c', { exact: true }).waitFor();
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(complaints(), []);
  });
});

async function shot(page: Page, name: string): Promise<void> {
  if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

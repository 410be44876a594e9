/** The object browser: dropped files and folders, names of any kind, tags and metadata, versions and locks, in Chromium against a whole region. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import {
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Page } from 'playwright-core';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';
import { sdkOf } from './s3.ts';
import { shoot } from './shell-run.ts';

const BUCKETS = 'resources/buckets.objects.casemate.internal/default';
/** What people, programs and attackers call things. */
const ODD = [
  '../up.txt',
  'a/../b.txt',
  'two  spaces .txt',
  '😀 🇫🇷 👩‍👩‍👧.txt',
  '<script>alert(1)</script>.txt',
  'line\nbreak.txt',
  'a//nothing-between.txt',
  'invoice\u202Efdp.exe',
  `${'x'.repeat(1_020)}.txt`,
  '100%25+1&2=3?#.txt',
];

suite('the object browser', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  let s3: S3Client;
  let visit: SignedInVisit;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none' });
    await world.admin.casemate('bucket', 'create', 'papers', '--versioning');
    await world.admin.casemate('bucket', 'create', 'odd');
    await world.admin.casemate('bucket', 'create', 'vault', '--object-lock');
    s3 = await sdkOf(world, 'papers');
    visit = await world.signIn({ user: 'berta', roles: ['organization-admin'] });
    visit.page.setDefaultTimeout(9_000);
  });
  after(() => world?.close());

  test('takes files and a whole folder that are dropped onto it', async () => {
    const { page, base, complaints } = visit;
    const root = join(world.region.scratch, 'drop');
    await mkdir(join(root, 'photos', '2026'), { recursive: true });
    const files = ['note.txt', 'photos/cover.txt', 'photos/2026/a.txt'];
    for (const name of files) await writeFile(join(root, name), name);
    await page.goto(`${base}${BUCKETS}/papers?tab=objects`);
    await page.getByRole('heading', { name: 'Nothing is here yet' }).waitFor();
    await drop(page, [join(root, 'note.txt'), join(root, 'photos')]);
    await page.getByRole('heading', { name: 'Uploads have ended' }).waitFor();
    await page.getByRole('button', { name: 'photos/', exact: true }).click();
    await page.getByRole('button', { name: 'cover.txt', exact: true }).waitFor();
    await page.getByRole('button', { name: '2026/', exact: true }).waitFor();
    await shoot(page, 'objects-dropped');
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'papers' }));
    assert.deepEqual(Contents.map(({ Key }) => Key).toSorted(), files.toSorted());
    assert.equal(await textOf(s3, 'papers', 'photos/2026/a.txt'), 'photos/2026/a.txt');
    assert.deepEqual(complaints(), []);
  });

  test('names are text, whatever is in them: shown, opened, fetched and removed', async () => {
    const { page, base, origins, complaints } = visit;
    for (const Key of ODD) await s3.send(new PutObjectCommand({ Bucket: 'odd', Key, Body: `of ${Key}` }));
    for (const key of ODD) {
      const prefix = key.slice(0, key.lastIndexOf('/') + 1);
      const search = new URLSearchParams({ tab: 'objects', ...(prefix !== '' && { prefix }) });
      await page.goto(`${base}${BUCKETS}/odd?${search}`);
      const shown = shownOf(key.slice(prefix.length));
      const row = page
        .getByRole('row')
        .filter({ has: page.getByRole('button', { name: shown, exact: true }) });
      await row.getByRole('button', { name: shown, exact: true }).click();
      await page.getByRole('heading', { name: shown, exact: true }).waitFor();
      const downloads = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download' }).click();
      assert.equal(await readFile(await (await downloads).path(), 'utf8'), `of ${key}`, key);
    }
    await page.goto(`${base}${BUCKETS}/odd?tab=objects`);
    await page.getByRole('checkbox', { name: 'Select all' }).check();
    await shoot(page, 'objects-odd');
    assert.deepEqual(await axeFindings(page), []);
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page
      .getByRole('button', { name: shownOf('line\nbreak.txt'), exact: true })
      .waitFor({ state: 'detached' });
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'odd' }));
    assert.deepEqual(
      Contents.map(({ Key }) => Key).toSorted(),
      ODD.filter((key) => key.includes('/')).toSorted(),
    );
    // The way back through folders without a name.
    await page.getByRole('button', { name: 'a/', exact: true }).click();
    await page.getByRole('button', { name: '../', exact: true }).click();
    await page.getByRole('button', { name: 'Actions of b.txt' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
    await page.getByRole('heading', { name: 'Nothing is here yet' }).waitFor();
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(complaints(), []);
  });

  test('tags and metadata are shown, edited, and what S3 clients see', async () => {
    const { page, base, complaints } = visit;
    const of = { Bucket: 'papers', Key: 'note.txt' };
    await s3.send(
      new PutObjectCommand({
        ...of,
        Body: 'a note',
        ContentType: 'text/plain',
        CacheControl: 'max-age=60',
        Tagging: 'tier=front',
        Metadata: { author: 'ann' },
      }),
    );
    await page.goto(`${base}${BUCKETS}/papers?tab=objects&object=note.txt`);
    await page.getByText('tier=front', { exact: true }).waitFor();
    await page.getByText('x-amz-meta-author').waitFor();
    await page.getByRole('button', { name: 'Edit the tags' }).click();
    const dialog = page.getByRole('dialog');
    const value = dialog.getByRole('textbox', { name: 'Tags: value 1' });
    await value.fill('<b>');
    assert.ok(await dialog.getByRole('button', { name: 'Save' }).isDisabled());
    await value.fill('à gauche: 1/2');
    await dialog.getByRole('button', { name: 'Add' }).click();
    assert.ok(await dialog.getByRole('button', { name: 'Save' }).isDisabled());
    await dialog.getByRole('textbox', { name: 'Tags: name 2' }).fill('année');
    await dialog.getByRole('textbox', { name: 'Tags: value 2' }).fill('2026');
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'objects-tags');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('tier=à gauche: 1/2', { exact: true }).waitFor();
    const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand(of));
    assert.deepEqual(TagSet.map(({ Key, Value }) => `${Key}=${Value}`).toSorted(), [
      'année=2026',
      'tier=à gauche: 1/2',
    ]);
    await page.getByRole('button', { name: 'Edit the metadata' }).click();
    await dialog.getByRole('textbox', { name: 'Type' }).fill('text/markdown');
    await dialog.getByRole('textbox', { name: 'Metadata: value 1' }).fill('berta');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('text/markdown').waitFor();
    const head = await s3.send(new HeadObjectCommand(of));
    assert.deepEqual(
      [head.ContentType, head.Metadata, head.CacheControl],
      ['text/markdown', { author: 'berta' }, 'max-age=60'],
    );
    assert.equal(await textOf(s3, 'papers', 'note.txt'), 'a note');
    assert.equal((await s3.send(new GetObjectTaggingCommand(of))).TagSet?.length, 2);
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'objects-one');
    assert.deepEqual(complaints(), []);
  });

  test('old versions are fetched, made the latest again and deleted; a deletion is taken back', async () => {
    const { page, base, complaints } = visit;
    const of = { Bucket: 'papers', Key: 'plan.txt' };
    const versions: string[] = [];
    for (const Body of ['first', 'second'])
      versions.push((await s3.send(new PutObjectCommand({ ...of, Body }))).VersionId ?? '');
    const [first = '', second = ''] = versions;
    await page.goto(`${base}${BUCKETS}/papers?tab=objects&object=plan.txt`);
    const table = page.getByRole('grid', { name: 'Versions' });
    const act = async (version: string, what: string) => {
      await table.getByRole('button', { name: `Actions of ${version}` }).click();
      await page.getByRole('menuitem', { name: what }).click();
    };
    const downloads = page.waitForEvent('download');
    await act(first, 'Download');
    assert.equal(await readFile(await (await downloads).path(), 'utf8'), 'first');
    await act(first, 'Make it the latest again');
    await page.getByRole('dialog').getByRole('button', { name: 'Make it the latest again' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await table.getByRole('row').nth(3).waitFor();
    assert.equal(await textOf(s3, 'papers', 'plan.txt'), 'first');
    await act(second, 'Delete this version');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
    await table.getByRole('button', { name: second, exact: true }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'plan.txt', exact: true }).waitFor({ state: 'detached' });
    await page.goto(`${base}${BUCKETS}/papers?tab=objects&object=plan.txt`);
    await page.getByText('It is not there any more: somebody deleted it.').waitFor();
    const marker = table.getByRole('row', { name: /Deleted here/ });
    await marker.getByRole('button').click();
    await page.getByRole('menuitem', { name: 'Take the deletion back' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take the deletion back' }).click();
    await page.getByRole('heading', { name: 'plan.txt' }).waitFor();
    assert.equal(await textOf(s3, 'papers', 'plan.txt'), 'first');
    assert.deepEqual(complaints(), []);
  });

  test('what a lock keeps is not deleted, and the page says why and until when', async () => {
    const { page, base, complaints } = visit;
    const put = async (Key: string, mode: 'GOVERNANCE' | 'COMPLIANCE') =>
      (
        await s3.send(
          new PutObjectCommand({
            Bucket: 'vault',
            Key,
            Body: Key,
            ObjectLockMode: mode,
            ObjectLockRetainUntilDate: new Date('2099-12-31T12:00:00Z'),
          }),
        )
      ).VersionId ?? '';
    const governed = await put('governed.txt', 'GOVERNANCE');
    const bound = await put('bound.txt', 'COMPLIANCE');
    // Whoever may pass over governance says that they mean it.
    await page.goto(`${base}${BUCKETS}/vault?tab=objects&object=governed.txt`);
    const table = page.getByRole('grid', { name: 'Versions' });
    const remove = async (on: Page, version: string) => {
      await on
        .getByRole('grid', { name: 'Versions' })
        .getByRole('button', { name: `Actions of ${version}` })
        .click();
      await on.getByRole('menuitem', { name: 'Delete this version' }).click();
    };
    await remove(page, governed);
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/Locked until [^:]*2099.* \(governance\)/).waitFor();
    const confirm = dialog.getByRole('button', { name: 'Delete for good' });
    assert.ok(await confirm.isDisabled());
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'objects-governed');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    // A legal hold goes before all, and is lifted.
    await page.getByRole('switch', { name: 'Legal hold' }).press('Space');
    await page.getByRole('switch', { name: 'Legal hold', checked: true }).waitFor();
    await remove(page, governed);
    await dialog.getByText('It is under legal hold: lift that first.').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('switch', { name: 'Legal hold' }).press('Space');
    await page.getByRole('switch', { name: 'Legal hold', checked: false }).waitFor();
    // In governance it can be shortened by who may pass over it; in compliance by nobody.
    await page.getByRole('button', { name: 'Change the lock' }).click();
    await page.getByLabel('Until the end of').fill('2098-01-31');
    assert.ok(await page.getByRole('button', { name: 'Lock', exact: true }).isDisabled());
    await page.getByRole('checkbox', { name: 'Pass over the governance lock' }).check();
    await page.getByRole('button', { name: 'Lock', exact: true }).click();
    await page.getByText(/^Locked until [^:]*2098.* \(governance\)/).waitFor();
    await remove(page, governed);
    await dialog.getByRole('checkbox', { name: 'Pass over the governance lock' }).check();
    await confirm.click();
    await dialog.waitFor({ state: 'detached' });
    await table.getByRole('button', { name: governed, exact: true }).waitFor({ state: 'detached' });

    await page.goto(`${base}${BUCKETS}/vault?tab=objects&object=bound.txt`);
    await remove(page, bound);
    await dialog.getByText(/Locked until [^:]*2099.*Nobody can delete this version before/).waitFor();
    assert.ok(await confirm.isDisabled());
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Change the lock' }).click();
    assert.ok(await page.getByRole('radio', { name: 'Governance' }).isDisabled());
    await page.getByLabel('Until the end of').fill('2098-01-31');
    await page.getByText(/that cannot be shortened: choose a later day/).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    assert.deepEqual(complaints(), []);

    // Somebody who may delete objects, and not pass over locks, is told so beforehand.
    const held = await put('held.txt', 'GOVERNANCE');
    const editor = await world.signIn({ user: 'emil', roles: ['project-editor'] });
    await editor.page.goto(`${base}${BUCKETS}/vault?tab=objects&object=held.txt`);
    await remove(editor.page, held);
    await editor.page
      .getByRole('dialog')
      .getByText(/only an administrator of the organization/)
      .waitFor();
    assert.deepEqual(editor.complaints(), []);
    await editor.close();
  });
});

/** As a file manager does it: Chromium is given paths, and reads files and folders itself. */
async function drop(page: Page, files: readonly string[]): Promise<void> {
  const line = await page.context().newCDPSession(page);
  const box = await page.getByRole('heading', { name: 'Nothing is here yet' }).boundingBox();
  if (box === null) throw new Error('there is nothing to drop onto');
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2, data };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await line.send('Input.dispatchDragEvent', { type, ...at });
  await line.detach();
}

/** As people see it: nothing is invisible. */
const shownOf = (name: string): string => name.replace('\n', '‹U+000A›').replace('\u202E', '‹U+202E›');

async function textOf(s3: S3Client, Bucket: string, Key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return (await Body?.transformToString()) ?? '';
}

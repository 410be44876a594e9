/** Settings of a bucket as a form, and access keys that are made and shown once: in Chromium against a whole region, held against what S3 clients see. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import {
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';
import { sdkOf, sdkWith } from './s3.ts';
import { shoot } from './shell-run.ts';

const SETTINGS = 'resources/buckets.objects.casemate.internal/default/site?tab=settings';
const KEYS = 'accesskeys.objects.casemate.internal';

suite('settings of buckets, and access keys', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  let s3: S3Client;
  let visit: SignedInVisit;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none' });
    await world.admin.casemate('bucket', 'create', 'site', '--versioning');
    s3 = await sdkOf(world, 'site');
    visit = await world.signIn({ user: 'berta', roles: ['organization-admin'] });
  });
  after(() => world?.close());

  test('a lifecycle rule is made, changed and taken away in words, and is what S3 clients see', async () => {
    const { page, base, complaints } = visit;
    await page.goto(`${base}${SETTINGS}`);
    await page.getByRole('button', { name: 'Add a rule', exact: true }).click();
    const dialog = page.getByRole('dialog');
    const save = dialog.getByRole('button', { name: 'Save' });
    await dialog.getByRole('textbox', { name: 'Name of the rule' }).fill('logs');
    await dialog.getByText('It removes nothing yet').waitFor();
    assert.ok(await save.isDisabled());
    await dialog.getByRole('textbox', { name: 'Only names that begin with' }).fill('logs/');
    await dialog.getByRole('spinbutton', { name: 'Objects, after how many days' }).fill('0');
    assert.ok(await save.isDisabled());
    await dialog.getByRole('spinbutton', { name: 'Objects, after how many days' }).fill('30');
    await dialog.getByRole('spinbutton', { name: 'Old versions, after how many days' }).fill('7');
    await dialog.getByRole('spinbutton', { name: 'Of old versions, keep so many in any case' }).fill('3');
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'bucket-lifecycle');
    await save.click();
    const row = page.getByRole('row', {
      name: /^logs.* names that begin with logs\/ Objects go after 30 days/,
    });
    await row.getByText('Old versions go after 7 days; the newest 3 stay').waitFor();
    const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'site' }));
    assert.deepEqual(
      Rules.map(({ ID, Filter, Expiration, NoncurrentVersionExpiration }) => [
        ID,
        Filter?.Prefix,
        Expiration?.Days,
        NoncurrentVersionExpiration?.NewerNoncurrentVersions,
      ]),
      [['logs', 'logs/', 30, 3]],
    );
    await page.getByRole('button', { name: 'Actions of logs' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    await dialog.getByRole('switch', { name: 'The rule is in force' }).press('Space');
    await save.click();
    await row.getByText('Switched off').waitFor();
    await page.getByRole('button', { name: 'Actions of logs' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await dialog.getByRole('button', { name: 'Delete for good' }).click();
    await row.waitFor({ state: 'detached' });
    assert.deepEqual(complaints(), []);
  });

  test('a CORS rule is made and changed', async () => {
    const { page, complaints } = visit;
    await page.getByRole('button', { name: 'Add a CORS rule' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Origins' }).fill('app.example');
    assert.ok(await dialog.getByRole('button', { name: 'Save' }).isDisabled());
    await dialog
      .getByRole('textbox', { name: 'Origins' })
      .fill('https://app.example\nhttps://*.test.example');
    await dialog.getByRole('checkbox', { name: 'PUT' }).check();
    await dialog.getByRole('spinbutton').fill('600');
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'bucket-cors');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row', { name: /https:\/\/app\.example.*GET, HEAD, PUT/ }).waitFor();
    const { CORSRules = [] } = await s3.send(new GetBucketCorsCommand({ Bucket: 'site' }));
    assert.deepEqual(CORSRules[0]?.AllowedOrigins?.length, 2);
    assert.equal(CORSRules[0]?.MaxAgeSeconds, 600);
    assert.deepEqual(complaints(), []);
  });

  test('the public access block is taken away, and a policy is set; what is no policy is refused in place', async () => {
    const { page, complaints } = visit;
    const policy = page.getByRole('textbox', { name: 'Bucket policy' });
    await policy.fill('{"Version": ');
    await page.getByText('This is no JSON').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Save access' }).isDisabled());
    const statement = {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::site/*',
    };
    await policy.fill(JSON.stringify({ Version: '2012-10-17', Statement: [statement] }));
    await page.getByRole('button', { name: 'Save access' }).click();
    // The block stands against it.
    const panel = page.getByRole('region', { name: 'Public access and policy' });
    await panel.getByText(/Danger alert/).waitFor();
    for (const name of ['Refuse policies that open to everybody', 'Such policies open nothing'])
      await page.getByRole('switch', { name }).press('Space');
    await panel.getByText('objects can be read by everybody').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.getByRole('button', { name: 'Save access' }).click();
    await page.getByText('As its policy says: the public access block was taken away').waitFor();
    await shoot(page, 'bucket-settings');
    await s3.send(new PutObjectCommand({ Bucket: 'site', Key: 'index.html', Body: 'hello' }));
    assert.deepEqual(complaints(), []);
  });

  test('an access key is made for one bucket and for reading alone; its secret is shown once and works', async () => {
    const { page, base, origins, complaints } = visit;
    await page.goto(`${base}resources/${KEYS}`);
    await page.getByRole('link', { name: /^Create/ }).click();
    await page.getByRole('heading', { name: 'Create an access key', level: 1 }).waitFor();
    await page.getByRole('textbox', { name: 'Name' }).fill('Laptop');
    const make = page.getByRole('button', { name: 'Create the access key' });
    assert.ok(await make.isDisabled());
    await page.getByRole('textbox', { name: 'Name' }).fill('laptop');
    await page.getByRole('checkbox', { name: 'site' }).check();
    await page.getByRole('checkbox', { name: 'Only for reading' }).check();
    await page.getByLabel('It ends at the end of').fill('2099-12-31');
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'access-key-new');
    await make.click();
    await page.getByText('Keep the secret now').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'access-key-once');
    const secretAccessKey = await page.getByRole('textbox', { name: 'Secret access key' }).inputValue();
    const accessKeyId = await page.getByRole('textbox', { name: 'Access key id' }).inputValue();
    const downloads = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download laptop.env' }).click();
    const kept = await readFile(await (await downloads).path(), 'utf8');
    assert.match(kept, new RegExp(`AWS_SECRET_ACCESS_KEY=${RegExp.escape(secretAccessKey)}\n`));
    const reader = await sdkWith(world, 'site', { accessKeyId, secretAccessKey });
    const { Contents = [] } = await reader.send(new ListObjectsV2Command({ Bucket: 'site' }));
    assert.deepEqual(
      Contents.map(({ Key }) => Key),
      ['index.html'],
    );
    await assert.rejects(reader.send(new PutObjectCommand({ Bucket: 'site', Key: 'x', Body: 'x' })), {
      name: 'AccessDenied',
    });
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.getByRole('tab', { name: 'Use and secret' }).click();
    await page.getByText('It is never shown again').waitFor();
    await page.getByText('site: only for reading').waitFor();
    assert.ok(!(await page.content()).includes(secretAccessKey));
    assert.deepEqual(await axeFindings(page), []);

    // Somebody else's: made by them, and shown to nobody else.
    await world.admin.apply(
      JSON.stringify({
        apiVersion: 'objects.casemate.internal/v1',
        kind: 'AccessKey',
        metadata: { name: 'of-alice', namespace: 'default' },
        spec: { user: 'alice' },
      }),
    );
    await page.goto(`${base}resources/${KEYS}/default/of-alice?tab=secret`);
    const show = page.getByRole('button', { name: 'Show the secret, once' });
    await show.focus();
    await page.getByRole('tooltip', { name: /It is alice who gets it/ }).waitFor();
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(complaints(), []);
  });
});

/** A bucket with thousands of objects, and a file of hundreds of megabytes, in the console. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';
import { sdkOf } from './s3.ts';
import { shoot } from './shell-run.ts';

const OBJECTS = 2_500;
const AT_ONCE = 16;
const MEBIBYTE = 2 ** 20;
const LARGE_MIB = 200;
const BUCKET = 'resources/buckets.objects.casemate.internal/default/many?tab=objects';
const nameOf = (at: number): string => `scan-${String(at).padStart(4, '0')}.txt`;

suite('many objects, and large ones, in the console', { timeout: 400_000 }, () => {
  let world: ConsoleWorld;
  let s3: S3Client;
  let visit: SignedInVisit;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none' });
    await world.admin.casemate('bucket', 'create', 'many');
    s3 = await sdkOf(world, 'many');
    visit = await world.signIn({ user: 'berta', roles: ['organization-admin'] });
  });
  after(() => world?.close());

  test('whoever goes from page to page reaches the last of 2,500, and finds one by how its name begins', async () => {
    const { page, base, complaints } = visit;
    let next = 1;
    const put = async () => {
      for (let at = next++; at <= OBJECTS; at = next++)
        await s3.send(new PutObjectCommand({ Bucket: 'many', Key: nameOf(at), Body: 'x' }));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, put));
    await page.goto(`${base}${BUCKET}`);
    await page.getByRole('button', { name: nameOf(100), exact: true }).waitFor();
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByRole('button', { name: nameOf(200), exact: true }).waitFor();
    await page.getByText('Page 2', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Previous page' }).click();
    await page.getByRole('button', { name: nameOf(1), exact: true }).waitFor();
    await page.getByRole('combobox', { name: 'Names on a page' }).selectOption('1000');
    for (const last of [1_000, 2_000]) {
      await page.getByRole('button', { name: nameOf(last), exact: true }).waitFor();
      await page.getByRole('button', { name: 'Next page' }).click();
    }
    await page.getByRole('button', { name: nameOf(OBJECTS), exact: true }).waitFor();
    const on = page.getByRole('button', { name: 'Next page' });
    assert.equal(await on.getAttribute('aria-disabled'), 'true');
    // The pointer is on it still, from before it said no.
    await page.mouse.move(0, 0);
    await on.hover();
    await page.getByRole('tooltip', { name: 'This is the last page.' }).waitFor();
    await page.getByRole('textbox', { name: 'Begins with' }).fill('scan-24');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: nameOf(2_400), exact: true }).waitFor();
    await page.getByRole('button', { name: nameOf(2_499), exact: true }).waitFor();
    await page.getByRole('button', { name: nameOf(OBJECTS), exact: true }).waitFor({ state: 'detached' });
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'objects-many');
    await page.getByRole('textbox', { name: 'Begins with' }).fill('nothing');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByRole('heading', { name: 'Nothing here begins with “nothing”' }).waitFor();
    assert.deepEqual(complaints(), []);
  });

  test('a file of 200 MiB goes in parts, says how far it is, and is there with the same bytes', async () => {
    const { page, base, origins, complaints } = visit;
    const file = join(world.region.scratch, 'disk.img');
    const handle = await open(file, 'w');
    for (let at = 0; at < LARGE_MIB; at++) await handle.write(randomBytes(MEBIBYTE));
    await handle.close();
    await page.goto(`${base}${BUCKET}`);
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Upload files' }).click();
    await (await chooser).setFiles(file);
    const bar = page.getByRole('progressbar', { name: 'disk.img' });
    await page.getByText(/^[1-9][\d.]* MB of 209\.7 MB$/).waitFor();
    await bar.waitFor();
    await page.getByRole('heading', { name: 'Uploads have ended' }).waitFor({ timeout: 120_000 });
    assert.equal(await bar.getAttribute('aria-valuenow'), '100');
    const head = await s3.send(new HeadObjectCommand({ Bucket: 'many', Key: 'disk.img' }));
    assert.equal(head.ContentLength, LARGE_MIB * MEBIBYTE);
    await page.getByRole('textbox', { name: 'Begins with' }).fill('disk');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'disk.img', exact: true }).click();
    const downloads = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    const path = await (await downloads).path();
    assert.equal((await stat(path)).size, LARGE_MIB * MEBIBYTE);
    assert.equal(await digestOf(path), await digestOf(file));
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(complaints(), []);
  });
});

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

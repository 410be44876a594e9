/** The way of a file into a bucket, and of its first version under every lock there is, as somebody goes it in their language. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { ConsoleWorld, SignedInVisit } from './console.ts';
import { assertWellSaid } from './heard.ts';
import { ANY, LOCALES, patternOf, type Spoken, sayIn } from './spoken.ts';

/** Larger than one part. */
const LARGE_BYTES = 20 * 2 ** 20;
export const BUCKETS = 'resources/buckets.objects.casemate.internal';

export interface LockRun {
  readonly language: Spoken;
  readonly user: string;
  /** With object lock, and nothing in it. */
  readonly bucket: string;
}

/** Keeps a picture of the page where whoever runs this wants pictures. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env.CONSOLE_SCREENSHOTS;
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Where the file lies that it uploads. */
export const largeFile = (world: ConsoleWorld): string => join(world.region.scratch, 'large.bin');

/** Uploads, gets the same bytes back, and locks: what it ends at is the page of `large.bin`, under legal hold. */
export async function uploadAndLock(
  world: ConsoleWorld,
  { language, user, bucket }: LockRun,
): Promise<SignedInVisit> {
  const say = sayIn(language);
  const large = largeFile(world);
  const small = join(world.region.scratch, '<img src=x onerror=alert(1)> & é.txt');
  await writeFile(large, randomBytes(LARGE_BYTES));
  await writeFile(small, 'kept for ten years');
  const visit = await world.signIn({ user, roles: ['organization-admin'], locale: LOCALES[language] });
  const { page, base, origins, complaints } = visit;
  await page.goto(`${base}${BUCKETS}`);
  await page.getByRole('link', { name: bucket, exact: true }).click();
  await page.getByRole('tab', { name: say('storage.objects') }).click();
  await page.getByRole('heading', { name: say('storage.objects.empty') }).waitFor();
  const chosen = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: say('storage.upload') }).click();
  await (await chosen).setFiles([large, small]);
  await page.getByRole('heading', { name: say('storage.uploads.done') }).waitFor();
  await shoot(page, `storage-objects-${language}`);
  await assertWellSaid(page, language);
  await page.getByRole('button', { name: 'large.bin', exact: true }).click();
  await page.getByRole('heading', { name: 'large.bin' }).waitFor();
  await assertWellSaid(page, language);
  const downloads = page.waitForEvent('download');
  await page.getByRole('button', { name: say('storage.fetch'), exact: true }).click();
  const download = await downloads;
  assert.equal(download.suggestedFilename(), 'large.bin');
  assert.equal(await digestOf(await download.path()), await digestOf(large));
  await opensNothing(page, download.url());

  // In governance mode whoever may pass over it has to say so.
  const lock = page.getByRole('button', { name: say('storage.lock.apply'), exact: true });
  const governed = patternOf(say('storage.lock.governance', { until: ANY }));
  await page.getByRole('button', { name: say('storage.lock.set') }).click();
  await lock.click();
  await page.getByText(governed).waitFor();
  await page
    .getByRole('grid', { name: say('storage.versions') })
    .getByRole('button')
    .first()
    .click();
  const remove = page.getByRole('button', { name: say('storage.remove.version') });
  await remove.click();
  await page.getByRole('dialog').getByText(governed).waitFor();
  assert.ok(await page.getByRole('button', { name: say('list.delete.confirm') }).isDisabled());
  await shoot(page, `storage-locked-${language}`);
  await assertWellSaid(page, language);
  await page.getByRole('button', { name: say('cancel') }).click();

  // In compliance mode nobody passes, and the button says why.
  await page.getByRole('button', { name: say('storage.lock.change') }).click();
  await page.getByRole('radio', { name: say('storage.lock.mode.compliance') }).check();
  await page.getByText(say('storage.lock.compliance.warning')).waitFor();
  await lock.click();
  const forever = patternOf(say('storage.lock.why.compliance', { until: ANY }));
  await page.getByText(forever).first().waitFor();
  assert.equal(await remove.getAttribute('aria-disabled'), 'true');
  await page.getByRole('switch', { name: say('storage.lock.hold') }).press('Space');
  await page.getByText(say('storage.lock.why.held')).first().waitFor();
  await assertWellSaid(page, language);
  assert.deepEqual([...origins()], [new URL(base).origin]);
  assert.deepEqual(complaints(), []);
  return visit;
}

/** Other people's bytes at the console's origin: a browser stores them, and shows or runs nothing of them. A link does that one thing, and a changed one nothing. */
async function opensNothing(page: Page, link: string): Promise<void> {
  const ask = (url: string, method: string) =>
    page.context().request.fetch(url, { method, ignoreHTTPSErrors: true, headers: { Range: 'bytes=0-9' } });
  // Somebody who goes away in the middle disturbs nobody.
  await page.evaluate(
    `fetch(${JSON.stringify(link)}).then(async ({ body }) => { const reader = body.getReader(); await reader.read(); await reader.cancel(); })`,
  );
  const answer = await ask(link, 'GET');
  const headers = answer.headers();
  assert.equal(answer.status(), 206);
  assert.match(headers['content-disposition'] ?? '', /^attachment/);
  assert.equal(headers['content-type'], 'application/octet-stream');
  assert.equal(headers['content-security-policy'], "default-src 'none'; sandbox");
  assert.equal(headers['x-content-type-options'], 'nosniff');
  const [plain = ''] = link.split('?');
  assert.equal((await ask(plain, 'GET')).status(), 401);
  assert.equal((await ask(link, 'DELETE')).status(), 403);
  assert.equal((await ask(link.replace('large.bin', 'other.bin'), 'GET')).status(), 403);
}

const digestOf = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

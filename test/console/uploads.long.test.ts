/** Uploads that do not go as planned: a full bucket, a connection that is lost, several at once; in Chromium against a whole region. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { GetObjectCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Page } from 'playwright-core';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';
import { sdkOf } from './s3.ts';
import { shoot } from './shell-run.ts';

const MEBIBYTE = 2 ** 20;
const BUCKETS = 'resources/buckets.objects.casemate.internal/default';

interface Chosen {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

const fileOf = (name: string, bytes: number): Chosen => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: randomBytes(bytes),
});

suite('uploads in the console', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  let s3: S3Client;
  let visit: SignedInVisit;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none' });
    for (const name of ['inbox', 'small']) await world.admin.casemate('bucket', 'create', name);
    s3 = await sdkOf(world, 'inbox');
    visit = await world.signIn({ user: 'berta', roles: ['organization-admin'] });
  });
  after(() => world?.close());

  test('several go at once, each with how far it is', async () => {
    const { page, base, complaints } = visit;
    await page.goto(`${base}${BUCKETS}/inbox?tab=objects`);
    const files = [1, 2, 3, 4, 5, 6].map((at) => fileOf(`${at}.bin`, at * MEBIBYTE));
    await upload(page, files);
    await page.getByRole('heading', { name: 'Uploads have ended' }).waitFor();
    const list = page.getByRole('region', { name: 'Uploads' });
    assert.equal(await list.getByText('Done', { exact: true }).count(), files.length);
    for (const { name, buffer } of files) assert.equal(await digestOf(s3, name), digest(buffer));
    assert.deepEqual(await axeFindings(page), []);
    await list.getByRole('button', { name: 'Clear the list' }).click();
    await list.waitFor({ state: 'detached' });
    assert.deepEqual(complaints(), []);
  });

  test('a full bucket says so, and the same file goes once there is room', async () => {
    const { page, base, complaints } = visit;
    const { admin } = world;
    await admin.kubectl(
      'patch',
      'bucket',
      'small',
      '--type=merge',
      '-p',
      '{"spec":{"quota":{"bytes":"1Mi"}}}',
    );
    await page.goto(`${base}${BUCKETS}/small?tab=objects`);
    await upload(page, [fileOf('large.bin', 2 * MEBIBYTE)]);
    await page
      .getByText('large.bin: The bucket is full: its quota takes no more.', { exact: false })
      .waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'upload-full');
    await admin.kubectl(
      'patch',
      'bucket',
      'small',
      '--type=merge',
      '-p',
      '{"spec":{"quota":{"bytes":"8Mi"}}}',
    );
    await page.getByRole('button', { name: 'Try again: large.bin' }).click();
    await page.getByRole('row', { name: /large\.bin 2\.1 MB/ }).waitFor();
    assert.deepEqual(complaints(), []);
  });

  test('a lost connection is waited for, and what had come is not sent again', async () => {
    const { page, base, origins, complaints } = visit;
    await page.goto(`${base}${BUCKETS}/inbox?tab=objects`);
    const parts = new Map<string, number>();
    page.on('requestfinished', (request) => {
      const part = new URL(request.url()).searchParams.get('partNumber');
      if (part !== null) parts.set(part, (parts.get(part) ?? 0) + 1);
    });
    const line = await page.context().newCDPSession(page);
    await line.send('Network.enable');
    const network = (offline: boolean, uploadThroughput: number) =>
      line.send('Network.emulateNetworkConditions', {
        offline,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput,
      });
    // So slow that the connection is lost in the middle.
    await network(false, 8_000_000);
    const file = fileOf('film.bin', 44 * MEBIBYTE);
    await upload(page, [file]);
    const finished = page.waitForEvent('requestfinished', (one) => one.url().includes('partNumber='));
    await finished;
    await network(true, 8_000_000);
    await page.getByText('The region does not answer. It goes on by itself.').waitFor();
    await shoot(page, 'upload-lost');
    const before = new Set(parts.keys());
    await network(false, -1);
    await page.getByRole('heading', { name: 'Uploads have ended' }).waitFor();
    assert.equal(await digestOf(s3, 'film.bin'), digest(file.buffer));
    for (const part of before) assert.equal(parts.get(part), 1, `part ${part} was sent once`);
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: 'inbox' }));
    assert.deepEqual(Uploads, []);
    assert.deepEqual([...origins()], [new URL(base).origin]);
    // Chromium itself writes a line for each request that finds no network.
    assert.deepEqual(
      complaints().filter((line) => !line.includes('net::ERR_INTERNET_DISCONNECTED')),
      [],
    );
  });
});

async function upload(page: Page, files: readonly Chosen[]): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Upload files' }).click();
  await (await chooser).setFiles([...files]);
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function digestOf(s3: S3Client, Key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'inbox', Key }));
  return digest((await Body?.transformToByteArray()) ?? new Uint8Array());
}

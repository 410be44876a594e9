/** Objects in the console: stored, looked at, locked, fetched and removed, in Chromium against a whole region. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, type SignedInVisit, startConsoleWorld } from './console.ts';
import { type LockRun, largeFile, shoot, uploadAndLock } from './lock-run.ts';
import { LOCALES } from './spoken.ts';

/** Berta is last: it is her page that goes on, and her accesses that the end of the log has. */
const LOCK_RUNS = [
  { language: 'fr', user: 'bernard', bucket: 'conserve' },
  { language: 'en', user: 'berta', bucket: 'archive' },
] as const satisfies readonly LockRun[];
/** What a record of access says. */
interface Leaf {
  readonly actor: string;
  readonly resource: string;
  readonly credential: string;
  readonly address?: string;
  readonly details?: { readonly call?: string };
}
const VOLUME = JSON.stringify({
  apiVersion: 'storage.casemate.internal/v1',
  kind: 'Volume',
  metadata: { name: 'data' },
  spec: { size: '1Gi' },
});

suite('objects in the console', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  let berta: SignedInVisit;
  before(async () => {
    world = await startConsoleWorld({ settings: 'incus:\n  mode: none' });
    for (const { bucket } of LOCK_RUNS)
      await world.admin.casemate('bucket', 'create', bucket, '--object-lock');
  });
  after(() => world?.close());

  for (const run of LOCK_RUNS)
    test(`are uploaded with progress, locked, and come back with the same bytes, in ${LOCALES[run.language]}`, async () => {
      const visit = await uploadAndLock(world, run);
      if (run.user === 'berta') berta = visit;
      else await visit.close();
    });

  test('another version hides the one before, a deleted object keeps both, and folders are made', async () => {
    const { page, base, origins, complaints } = berta;
    await page.getByRole('button', { name: 'archive/' }).click();
    const again = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Upload files' }).click();
    await (await again).setFiles({ name: 'large.bin', mimeType: 'text/plain', buffer: Buffer.from('new') });
    await page.getByRole('row', { name: /large\.bin 3 bytes/ }).waitFor();
    await page.getByRole('checkbox', { name: 'Select large.bin' }).check();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page
      .getByRole('dialog')
      .getByText(/This bucket keeps versions/)
      .waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    // Whatever is behind a dialog has no role while that is open.
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /large\.bin/ }).waitFor({ state: 'detached' });
    await page.goto(`${page.url()}&object=large.bin`);
    await page.getByRole('row', { name: /Deleted here/ }).waitFor();
    assert.equal(await page.getByRole('grid', { name: 'Versions' }).getByRole('row').count(), 4);

    // A folder, and what is in it.
    await page.getByRole('button', { name: 'archive/' }).click();
    await page.getByRole('button', { name: 'New folder' }).click();
    await page.getByRole('textbox', { name: 'Name of the folder' }).fill('2026/march');
    await page.getByRole('button', { name: 'Make the folder' }).click();
    await page.getByRole('heading', { name: 'Nothing is here yet' }).waitFor();
    await page.getByRole('button', { name: '2026', exact: true }).click();
    await page.getByRole('button', { name: 'march/', exact: true }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    assert.deepEqual([...origins()], [new URL(base).origin]);
    assert.deepEqual(complaints(), []);
  });

  test('each access is on record as the person’s, from their own address', async () => {
    const said = await world.admin.casemate('ledger', 'show', '--log', 'access', '-o', 'json');
    const records = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Leaf);
    const ofBerta = records.filter(
      ({ actor, resource }) => actor === 'berta' && resource.endsWith('/objects'),
    );
    const calls = new Set(ofBerta.map(({ details }) => details?.call));
    for (const call of ['GetObject', 'CreateMultipartUpload', 'UploadPart', 'DeleteObject'])
      assert.ok(calls.has(call), `${call} among ${[...calls].join(', ')}`);
    assert.ok(ofBerta.every(({ address }) => address === '127.0.0.1' || address === '::1'));
    assert.ok(ofBerta.every(({ credential }) => !credential.includes('CMR-')));
  });

  test('are nobody’s whose roles do not open them, and a page says so', async () => {
    const { page, base, complaints } = await world.signIn({ user: 'emil', roles: ['organization-auditor'] });
    await page.goto(`${base}resources/buckets.objects.casemate.internal/default/archive?tab=objects`);
    await page.getByRole('heading', { name: 'This did not work' }).waitFor();
    assert.deepEqual(complaints(), []);
  });

  test('an upload shows how far it is, and can be cancelled', async () => {
    const { page, base, complaints } = await world.signIn({ user: 'frida', roles: ['organization-admin'] });
    await page.goto(`${base}resources/buckets.objects.casemate.internal/default/archive?tab=objects`);
    const chooser = page.waitForEvent('filechooser');
    const line = await page.context().newCDPSession(page);
    await line.send('Network.enable');
    // Slow enough that it would take minutes.
    await line.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: 200_000,
    });
    await page.getByRole('button', { name: 'Upload files' }).click();
    await (await chooser).setFiles(largeFile(world));
    await page.getByText(/^[1-9][\d.]* [kM]B of 21 MB$/).waitFor();
    await page.getByRole('button', { name: 'Cancel the upload of large.bin' }).click();
    await page.getByText('Cancelled').waitFor();
    assert.deepEqual(complaints(), []);
  });

  test('a volume says what it is; it is grown, and snapshots are taken', async () => {
    const { admin } = world;
    await admin.apply(VOLUME);
    const { page, base, complaints } = await world.signIn({
      user: 'gerd',
      roles: ['organization-admin'],
      locale: 'de-DE',
    });
    await page.goto(`${base}resources/volumes.storage.casemate.internal/default/data?tab=use`);
    await page.getByText('Dateien unter einem Pfad').waitFor();
    await page.getByRole('button', { name: 'Vergrößern' }).click();
    const size = page.getByRole('textbox', { name: 'Neue Größe' });
    await size.fill('512Mi');
    assert.ok(await page.getByRole('dialog').getByRole('button', { name: 'Vergrößern' }).isDisabled());
    await size.fill('2Gi');
    await page.getByRole('dialog').getByRole('button', { name: 'Vergrößern' }).click();
    await admin.kubectl('wait', '--for=jsonpath={.spec.size}=2Gi', 'volume/data', '--timeout=20s');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Snapshot aufnehmen' }).click();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('before');
    await page.getByRole('dialog').getByRole('button', { name: 'Snapshot aufnehmen' }).click();
    await page.getByRole('link', { name: 'before' }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'storage-volume-de');
    assert.deepEqual(complaints(), []);
  });

  test('what a project may hold, and holds, is on the first page in words and bars', async () => {
    const { admin } = world;
    await admin.apply(
      JSON.stringify({
        apiVersion: 'tenancy.casemate.internal/v1',
        kind: 'Quota',
        metadata: { name: 'limits', namespace: 'default' },
        spec: { hard: { volumes: '1', storage: '8Gi', 'count/buckets.objects.casemate.internal': '4' } },
      }),
    );
    const { page, complaints } = await world.signIn({
      user: 'henri',
      roles: ['organization-admin'],
      locale: 'fr-FR',
    });
    await page.getByRole('heading', { name: 'default', level: 3 }).waitFor();
    for (const [name, says, percent] of [
      ['Volumes', '1 sur 1', '100'],
      ['Stockage : disques et volumes', '2Gi sur 8Gi', '25'],
      ['Compartiments', '2 sur 4', '50'],
    ] as const) {
      const bar = page.getByRole('progressbar', { name, exact: true });
      await bar.waitFor();
      assert.equal(await bar.getAttribute('aria-valuenow'), percent);
      await page.getByText(says, { exact: true }).first().waitFor();
    }
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'storage-quotas');
    assert.deepEqual(complaints(), []);
  });

  test('settings of a bucket are set in words, and are its spec', async () => {
    const { page, base, complaints } = await world.signIn({ user: 'carla', roles: ['organization-admin'] });
    await page.goto(`${base}resources/buckets.objects.casemate.internal/default/archive?tab=settings`);
    await page.getByText('On, for as long as there is the bucket').waitFor();
    await page.getByLabel('Lock what comes in').selectOption('Governance');
    await page.getByRole('spinbutton', { name: 'For how many days' }).fill('0');
    assert.ok(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled());
    await page.getByRole('spinbutton', { name: 'For how many days' }).fill('10');
    await page.getByRole('textbox', { name: 'At most' }).fill('5Gi');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const [name, path] = ['archive', 'jsonpath={.spec.objectLock.defaultRetention} {.spec.quota.bytes}'];
    await world.admin.kubectl(
      'wait',
      '--for=jsonpath={.spec.quota.bytes}=5Gi',
      `bucket/${name}`,
      '--timeout=20s',
    );
    assert.equal(
      await world.admin.kubectl('get', 'bucket', name, '-o', path),
      '{"days":10,"mode":"GOVERNANCE"} 5Gi',
    );
    assert.deepEqual(await axeFindings(page), []);
    await shoot(page, 'storage-settings');
    assert.deepEqual(complaints(), []);
  });
});

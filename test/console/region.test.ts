/**
 * How a region is, in the operators' console: what is wrong and goes away again, how full its machine was, what was asked for and denied, what is lost with an
 * organization, its own ledger; and that no address leads from there into a tenant.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { newIdentity } from '#gap/export/age/keys.ts';
import { cosignerVkey } from '#kernel/log/cosignature.ts';
import type { RegionAbout } from '#region/about/about.ts';
import type { RegionStatus } from '#region/status.ts';
import { testCosigner } from '#trust/ledger/test-log.ts';
import { axeFindings } from './axe.ts';
import type { ConsoleWorld, SignedInVisit } from './console.ts';
import { changeAnswers, inJson } from './in-between.ts';
import { ask, assertQuiet, openPage, type TwoAtTheConsole, twoAtTheConsole } from './operators.ts';

const HOUR_MS = 60 * 60_000;
/** Of the region's data: a file with holes, so that it takes no more than is in it. */
const DISK_BYTES = 2 * 2 ** 30;

suite('a region in the operators’ console', { timeout: 240_000 }, () => {
  let world: ConsoleWorld;
  let ann: SignedInVisit;
  let ben: SignedInVisit;
  let agree: TwoAtTheConsole['agree'];
  const outside = mkdtempSync(join(tmpdir(), 'outside-'));
  const backups = join(outside, 'backups');
  const file = (name: string) => join(world.region.scratch, name);

  before(async () => {
    // The database's account archives, and walks through here.
    chmodSync(outside, 0o711);
    mkdirSync(backups);
    const backup = `backup:\n  folder: ${backups}\n  recipient: ${newIdentity().recipient}\n  acknowledge: local`;
    const settings = `incus:\n  mode: none\n${backup}`;
    ({ world, ann, ben, agree } = await twoAtTheConsole({ settings, disk_bytes: DISK_BYTES }));
  });
  after(async () => {
    await world?.close();
    rmSync(outside, { recursive: true, force: true });
  });

  const apply = async (object: object) => {
    writeFileSync(file('object.json'), JSON.stringify(object));
    await world.region.kubectl('apply', '-f', file('object.json'));
  };

  test('an alarm says what is wrong, since when and what to do, and goes away when that is right again', async () => {
    await apply({
      apiVersion: 'ledger.casemate.internal/v1',
      kind: 'Witness',
      metadata: { name: 'neighbour' },
      spec: { url: 'https://127.0.0.1:1', keys: [cosignerVkey(testCosigner('neighbour.example'))] },
    });
    const { page } = ann;
    await openPage(page, 'Alarms');
    const now = page.getByRole('grid', { name: 'Wrong now' });
    const row = now.getByRole('row').filter({ hasText: 'Witness is not ready: neighbour' });
    await row.getByText('Soon').waitFor();
    await row.getByText('Open it: what it waits for stands in its conditions.').waitFor();
    await row.getByText(`${new Date().getUTCFullYear()}`).waitFor();
    await now.getByRole('row').filter({ hasText: 'Not sealed' }).getByText('Urgent').waitFor();
    await apply({
      apiVersion: 'tenancy.casemate.internal/v1',
      kind: 'Organization',
      metadata: { name: 'broken' },
      spec: { firstAdministrator: { user: 'zoe', request: 'nothing that can be answered' } },
    });
    const refused = now.getByRole('row').filter({ hasText: 'An organization is not ready: broken' });
    await refused.getByText('delete the organization and make it anew').waitFor();
    await page.getByRole('heading', { name: 'Warnings of the last hour' }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await openPage(ben.page, 'Home');
    await ben.page.getByText('Witness is not ready: neighbour').waitFor();
    await row.getByRole('link').click();
    await page.getByRole('heading', { name: 'neighbour', level: 1 }).waitFor();
    await openPage(page, 'Alarms');
    await row.waitFor();
    await world.region.kubectl('delete', 'witness', 'neighbour');
    await row.waitFor({ state: 'detached' });
    // Nobody was let into that one, so whoever made it may take it away.
    await refused.getByRole('link').click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await openPage(page, 'Alarms');
    await refused.waitFor({ state: 'detached' });
  });

  test('how the region’s processes and its machine are and were: figures and their trend', async () => {
    const { page } = ben;
    await openPage(page, 'Home');
    for (const name of ['Processors', 'Memory', 'Disk of the region’s data'])
      await page.getByRole('progressbar', { name }).waitFor();
    const processes = page.getByRole('grid', { name: 'Processes of the region' });
    for (const name of ['postgres', 'region'])
      await processes.getByRole('row').filter({ hasText: name }).getByText('Running').waitFor();
    // A day cannot be waited for: what the machine was before comes to this page beside what it is.
    const before = Date.now() - 3 * HOUR_MS;
    const withSamples = inJson((about: RegionAbout) => {
      const { memory, disk } = about.machine;
      const samples = [0.5, 0.91].map((share, hour) => ({
        ...{ at: new Date(before + hour * HOUR_MS).toISOString(), load: 1, memory: memory.used },
        disk: share * disk.total,
      }));
      return { ...about, samples };
    });
    const asItIs = await changeAnswers(page, ['*/about'], withSamples);
    await page.reload();
    await page.getByRole('img', { name: 'Between 50 % and 91 %' }).waitFor();
    await asItIs();
  });

  test('a disk that fills up and a process that does not come up are alarms by themselves, until there is room and it works', async () => {
    const { disk, casemate } = world.region;
    const { supervisor } = JSON.parse(await casemate('status', '-o', 'json')) as RegionStatus;
    const archiving = supervisor?.processes.find(({ name }) => name === 'archive');
    assert.ok(archiving?.state === 'ready' && archiving.pid !== undefined && disk !== undefined);
    await openPage(ben.page, 'Home');
    await openPage(ann.page, 'Alarms');
    const now = ann.page.getByRole('grid', { name: 'Wrong now' });
    await now.getByRole('row').filter({ hasText: 'Not sealed' }).waitFor();
    const full = now.getByRole('row').filter({ hasText: /The disk of the region’s data is 9\d % full/ });
    const broken = now.getByRole('row').filter({ hasText: 'A process of the region does not work: archive' });
    assert.deepEqual([await full.count(), await broken.count()], [0, 0]);
    disk.fill(0.95);
    // As if somebody pulled out the medium of the archive.
    renameSync(backups, `${backups}.away`);
    process.kill(archiving.pid, 'SIGKILL');
    await full.getByText('Urgent').waitFor();
    await full.getByText('For less than 5 minutes').waitFor();
    await full.getByText('Retire bundles that nobody needs').waitFor();
    await broken.getByText('Soon').waitFor();
    await broken.getByText(/ended/).waitFor();
    await broken.locator('time').waitFor();
    assert.deepEqual(await axeFindings(ann.page), []);
    const processes = ben.page.getByRole('grid', { name: 'Processes of the region' });
    const archive = processes.getByRole('row').filter({ hasText: 'archive' });
    await archive.getByText(/ended/).waitFor();
    await ben.page.getByText('A process of the region does not work: archive').waitFor();
    disk.free();
    renameSync(`${backups}.away`, backups);
    await full.waitFor({ state: 'detached' });
    await broken.waitFor({ state: 'detached' });
    await archive.getByText('Running').waitFor();
  });

  test('what one asks for another may deny with a reason, which stands where it was asked and is on record', async () => {
    const { page } = ann;
    await openPage(page, 'Organizations');
    await page.getByRole('link', { name: 'ministry' }).click();
    await ask(page, 'Delete');
    await openPage(ben.page, 'Home');
    await ben.page.getByText('ann asks for your approval: Delete: ministry').waitFor();
    await openPage(ben.page, 'Approvals');
    await ben.page.getByRole('textbox', { name: 'Note for the record (optional)' }).fill('not before May');
    await ben.page.getByRole('button', { name: 'Deny' }).click();
    await ben.page
      .getByRole('grid', { name: 'Decided' })
      .getByRole('row')
      .filter({ hasText: 'Denied' })
      .getByText('ben: not before May')
      .waitFor();
    await page.getByText('ben denied it: not before May').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Delete now' }).count(), 0);
  });

  test('an organization goes only when two people agreed, who see what is lost; who asked can take that back', async () => {
    await world.region.casemate('org', 'create', 'closed', '--admin', 'zoe', '--out', file('zoe'));
    const { page } = ann;
    await openPage(page, 'Organizations');
    await page.getByRole('link', { name: 'closed' }).click();
    await ask(page, 'Delete');
    await page.getByRole('button', { name: 'Take it back' }).click();
    await page.getByRole('button', { name: 'Delete: ask for approval' }).click();
    await page
      .getByRole('dialog')
      .getByText('closed is destroyed for good: its instances, data, keys and its ledger.')
      .waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await agree('Delete', 'closed');
    await page.getByRole('heading', { name: 'Organizations', level: 1 }).waitFor();
    await page.getByRole('link', { name: 'ministry' }).waitFor();
    await page.getByRole('link', { name: 'closed' }).waitFor({ state: 'detached' });
    assert.doesNotMatch(await world.region.kubectl('get', 'organizations'), /closed/);
  });

  test('images, witnesses and the region’s own ledger are there, with what was just done, verified in the browser', async () => {
    const { page } = ann;
    await openPage(page, 'Images');
    await page.getByRole('heading', { name: 'Images', level: 1 }).waitFor();
    await openPage(page, 'Ledger');
    await page.getByText('Verified in this browser').waitFor();
    const leaves = page.getByRole('grid', { name: 'Leaves' });
    await leaves
      .getByRole('row', { name: /organizations\.tenancy\.casemate\.internal\/closed/ })
      .first()
      .getByRole('link')
      .first()
      .click();
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('Verified in this browser').waitFor();
  });

  test('no address leads into a tenant: not for its objects, its pages, its files, its ledger nor a terminal', async () => {
    const { page, base } = ann;
    const [request] = await Promise.all([
      page.waitForRequest((one) => one.headers().authorization !== undefined),
      page.reload(),
    ]);
    const authorization = request.headers().authorization ?? '';
    assert.match(authorization, /^Bearer \S/);
    const answers = async (path: string, headers: Readonly<Record<string, string>> = {}) =>
      page.evaluate(
        async ([url, own]) => {
          const { status } = await fetch(url, { headers: own });
          return status;
        },
        [`${new URL(base).origin}${path}`, { authorization, ...headers }] as const,
      );
    assert.equal(await answers('/apis/tenancy.casemate.internal/v1/organizations'), 200);
    const inside = '/orgs/ministry';
    for (const path of [
      '/api/v1/namespaces',
      '/api/v1/secrets',
      '/apis/compute.casemate.internal/v1/instances',
      '/apis/compute.casemate.internal/v1/namespaces/default/instances/web/log',
      '/apis/compute.casemate.internal/v1/namespaces/default/instances/web/exec?command=sh&stdin=true',
      '/apis/objects.casemate.internal/v1/buckets',
      '/apis/identity.casemate.internal/v1/users',
      '/apis/access.casemate.internal/v1/rolebindings',
      '/apis/advisories.casemate.internal/v1/vulnerabilityreports/newest',
      '/ledger/changes/checkpoint',
      '/ledger/access/checkpoint',
      '/openapi/v3',
      '/about',
    ])
      assert.ok([401, 403, 404].includes(await answers(`${inside}${path}`)), path);
    // Under the region's own addresses there is no such thing.
    for (const path of ['/api/v1/namespaces', '/apis/compute.casemate.internal/v1/instances'])
      assert.equal(await answers(path), 404, path);
    await page.goto(`${base}resources/instances.compute.casemate.internal`);
    await page.getByText('There is no page at this address.').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('textbox').fill('instances');
    await page.getByRole('dialog').getByText('Nothing has that name.').waitFor();
    await page.keyboard.press('Escape');
    // The tenant's own console asks who one is, and an operator is nobody there, with the same passkey.
    await page.goto(`${new URL(base).origin}${inside}/console/`);
    await page
      .getByRole('button', { name: /passkey/i })
      .first()
      .click();
    await page.getByRole('alert').waitFor();
    assert.doesNotMatch(page.url(), /\/console\//);
  });

  test('nothing was asked of anybody else, and no page complained', () => assertQuiet(ann, ben));
});

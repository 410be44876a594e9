/**
 * What crosses the gap, in the operators' console: advisories, what they say of the next bundle and of the region itself, a bundle that was changed on its
 * way, one whose upload broke off, one from volumes in the inbox, and one that is taken out again.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startNpmRegistry } from '#gap/bundle/testing/npm-registry.ts';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { type ConnectedSide, connectedSide, type Operators, twoOperators } from '../support/gap.ts';
import { axeFindings } from './axe.ts';
import type { ConsoleWorld, SignedInVisit } from './console.ts';
import { assertQuiet, openPage, type TwoAtTheConsole, twoAtTheConsole } from './operators.ts';

const CASEMATE = join(PROGRAM_FOLDER, 'casemate');
/** As the page sends them. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** No real package ever has it, so everything that is installed is older. */
const FIXED = '99999:1-1';
/** What a browser says on its console when the line is cut: of that alone this test is the cause. */
const CUT = /net::ERR_(?:INTERNET_DISCONNECTED|NETWORK_CHANGED|FAILED|ABORTED|NETWORK_IO_SUSPENDED)/;

const TRACKER = {
  bash: {
    'CVE-0000-7777': {
      description: 'Made up: <b>a bell that rings</b>.',
      releases: { bookworm: { status: 'resolved', fixed_version: FIXED, urgency: 'high' } },
    },
  },
  coreutils: {
    'CVE-0000-8888': {
      description: 'Made up, and of no weight.',
      releases: { bookworm: { status: 'resolved', fixed_version: FIXED, urgency: 'low' } },
    },
  },
};
const osv = (id: string, name: string, fixed: string) => ({
  id,
  modified: '2026-11-20T00:00:00Z',
  summary: `Made up, in ${name}.`,
  affected: [
    {
      package: { ecosystem: 'npm', name },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }],
    },
  ],
  database_specific: { severity: 'CRITICAL' },
});
const VEX = {
  '@context': 'https://openvex.dev/ns/v0.2.0',
  '@id': 'https://example.invalid/vex',
  author: 'Region security',
  timestamp: '2026-11-20T00:00:00Z',
  statements: [
    {
      vulnerability: { name: 'TEST-0000-0002' },
      products: [{ '@id': 'pkg:npm/hammer' }],
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
    },
  ],
};

suite('bundles in the operators’ console', { timeout: 300_000 }, () => {
  let world: ConsoleWorld;
  let ann: SignedInVisit;
  let ben: SignedInVisit;
  let agree: TwoAtTheConsole['agree'];
  let commands: Operators;
  let outside: ConnectedSide;
  const ended: (() => void)[] = [];
  const file = (name: string) => join(world.region.scratch, name);

  before(async () => {
    ({ world, ann, ben, agree } = await twoAtTheConsole({ settings: 'incus:\n  mode: none' }));
    const folder = world.region.scratch;
    const registry = await startNpmRegistry(
      { after: (end: () => void) => ended.push(end) } as never,
      folder,
      [
        { name: 'bell', version: '2.1.0', fields: { license: 'EUPL-1.2' } },
        { name: 'hammer', version: '1.0.0', fields: { license: 'EUPL-1.2' } },
      ],
    );
    outside = await connectedSide(folder, registry.env);
    commands = await twoOperators(world.region, ['cora', 'dan']);
    const { ann: cora } = commands;
    await cora.casemate('gap', 'trust', outside.root);
    await commands.agree('trust', 'bundletrust/region');
    await cora.casemate('gap', 'trust', outside.root);
  });
  after(async () => {
    for (const end of ended) end();
    await world?.close();
  });

  /** As far as its own page. */
  async function upload(page: Page, path: string, name: string): Promise<void> {
    await openPage(page, 'Bundles');
    await page.getByRole('link', { name: 'Bring a bundle in' }).click();
    await page.locator('input[type=file]').setInputFiles(path);
    await page.getByRole('button', { name: 'Upload it' }).click();
    await page.getByRole('heading', { name, level: 1 }).waitFor();
  }

  test('advisories come through the gap like everything else, and are in force when they are published', async () => {
    writeFileSync(file('tracker.json'), JSON.stringify(TRACKER));
    writeFileSync(
      file('osv.json'),
      JSON.stringify([osv('TEST-0000-0001', 'bell', '2.2.0'), osv('TEST-0000-0002', 'hammer', '1.1.0')]),
    );
    writeFileSync(file('vex.json'), JSON.stringify(VEX));
    const files = ['debian-tracker, path: tracker', 'osv, path: osv', 'openvex, path: vex'];
    const { path } = await outside.bundle(
      'advisories',
      1,
      `  - {type: advisories, name: all, version: "1.0", licence: CC-BY-4.0, asOf: 2026-11-20T00:00:00Z, files: [${files.map((one) => `{kind: ${one}.json}`).join(', ')}]}\n`,
    );
    const { page } = ann;
    await upload(page, path, 'advisories-1');
    await page.getByText('The region has no advisories yet').waitFor();
    await agree('Publish', 'advisories-1');
    await page.getByText('It is content of the region.').waitFor();
  });

  test('of the next bundle it is said what was found: how bad, in which package, what mends it, and what a statement settles', async () => {
    const { path } = await outside.bundle(
      'tools',
      1,
      '  - {type: npm, name: tools, version: "1.0", licence: EUPL-1.2, packages: [bell, hammer]}\n',
    );
    const { page } = ann;
    await upload(page, path, 'tools-1');
    const findings = page.getByRole('grid', { name: 'Findings' });
    const open = findings.getByRole('row').filter({ hasText: 'TEST-0000-0001' });
    await open.getByText('Critical').waitFor();
    await open.getByText('bell 2.1.0').waitFor();
    await open.getByText('2.2.0').waitFor();
    await open.getByText('npm/tools/1.0').waitFor();
    const settled = findings.getByRole('row').filter({ hasText: 'TEST-0000-0002' });
    await settled.getByText('Region security').waitFor();
    // What the other agrees to says how many are open.
    await page.getByRole('button', { name: 'Publish: ask for approval' }).click();
    await page.getByRole('dialog').getByText('1 open').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    assert.deepEqual(await axeFindings(page), []);
  });

  test('what runs here is held against them: the worst first, with what to bring in next', async () => {
    const { page } = ann;
    await openPage(page, 'Vulnerabilities');
    const table = page.getByRole('grid', { name: 'Vulnerabilities' });
    const row = table.getByRole('row').filter({ hasText: 'CVE-0000-7777' });
    await row.getByText('High').waitFor();
    await row.getByText(/^bash /).waitFor();
    await row.getByText(FIXED).waitFor();
    await row.getByText('this machine').waitFor();
    const ids = await table.getByRole('gridcell', { name: /^CVE-0000-/ }).allInnerTexts();
    assert.deepEqual(ids, ['CVE-0000-7777', 'CVE-0000-8888']);
    await row.getByRole('button', { name: 'Details: CVE-0000-7777' }).click();
    await page.getByText('Made up: <b>a bell that rings</b>.').waitFor();
    await page.getByText(`pkg:deb/debian/bash@${FIXED}?arch=source`).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.getByRole('textbox', { name: 'Search vulnerabilities' }).fill('coreutils');
    await row.waitFor({ state: 'detached' });
    await table.getByRole('row').filter({ hasText: 'CVE-0000-8888' }).getByText('Low').waitFor();
    await page.getByRole('combobox', { name: 'Which are shown' }).selectOption('Critical');
    await page.getByText('Nothing of that kind is known').waitFor();
    // Home says so, too.
    await openPage(page, 'Home');
    await page.getByText('Open vulnerabilities: 0 critical, 1 high').waitFor();
  });

  test('one that was changed on its way is refused, and its page says in which part and what is wrong with it', async () => {
    writeFileSync(file('map.bin'), Buffer.alloc(3 * PIECE_BYTES, 'The map of the town, 1:25000. '));
    const { path } = await outside.bundle(
      'map',
      1,
      '  - {type: files, name: map, version: "1.0", licence: CC0-1.0, files: [{path: map.bin}]}\n',
    );
    const bytes = readFileSync(path);
    const at = bytes.indexOf('The map of the town');
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(file('changed.bundle'), bytes);
    const { page } = ann;
    await upload(page, file('changed.bundle'), 'changed');
    await page.getByText('It was not let in.').waitFor();
    await page.getByRole('listitem').filter({ hasText: 'VerifyingRefused' }).waitFor();
    const why = page.getByRole('grid', { name: 'Why it was refused' });
    await why.getByText(/^files\/map\/1\.0: blob sha256:[0-9a-f]{64}, block \d+$/).waitFor();
    await why.getByText(/^is not what was signed for \(blocks are numbered 0 to \d+\)$/).waitFor();
    await why.getByText('WrongDigest').waitFor();
    assert.equal(await page.getByRole('button', { name: /ask for approval/ }).count(), 0);
    assert.deepEqual(await axeFindings(page), []);
    await openPage(page, 'Bundles');
    const row = page.getByRole('row').filter({ hasText: 'changed' });
    await row.getByText('Refused').waitFor();
    await openPage(page, 'Home');
    await page.getByText('A bundle was refused: changed').waitFor();
  });

  test('an upload that is stopped, or whose line is cut, goes on where the region stopped; another file does not', async () => {
    const path = file('map-1.bundle');
    writeFileSync(file('notes.txt'), 'Meet at noon.\n');
    const cut = await world.signIn({ user: 'olga', roles: ['region-operator'], place: 'region' });
    const { page } = cut;
    const offsets: number[] = [];
    let held = Promise.withResolvers<void>();
    let go = Promise.withResolvers<void>();
    await page.route('**/uploads/**', async (route) => {
      if (route.request().method() !== 'PUT') return route.continue();
      const offset = Number(new URL(route.request().url()).searchParams.get('offset'));
      offsets.push(offset);
      if (offset >= PIECE_BYTES) {
        held.resolve();
        await go.promise;
      }
      // Who stopped meanwhile waits for nothing.
      await route.continue().catch(() => {});
    });
    await upload(page, path, 'map-1');
    await held.promise;
    await page.getByText('4.2 MB of 12').waitFor();
    // Of a piece that is stopped on its way part may have come: this one is stopped before any of it goes.
    const stopped = page.waitForEvent('requestfailed', (request) => request.url().includes('/uploads/'));
    await page.getByRole('button', { name: 'Stop for now' }).click();
    await page.getByRole('button', { name: 'Go on' }).waitFor();
    await stopped;
    go.resolve();
    assert.deepEqual(offsets, [0, PIECE_BYTES]);

    // Another day: the page knows nothing of that file any more.
    held = Promise.withResolvers();
    go = Promise.withResolvers();
    await page.reload();
    await page.getByText('The region waits for the rest of it.').waitFor();
    await page.locator('input[type=file]').setInputFiles(file('notes.txt'));
    await page.getByText('More of it has come than this file holds: it is another file.').waitFor();
    await page.locator('input[type=file]').setInputFiles(path);
    await held.promise;
    assert.equal(offsets.at(-1), PIECE_BYTES);
    await page.context().setOffline(true);
    const failed = page.waitForEvent('requestfailed', (request) => request.url().includes('/uploads/'));
    go.resolve();
    await failed;
    await page.context().setOffline(false);
    await page.getByText('Two people decide whether it is published.').waitFor();
    assert.deepEqual([...new Set(offsets)], [0, PIECE_BYTES, 2 * PIECE_BYTES, 3 * PIECE_BYTES]);
    assert.deepEqual(
      cut.complaints().filter((one) => !CUT.test(one)),
      [],
    );
    assert.deepEqual([...cut.origins()], [new URL(cut.base).origin]);
  });

  test('volumes in the inbox of the machine come in as the file that they were made of, though one is lost', async () => {
    const media = file('media');
    const options = ['--out', media, '--volume-size', '2MB', '--parity', '30%'];
    const split = await world.region.run(CASEMATE, ['bundle', 'split', file('map-1.bundle'), ...options]);
    assert.equal(split.code, 0, split.stderr);
    const inbox = join(world.region.data, 'gap/inbox/stick');
    rmSync(join(media, readdirSync(media).toSorted()[1] ?? ''));
    mkdirSync(inbox);
    cpSync(media, inbox, { recursive: true });
    await world.region.run('chown', ['-R', 'casemate:casemate', inbox]);
    const { page } = ann;
    await openPage(page, 'Bundles');
    await page.getByRole('link', { name: 'Bring a bundle in' }).click();
    await page.getByLabel('In the inbox of the region’s machine').check();
    await page.getByRole('button', { name: 'Read it in' }).click();
    await page.getByRole('textbox', { name: 'Path below the inbox' }).fill('stick');
    await page.getByRole('textbox', { name: 'Name of this import' }).fill('map-from-volumes');
    await page.getByRole('button', { name: 'Read it in' }).click();
    await page.getByRole('heading', { name: 'map-from-volumes', level: 1 }).waitFor();
    await page.getByText('Two people decide whether it is published.').waitFor();
    await page.getByText('files/map/1.0').waitFor();
  });

  test('what is published is retired by two people, who see what nobody can install any more', async () => {
    const { page } = ann;
    await page.goto(`${ann.base}bundles/advisories-1`);
    await page.getByRole('heading', { name: 'Retire' }).waitFor();
    await page.getByRole('button', { name: 'Retire: ask for approval' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Nobody can install from these any more:').waitFor();
    await dialog.getByText('advisories/all/1.0').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await agree('Retire', 'advisories-1');
    await page.getByText('It was content of the region, and is no more.').waitFor();
    await page.getByText(/went with it/).waitFor();
    assert.match(await world.region.kubectl('get', 'bundleimports'), /advisories-1 +Retired/);
  });

  test('nothing was asked of anybody else, and no page complained', () => assertQuiet(ann, ben));
});

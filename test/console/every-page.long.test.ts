/**
 * Every page of both consoles in three languages: nothing that axe finds, nothing on the browser's console, no text without a translation, read or heard. Pictures of
 * all of them lie in build/console/<language>/ afterwards.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { baseImage, manifest } from '../support/project.ts';
import { axeFindings } from './axe.ts';
import { type ConsoleWorld, startConsoleWorld } from './console.ts';
import { englishHeard } from './heard.ts';

const LOCALES = ['en-GB', 'fr-FR', 'de-DE'] as const;
const PICTURES = join(PROGRAM_FOLDER, 'build/console');
const INSTANCE = 'resources/instances.compute.casemate.internal/default/web';
const BUCKET = 'resources/buckets.objects.casemate.internal/default/minutes';

const OF_EVERY_KIND = ['overview', 'edit', 'yaml', 'access', 'history'];

/** By address; beside them every address without a parameter that a console has. */
const TENANT = [
  '',
  'resources/instances.compute.casemate.internal',
  ...['machine', 'log', 'metrics', 'snapshots', ...OF_EVERY_KIND].map((tab) => `${INSTANCE}?tab=${tab}`),
  ...['objects', 'settings', ...OF_EVERY_KIND].map((tab) => `${BUCKET}?tab=${tab}`),
  'resources/volumes.storage.casemate.internal/default/data?tab=use',
  'resources/keys.keys.casemate.internal/default/seal?tab=usage',
  'resources/namespaces',
  'resources/users.identity.casemate.internal',
  'create/networks.network.casemate.internal?project=default',
  'create/buckets.objects.casemate.internal?project=default',
  'no-such-page',
];
const OPERATOR = [
  '',
  'resources/organizations.tenancy.casemate.internal',
  'resources/images.compute.casemate.internal',
];

/** `/networks/picture`, of all files of a console that name routes. */
function addresses(folders: readonly string[]): string[] {
  const files = folders.flatMap((folder) =>
    readdirSync(join(PROGRAM_FOLDER, 'console/src', folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('routes.ts'))
      .map((name) => join(PROGRAM_FOLDER, 'console/src', folder, name)),
  );
  const found = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/'(\/[a-z/-]+)'/g)].map(([, path = '']) => path.slice(1)),
  );
  return [...new Set(found)].toSorted();
}

/** An id of a text where its words should be. */
const UNTRANSLATED =
  /\b(?:approvals|compute|forms|operator|proof|storage|detail|list|nav)\.[a-z][A-Za-z]*(?:\.[A-Za-z]+)*\b/;
/** What kinds and permissions are called. */
const NAMES = /[a-z]+\.casemate\.internal/g;

async function settled(page: Page): Promise<void> {
  await page
    .getByRole('heading', { level: 1 })
    .or(page.getByRole('heading', { level: 2 }))
    .first()
    .waitFor();
  // What is on its way; bars of progress and of capacity stay.
  const spinner = page.locator('.pf-v6-c-spinner');
  while ((await spinner.count()) > 0) await spinner.first().waitFor({ state: 'detached' });
}

suite('every page of the console', { timeout: 900_000 }, () => {
  let world: ConsoleWorld;
  before(async () => {
    world = await startConsoleWorld();
    const image = await baseImage(world.region);
    const { admin } = world;
    const others = [
      {
        apiVersion: 'objects.casemate.internal/v1',
        kind: 'Bucket',
        metadata: { name: 'minutes' },
        spec: {},
      },
      {
        apiVersion: 'storage.casemate.internal/v1',
        kind: 'Volume',
        metadata: { name: 'data' },
        spec: { size: '64Mi' },
      },
      {
        apiVersion: 'keys.casemate.internal/v1',
        kind: 'Key',
        metadata: { name: 'seal' },
        spec: { purpose: 'encrypt', algorithm: 'AES-256-GCM' },
      },
    ];
    const { items } = JSON.parse(
      manifest(
        ['lan'],
        [
          { name: 'web', image, networks: ['lan'] },
          { name: 'db', image, networks: ['lan'] },
        ],
      ),
    ) as { items: unknown[] };
    await admin.apply(
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...items, ...others] }),
      '-n',
      'default',
    );
    await admin.kubectl('wait', '--for=condition=Ready', 'instance/web', 'instance/db', '--timeout=120s');
  });
  after(() => world?.close());

  for (const [place, folders, named] of [
    ['organization', ['tenant', 'ledger'], TENANT],
    ['region', ['operator', 'ledger'], OPERATOR],
  ] as const) {
    for (const locale of LOCALES) {
      test(`of the ${place}, in ${locale}`, async () => {
        const language = locale.slice(0, 2);
        const roles = place === 'region' ? ['region-operator'] : ['organization-admin'];
        const { page, base, complaints, origins } = await world.signIn({
          user: `eva-${language}`,
          roles,
          place,
          locale,
        });
        mkdirSync(join(PICTURES, language), { recursive: true });
        await page.setViewportSize({ width: 1_280, height: 800 });
        for (const path of [...new Set([...named, ...addresses(folders)])]) {
          await page.goto(`${base}${path}`);
          await settled(page);
          const name = `${place}-${path === '' ? 'home' : path.replaceAll(/[^a-z0-9]+/gi, '-')}`;
          await page.screenshot({ path: join(PICTURES, language, `${name}.png`) });
          assert.deepEqual(await axeFindings(page), [], `${locale} ${path}`);
          const text = (await page.locator('body').innerText()).replaceAll(NAMES, '');
          assert.doesNotMatch(text, UNTRANSLATED, `${locale} ${path}`);
          if (language !== 'en') assert.deepEqual(await englishHeard(page), [], `${locale} ${path}`);
        }
        assert.deepEqual(complaints(), []);
        assert.deepEqual([...origins()], [new URL(base).origin]);
      });
    }
  }
});

/** Published advisories on their way into force, repeated, failed and killed at every call; and what does not come into force. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { Type } from 'typebox';
import { defineKind } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import { organizationRealm, REGION } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { type BundleWorld, startBundleWorld } from '../../bundle/testing/bundle-world.ts';
import { ContentStore } from '../../import/content-store.ts';
import { IMPORT_KINDS } from '../../import/service.ts';
import { REPORT_KEY, VulnerabilityReport } from '../report/report-kind.ts';
import { FolderSource } from '../store/folder.ts';
import { TRACKER_SAMPLE } from '../testing/samples.ts';
import { importedAdvisories } from './controller.ts';
import { putInForce } from './in-force.ts';

const Organization = defineKind({
  group: 'tenancy.casemate.internal',
  version: 'v1',
  kind: 'Organization',
  plural: 'organizations',
  scope: 'Realm',
  realms: ['region'],
  description: 'An organization.',
  spec: Type.Object({}),
  status: Type.Object({}),
  immutable: [],
  columns: [],
});

const recipe = (version: number, asOf: string) => `
name: advisories
version: ${version}
created: 2026-11-20T00:00:00Z
expires: 2027-05-20T00:00:00Z
roots: roots
items:
  - {type: advisories, name: all, version: "${version}.0", licence: CC-BY-4.0, asOf: ${asOf}, files: [{kind: debian-tracker, path: tracker.json}]}
`;

async function startWorld(t: TestContext) {
  const bundles = await startBundleWorld(t);
  await writeFile(bundles.path('tracker.json'), JSON.stringify(TRACKER_SAMPLE));
  const content = new ContentStore(bundles.path('content'));
  const folder = bundles.path('in-force');
  await mkdir(folder);
  return { bundles, content, folder };
}

async function publish(
  bundles: BundleWorld,
  content: ContentStore,
  version: number,
  asOf: string,
  publishedAt: string,
) {
  const name = `advisories-${version}`;
  await bundles.signed(name, 'folder', { recipe: recipe(version, asOf) });
  const { items, ...verified } = await bundles.verify(name);
  await content.publish(bundles.path(name), {
    name: verified.name,
    version,
    created: verified.created,
    digest: `sha256:${verified.digest}`,
    metadata: '',
    publishedAt,
    import: name,
    items: items.map(({ path, artifactType, manifest, companion }) => ({
      path,
      ...(artifactType === undefined ? {} : { artifactType }),
      manifest: { digest: manifest.digest, size: manifest.size },
      companion: { digest: companion.digest, size: companion.size },
    })),
  });
}

test('published advisories end in force, once, and every report is asked for, whatever is disturbed', async (t) => {
  const { bundles, content, folder } = await startWorld(t);
  await publish(bundles, content, 1, '2026-11-20T00:00:00Z', '2026-11-22T00:00:00Z');
  const acme = organizationRealm('acme');
  const kinds = [...IMPORT_KINDS, VulnerabilityReport, Organization];
  const outcomes = everyDisturbance({
    async setUp(disturber) {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
      const test = await openTestRealms({ kinds, create: [REGION, acme] });
      await test.realms.use(REGION, ({ resources }) =>
        resources.create(
          Organization,
          undefined,
          { metadata: { name: 'acme' }, spec: {} },
          test.context(REGION),
        ),
      );
      // The region's report is there already; the organization has had none, as there was no data.
      await test.realms.use(REGION, ({ resources }) =>
        resources.create(
          VulnerabilityReport,
          undefined,
          { metadata: REPORT_KEY, spec: {} },
          test.context(REGION),
        ),
      );
      const subjects = { list: () => [{ kind: 'instance', uid: '1', name: 'one' } as const] };
      const make = () =>
        importedAdvisories({
          content: instrument(content, disturber, { name: 'content', only: ['bundles'] }),
          folder,
          organizationKind: Organization,
          organizations: subjects,
          region: subjects,
          logger: silentLogger,
        });
      let controller = make();
      const realms = instrument(test.realms, disturber, { name: 'realms', only: ['use'] });
      return {
        pass: () =>
          test.realms.use(REGION, async (realm) => {
            const context = testContext(
              test,
              instrumentRealm(realm, disturber),
              'imported-advisories',
              realms,
            );
            await controller.sweep?.(context);
            return 'settled' as const;
          }),
        async restart() {
          controller = make();
        },
        async state() {
          const requests = [];
          for (const realm of [REGION, acme]) {
            requests.push(
              await test.realms.use(
                realm,
                async ({ view }) => view.get(VulnerabilityReport, REPORT_KEY)?.spec.request,
              ),
            );
          }
          const newest = await new FolderSource(folder).newest();
          const files = (await readdir(folder)).map((one) => one.replace(/^[0-9a-f]{64}/, '*')).sort();
          return { asOf: newest?.asOf, files, requests: requests.map((one) => one?.slice(0, 31)) };
        },
        tearDown: () => test.close(),
      };
    },
  });
  let count = 0;
  for await (const { title, state } of outcomes) {
    const request = 'advisories 2026-11-20T00:00:00Z';
    const files = ['*.advisories', '.asked', 'newest.json'];
    assert.deepEqual(state, { asOf: '2026-11-20T00:00:00Z', files, requests: [request, request] }, title);
    count += 1;
  }
  assert.ok(count > 10, `${count} outcomes`);
});

test('newer data wins whatever order it comes in, and what is damaged or lies about itself never comes into force', async (t) => {
  const { bundles, content, folder } = await startWorld(t);
  const bring = (now: string) => putInForce({ content, folder, now_ms: Date.parse(now) });
  assert.equal(await bring('2026-11-22T00:00:00Z'), undefined);
  await publish(bundles, content, 1, '2026-11-20T00:00:00Z', '2026-11-22T00:00:00Z');
  assert.equal((await bring('2026-11-22T00:00:01Z'))?.asOf, '2026-11-20T00:00:00Z');
  await publish(bundles, content, 2, '2026-11-10T00:00:00Z', '2026-11-22T01:00:00Z');
  const same = await bring('2026-11-22T01:00:01Z');
  assert.deepEqual([same?.asOf, same?.loadedAt], ['2026-11-20T00:00:00Z', '2026-11-22T00:00:01Z']);
  // Of the same time, with more in it.
  const more = { ...TRACKER_SAMPLE, 'another-package': Object.values(TRACKER_SAMPLE)[0] };
  await writeFile(bundles.path('tracker.json'), JSON.stringify(more));
  await publish(bundles, content, 3, '2026-11-20T00:00:00Z', '2026-11-22T02:00:00Z');
  const corrected = await bring('2026-11-22T02:00:01Z');
  assert.notEqual(corrected?.digest, same?.digest);
  await publish(bundles, content, 4, '2026-11-21T00:00:00Z', '2026-11-22T03:00:00Z');
  const damaged = (await content.bundles()).at(-1)?.items[0];
  const manifest = JSON.parse(await readFile(content.blobPath(damaged?.manifest.digest ?? ''), 'utf8'));
  const blob = content.blobPath(manifest.layers[0].digest);
  const bytes = await readFile(blob);
  await chmod(blob, 0o600);
  await rm(blob);
  await writeFile(blob, bytes.subarray(0, bytes.length - 10));
  await assert.rejects(bring('2026-11-22T03:00:01Z'), { name: 'BundleError', part: 'advisories/all/4.0' });
  assert.equal((await new FolderSource(folder).newest())?.digest, corrected?.digest);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('.')),
    [],
  );
});

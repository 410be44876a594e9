import assert from 'node:assert/strict';
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { REGION } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { NOW_ms, startBundleWorld } from '../bundle/testing/bundle-world.ts';
import { metadataBytes } from '../bundle/tuf/metadata.ts';
import { ContentStore } from './content-store.ts';
import { gapFolders } from './folders.ts';
import { importController } from './import-controller.ts';
import { BundleImport } from './import-kind.ts';
import { ownReceiver } from './receiver/jobs.ts';
import { IMPORT_KINDS } from './service.ts';
import { ImportStore } from './store.ts';
import { trustController } from './trust-controller.ts';
import { BundleTrust, TRUST_KEY } from './trust-kind.ts';

/** Small, since it is taken in anew for each disturbance. */
const RECIPE = `
name: notes
version: 1
created: 2026-11-20T00:00:00Z
expires: 2027-05-20T00:00:00Z
roots: roots
items:
  - {type: files, name: notes, version: "1", licence: CC0-1.0, files: [{path: papers/readme.txt, as: notes.txt}]}
`;
const KEY = { name: 'notes' };

test('a bundle that people agreed to ends published, once, whatever is disturbed', async (t) => {
  const world = await startBundleWorld(t);
  await world.signed('notes', 'tar', { recipe: RECIPE });
  const [root] = world.roots;
  assert.ok(root);
  let runs = 0;
  const outcomes = everyDisturbance({
    async setUp(disturber) {
      const test = await openTestRealms({ kinds: IMPORT_KINDS, clock: new ManualClock(NOW_ms) });
      const folders = gapFolders(world.path(`gap-${runs++}`));
      await mkdir(folders.inbox, { recursive: true });
      await cp(world.path('notes'), join(folders.inbox, 'notes'));
      const own = test.context(REGION);
      await test.realms.use(REGION, async (realm) => {
        const text = metadataBytes(root).toString('utf8');
        await realm.resources.create(
          BundleTrust,
          undefined,
          { metadata: TRUST_KEY, spec: { root: text } },
          own,
        );
        for (const trusted of [false, true]) {
          if (trusted) {
            await realm.resources.modify(BundleTrust, TRUST_KEY, own, (current) => ({
              ...current,
              spec: { ...current.spec, trusted },
            }));
          }
          await trustController.reconcile(TRUST_KEY, testContext(test, realm, 'trust'));
        }
        await realm.resources.create(
          BundleImport,
          undefined,
          { metadata: KEY, spec: { source: 'notes' } },
          own,
        );
      });
      const make = () =>
        importController({
          store: instrument(
            new ImportStore({
              folders,
              advisories: world.path('advisories'),
              receiver: ownReceiver(),
            }),
            disturber,
            { name: 'store' },
          ),
          ledgerTime: async () => 0,
        });
      let controller = make();
      return {
        pass: () =>
          test.realms.use(REGION, async (realm) => {
            const context = testContext(test, instrumentRealm(realm, disturber), 'imports');
            await controller.sweep?.(context);
            await controller.reconcile(KEY, context);
            const status = realm.view.get(BundleImport, KEY)?.status;
            if (status?.phase === 'AwaitingApproval' && status.bundle !== undefined) {
              const { digest } = status.bundle;
              await realm.resources.modify(BundleImport, KEY, own, (current) => ({
                ...current,
                spec: { ...current.spec, publish: digest },
              }));
            }
            const left = await readdir(folders.quarantine).catch((): string[] => []);
            return status?.phase === 'Published' && left.length === 0 ? 'settled' : 'again';
          }),
        restart: async () => {
          controller = make();
        },
        async state() {
          const content = new ContentStore(folders.content);
          const published = await content.bundles();
          return test.realms.use(REGION, async ({ view }) => ({
            phase: view.get(BundleImport, KEY)?.status?.phase,
            accepted: view
              .get(BundleTrust, TRUST_KEY)
              ?.status?.accepted?.map(({ name, version }) => [name, version]),
            published: published.map(({ name, version, items }) => [name, version, items.length]),
            quarantine: await readdir(folders.quarantine),
            blobs: (await readdir(join(folders.content, 'blobs/sha256'))).length > 0,
          }));
        },
        async tearDown() {
          await test.close();
          await rm(join(folders.inbox, '..'), { recursive: true });
        },
      };
    },
  });
  let count = 0;
  for await (const { title, state } of outcomes) {
    const wanted = {
      phase: 'Published',
      accepted: [['notes', 1]],
      published: [['notes', 1, 1]],
      quarantine: [],
      blobs: true,
    };
    assert.deepEqual(state, wanted, title);
    count += 1;
  }
  assert.ok(count > 50, `${count} outcomes`);
});

test('a root that people agreed to ends trusted, whatever is disturbed', async (t) => {
  const world = await startBundleWorld(t);
  const [root] = world.roots;
  assert.ok(root);
  const outcomes = everyDisturbance({
    async setUp(disturber) {
      const test = await openTestRealms({ kinds: IMPORT_KINDS });
      const own = test.context(REGION);
      const spec = { root: metadataBytes(root).toString('utf8') };
      await test.realms.use(REGION, ({ resources }) =>
        resources.create(BundleTrust, undefined, { metadata: TRUST_KEY, spec }, own),
      );
      return {
        pass: () =>
          test.realms.use(REGION, async (realm) => {
            const context = testContext(test, instrumentRealm(realm, disturber), 'trust');
            await trustController.reconcile(TRUST_KEY, context);
            const phase = realm.view.get(BundleTrust, TRUST_KEY)?.status?.phase;
            if (phase !== 'AwaitingApproval') return phase === 'Trusted' ? 'settled' : 'again';
            await realm.resources.modify(BundleTrust, TRUST_KEY, own, (current) => ({
              ...current,
              spec: { ...current.spec, trusted: true },
            }));
            return 'again';
          }),
        state: () =>
          test.realms.use(REGION, async ({ view }) => {
            const status = view.get(BundleTrust, TRUST_KEY)?.status;
            return [status?.phase, status?.version, status?.signers, status?.root === spec.root];
          }),
        tearDown: () => test.close(),
      };
    },
  });
  for await (const { title, state } of outcomes) {
    assert.deepEqual(state, ['Trusted', 1, ['alice', 'bob', 'carol'], true], title);
  }
});

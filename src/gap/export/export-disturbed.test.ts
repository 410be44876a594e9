import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { REGION } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { ownInspector } from './check/own-inspector.ts';
import { exportController } from './controller.ts';
import { exportFolders } from './folders.ts';
import { ExportPolicy } from './policy-kind.ts';
import { ExportRequest } from './request-kind.ts';
import { EXPORT_KINDS } from './service.ts';
import { ExportStore, PACKAGE_FILE } from './store.ts';
import { draftOf, POLICY, recipientKey } from './testing/export-world.ts';

const KEY = { name: 'out' };
const DAY_MS = 24 * 60 * 60_000;

test('an export that people agreed to ends released, once, with its content gone, whatever is disturbed', async () => {
  const files = { 'a.txt': Buffer.from('plain\n'), 'b/c.txt': Buffer.from('words\n') };
  const outcomes = everyDisturbance({
    async setUp(disturber) {
      const gap = await mkdtemp(join(tmpdir(), 'export-'));
      const test = await openTestRealms({ kinds: EXPORT_KINDS });
      const store = new ExportStore(exportFolders(gap), test.keyring);
      const own = test.context(REGION);
      await test.realms.use(REGION, async ({ resources, view, id, uid }) => {
        await resources.create(ExportPolicy, undefined, POLICY, own);
        await resources.create(ExportRequest, undefined, draftOf(KEY.name, files), own);
        const request = view.get(ExportRequest, KEY)?.metadata.uid ?? '';
        for (const [index, bytes] of Object.values(files).entries())
          await store.keep({ id, uid }, request, index, 0, bytes);
        await store.keep(
          { id, uid },
          '00000000-0000-4000-8000-000000000000',
          0,
          0,
          Buffer.from('of a request that is gone'),
        );
        await resources.modify(ExportRequest, KEY, own, (current) => ({
          ...current,
          spec: { ...current.spec, submitted: true },
        }));
      });
      const controller = exportController({
        store: instrument(store, disturber, {
          name: 'disk',
          only: ['read', 'publish', 'discard', 'removePackage'],
        }),
        keyring: test.keyring,
        inspector: ownInspector,
      });
      return {
        pass: () =>
          test.realms.use(REGION, async (realm) => {
            const context = testContext(test, instrumentRealm(realm, disturber), 'exports');
            await controller.sweep?.(context);
            await controller.reconcile(KEY, context);
            const { status } = realm.view.get(ExportRequest, KEY) ?? {};
            if (status?.phase === 'AwaitingApproval') {
              const release = status.digest ?? '';
              await realm.resources.modify(ExportRequest, KEY, own, (current) => ({
                ...current,
                spec: { ...current.spec, release },
              }));
            }
            if (status?.phase !== 'Released') return 'again';
            if (status.package?.removedAt !== undefined) return 'settled';
            await controller.reconcile(KEY, context);
            // Past the time that its package is kept.
            const clock = { after: context.clock.after, now: () => test.clock.now() + 8 * DAY_MS };
            await controller.reconcile(KEY, { ...context, clock });
            return 'again';
          }),
        state: () =>
          test.realms.use(REGION, async ({ view, uid }) => {
            const status = view.get(ExportRequest, KEY)?.status;
            return {
              phase: status?.phase,
              findings: status?.findings,
              agreed: status?.digest === view.get(ExportRequest, KEY)?.spec.release,
              bytes: status?.package?.bytes,
              removed: status?.package?.removedAt !== undefined,
              held: (await readdir(join(gap, 'exports', uid))).filter((name) => name !== 'realm'),
              out: (await readdir(join(gap, 'outbox', uid))).filter((name) => name !== 'realm'),
            };
          }),
        async tearDown() {
          await test.close();
          await rm(gap, { recursive: true });
        },
      };
    },
  });
  let count = 0;
  let bytes: number | undefined;
  for await (const { title, state } of outcomes) {
    bytes ??= state.bytes;
    assert.ok((bytes ?? 0) > 2_000, PACKAGE_FILE);
    const wanted = { phase: 'Released', findings: [], agreed: true, bytes, removed: true, held: [], out: [] };
    assert.deepEqual(state, wanted, title);
    count += 1;
  }
  assert.ok(count > 50, `${count} outcomes`);
  assert.match(recipientKey.recipient, /^age1/);
});

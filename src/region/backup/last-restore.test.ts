import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemActor } from '#kernel/access.ts';
import { REGION } from '#kernel/realm-id.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { lastRestoreOf } from '#services/compute/leftover/find.ts';
import { RegionRestore } from './restored.ts';

test('services are told when the region was last restored, and of none where it never was', async () => {
  const { realms, context, close } = await openTestRealms({
    kinds: [RegionRestore],
    create: [REGION],
    seed: 1,
  });
  const lastRestore = lastRestoreOf(RegionRestore);
  assert.equal(await lastRestore(realms), undefined);
  for (const at of ['2026-11-20T10:00:00Z', '2026-11-21T10:00:00Z', '2026-11-19T10:00:00Z']) {
    const spec = { at, backupBegunAt: at, upTo: at, changes: 1, access: 1 };
    const metadata = { name: `restored-${at.toLowerCase().replaceAll(':', '-')}` };
    const by = { ...context(REGION), actor: systemActor(REGION, 'restore') };
    await realms.use(REGION, ({ resources }) =>
      resources.create(RegionRestore, undefined, { metadata, spec }, by),
    );
  }
  assert.equal(await lastRestore(realms), Date.parse('2026-11-21T10:00:00Z'));
  await close();
});

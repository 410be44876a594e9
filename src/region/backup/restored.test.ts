import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AccessLog } from '#kernel/access.ts';
import { isStatusError } from '#kernel/errors.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import {
  RegionRestore,
  restoredPath,
  restoredText,
  type TellRestoredOptions,
  tellRestored,
} from './restored.ts';

const ACME: RealmId = '/orgs/acme';
const RESTORED = {
  at: '2026-11-22T10:00:00Z',
  backupBegunAt: '2026-11-22T01:00:00Z',
  upTo: '2026-11-22T09:59:58Z',
  changes: 17,
  access: 2,
};

async function restoredRegion(t: TestContext) {
  const keys = mkdtempSync(join(tmpdir(), 'restored-'));
  const world = await openTestRealms({ kinds: [RegionRestore] });
  t.after(async () => {
    await world.close();
    rmSync(keys, { recursive: true });
  });
  writeFileSync(restoredPath(keys), restoredText(RESTORED));
  const { realms, storage, random } = world;
  const accessLeaves = async () => {
    const record = await storage.readRealm(ACME);
    const leaves = await storage.readLeaves(record?.uid ?? '', 'access', 0, 100);
    return leaves
      .map(({ leaf }) => Buffer.from(leaf).toString())
      .filter((leaf) => leaf.includes('"restore"'));
  };
  const tell = (options: Partial<TellRestoredOptions> = {}) =>
    tellRestored({
      ...{ keys, realms, accessLog: realms.access, random },
      listRealms: () => storage.listRealms(),
      ...options,
    });
  const told = () => realms.use(REGION, async ({ view }) => view.list(RegionRestore).map(({ spec }) => spec));
  return { ...world, keys, tell, told, accessLeaves };
}

test('a restored region says so once, to itself and to each organization, and then has nothing left to say', async (t) => {
  const region = await restoredRegion(t);
  await region.tell();
  assert.deepEqual(await region.told(), [RESTORED]);
  assert.equal((await region.accessLeaves()).length, 1);
  assert.equal(existsSync(restoredPath(region.keys)), false);
  await region.tell();
  assert.equal((await region.told()).length, 1);
});

test('it is told again when a crash came before everybody heard', async (t) => {
  const region = await restoredRegion(t);
  const full: AccessLog = { record: () => ({ durable: Promise.reject(new Error('the disk is full')) }) };
  await assert.rejects(region.tell({ accessLog: full }), /the disk is full/);
  assert.equal(existsSync(restoredPath(region.keys)), true);
  await region.tell();
  assert.deepEqual(await region.told(), [RESTORED]);
  assert.equal((await region.accessLeaves()).length, 1);
});

test('what does not come from a restore is refused, and nobody else writes that there was one', async (t) => {
  const region = await restoredRegion(t);
  writeFileSync(restoredPath(region.keys), '{"at": 1}');
  await assert.rejects(region.tell(), /is not what a restore writes/);
  const { realms, random } = region;
  const mallory = { name: 'mallory', groups: [], credential: 'certificate' };
  await assert.rejects(
    realms.use(REGION, ({ resources }) =>
      resources.create(
        RegionRestore,
        undefined,
        { metadata: { name: 'forged' }, spec: RESTORED },
        { actor: { ...region.context(REGION).actor, ...mallory }, via: 'api', requestId: random.uuid() },
      ),
    ),
    (error) => isStatusError(error, 'Forbidden'),
  );
});

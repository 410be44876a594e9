// How long objects are kept as they were: what is dropped, what never is, and that the log accounts for each body that is gone.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { bodyDigest, parseLeaf } from '#kernel/log/leaf.ts';
import { parseTilePath } from '#kernel/log/tile.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { Project, Widget } from '#kernel/store/example-kinds.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { retentionController } from './retention-controllers.ts';
import { POLICY_NAME, RETENTION_KINDS, RetentionPolicy } from './retention-kinds.ts';
import type { TileSource } from './source.ts';
import { verifyLog } from './verify.ts';

const ACME: RealmId = '/orgs/acme';
const DAY_MS = 24 * 60 * 60_000;
const WEB = { namespace: 'shop', name: 'web' };

/** Leaf 2 is a project, 3 to 5 are a widget made, changed and changed again. */
async function openRegion(t: TestContext) {
  const region = await openTestRealms({ kinds: [...RETENTION_KINDS, Project, Widget] });
  t.after(() => region.close());
  const { logs, bodies } = region.realms;
  const { uid } = await region.realms.use(ACME, (realm) => realm);
  const source = (tamper: (digests: Record<string, string>) => void = () => {}): TileSource => ({
    async read(path) {
      if (path === 'checkpoint') return Buffer.from(await logs.latestCheckpoint(ACME, 'changes'));
      const [, bundle] = /^bodies\/(\d+)$/.exec(path) ?? [];
      if (bundle !== undefined) {
        const digests = { ...(await logs.bodies(ACME, Number(bundle))) };
        tamper(digests);
        return Buffer.from(JSON.stringify(digests));
      }
      const tile = parseTilePath(path);
      return tile && logs.tile(ACME, 'changes', tile);
    },
  });
  const grow = (size: number) =>
    region.realms.use(ACME, ({ resources }) =>
      resources.modify(Widget, WEB, region.context(ACME), (web) => ({
        ...web,
        spec: { ...web.spec, size },
      })),
    );
  await region.realms.use(ACME, async ({ resources }) => {
    const context = region.context(ACME);
    await resources.create(Project, undefined, { metadata: { name: 'shop' } }, context);
    await resources.create(Widget, 'shop', { metadata: { name: 'web' }, spec: { size: 1 } }, context);
  });
  await grow(2);
  await grow(3);
  const controller = retentionController({ eraser: () => region.realms.access, bodies: () => bodies });
  return {
    ...region,
    bodies,
    grow,
    controller,
    kept: async () => [...(await region.storage.bodyDigests(uid, 0, 100)).keys()],
    leaves: async () =>
      (await region.storage.readLeaves(uid, 'changes', 0, 100)).map(({ leaf }) => parseLeaf(leaf)),
    verify: async (tamper?: (digests: Record<string, string>) => void) =>
      verifyLog(source(tamper), (await logs.vkeys(ACME, 'changes')).join(' ')),
    sweep: () =>
      region.realms.use(ACME, (realm) => controller.sweep?.(testContext(region, realm, 'retention'))),
    setPolicy: (bodies_days: number) =>
      region.realms.use(ACME, ({ resources }) =>
        resources.create(
          RetentionPolicy,
          undefined,
          { metadata: { name: POLICY_NAME }, spec: { bodies_days } },
          region.context(ACME),
        ),
      ),
    reconcile: () =>
      region.realms.use(ACME, (realm) =>
        controller.reconcile({ name: POLICY_NAME }, testContext(region, realm, 'retention')),
      ),
  };
}

test('without a policy an object is kept as it was for a year after it was changed, and as it is for ever', async (t) => {
  const region = await openRegion(t);
  await region.clock.leap(364 * DAY_MS);
  await region.sweep();
  assert.deepEqual(await region.kept(), [2, 3, 4, 5]);
  await region.clock.leap(2 * DAY_MS);
  await region.sweep();
  await region.sweep();
  assert.deepEqual(await region.kept(), [2, 5]);
  const [said, ...more] = (await region.leaves()).slice(6);
  assert.ok(said?.type === 'erasure');
  assert.deepEqual(
    [said.of, said.from, said.to, said.actor, said.reason, more],
    ['bodies', 3, 4, 'system:controller:retention', 'retention of 365 days', []],
  );
  // It is as it was: nothing that is now was touched.
  const web = await region.realms.use(ACME, ({ view }) => view.get(Widget, WEB));
  assert.equal(web?.spec.size, 3);
});

test('a policy keeps bodies for as long as it says, 180 days at the least', async (t) => {
  const region = await openRegion(t);
  await assert.rejects(region.setPolicy(179), { reason: 'Invalid', message: /bodies_days/ });
  await region.setPolicy(180);
  await region.clock.leap(181 * DAY_MS);
  await region.grow(4);
  await region.sweep();
  assert.deepEqual(await region.kept(), [2, 3, 4, 5, 6, 7]);
  assert.deepEqual(await region.reconcile(), { retryAfter_ms: DAY_MS });
  // What was replaced only now has its time before it, however long ago it was written.
  assert.deepEqual((await region.kept()).slice(0, 2), [2, 5]);
});

test('a realm in which nothing is due is not named, so that it may stay out of memory', async (t) => {
  const region = await openRegion(t);
  assert.deepEqual(await region.bodies.due(), [REGION, ACME]);
  await region.sweep();
  assert.deepEqual(await region.bodies.due(), [REGION]);
  assert.deepEqual(await region.controller.holders?.(), [REGION]);
  await region.clock.leap(366 * DAY_MS);
  assert.deepEqual(await region.bodies.due(), [REGION, ACME]);
  await region.sweep();
  assert.deepEqual(await region.kept(), [2, 5]);
  assert.deepEqual(await region.bodies.due(), [REGION]);
});

test('the log accounts for every body that is gone, and verification tells which is not accounted for', async (t) => {
  const region = await openRegion(t);
  const whole = await region.verify();
  assert.deepEqual([whole.problems, whole.bodies], [[], { kept: 4, erased: 0, erasures: [] }]);
  await region.clock.leap(366 * DAY_MS);
  await region.sweep();
  await region.grow(4);
  const dropped = await region.verify();
  assert.deepEqual([dropped.problems, dropped.bodies?.kept, dropped.bodies?.erased], [[], 3, 2]);
  const found = async (tamper: (digests: Record<string, string>) => void) =>
    (await region.verify(tamper)).problems.map(({ code, leaf }) => [code, leaf]);
  const other = bodyDigest(Buffer.from('another'));
  assert.deepEqual(await found((digests) => Object.assign(digests, { 5: other })), [['BODY_CHANGED', 5]]);
  assert.deepEqual(
    await found((digests) => {
      delete digests[5];
      delete digests[7];
    }),
    [
      ['BODY_MISSING', 5],
      ['BODY_MISSING', 7],
    ],
  );
});

test('a body that is erased is nowhere any more: not in the log, and not for a watch that was to be told of it', async (t) => {
  const region = await openRegion(t);
  await region.realms.use(ACME, async (realm) => {
    const behind = await realm.watch({ kind: Widget, afterRevision: 2 });
    const asked = { from: 2, to: 4, actor: 'dora', reason: 'a diagnosis in a label' };
    assert.equal(await region.bodies.erase(ACME, asked), 2);
    assert.equal(await region.bodies.erase(ACME, asked), 0);
    await assert.rejects(behind.next(), { reason: 'Expired' });
    await assert.rejects(realm.watch({ kind: Widget, afterRevision: 2 }), { reason: 'Expired' });
    const later = await realm.watch({ kind: Widget, afterRevision: 5 });
    await region.grow(4);
    assert.equal((await later.next())?.length, 1);
    later.close();
  });
  assert.deepEqual(await region.kept(), [2, 5, 7]);
  const { problems, bodies } = await region.verify();
  assert.deepEqual([problems, bodies?.erased], [[], 2]);
  assert.deepEqual(
    bodies?.erasures.map(({ from, to, actor, reason }) => [from, to, actor, reason]),
    [[3, 4, 'dora', 'a diagnosis in a label']],
  );
});

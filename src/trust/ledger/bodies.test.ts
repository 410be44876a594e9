// How long objects are kept as they were: what is dropped, what never is, and that the log accounts for each body that is gone.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { rfc3339 } from '#kernel/clock.ts';
import { bodyJson } from '#kernel/log/body.ts';
import { bodyDigest, encodeLeaf, leafTime, parseLeaf } from '#kernel/log/leaf.ts';
import { append, leafHash } from '#kernel/log/merkle.ts';
import { parseTilePath } from '#kernel/log/tile.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { Project, Widget } from '#kernel/store/example-kinds.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { exportLog } from './export.ts';
import { readWholeLeaves } from './leaves.ts';
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
      const [, records] = /^personal\/(\d+)$/.exec(path) ?? [];
      if (records !== undefined) {
        return Buffer.from(JSON.stringify(await logs.personal(ACME, 'changes', Number(records))));
      }
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
  const controller = retentionController({
    eraser: () => region.realms.access,
    bodies: () => bodies,
    records: () => region.realms.records,
  });
  return {
    ...region,
    source: source(),
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
    setPolicy: (bodies_days: number, more: object = {}) =>
      region.realms.use(ACME, ({ resources }) =>
        resources.create(
          RetentionPolicy,
          undefined,
          { metadata: { name: POLICY_NAME }, spec: { bodies_days, ...more } },
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

/** Everything of the log that is served, or stored. */
async function everything(region: Awaited<ReturnType<typeof openRegion>>): Promise<Buffer[]> {
  const { uid } = await region.realms.use(ACME, (realm) => realm);
  const served: Buffer[] = [];
  await exportLog(
    { read: async (path) => (path === 'key' ? Buffer.from('key') : region.source.read(path)) },
    async (_, content) => void served.push(Buffer.from(content)),
  );
  const stored = (await region.storage.readChanges(uid, 0, 100)) ?? [];
  return [
    ...served,
    ...stored.flatMap(({ leaf, personal, change }) => [
      Buffer.from(leaf),
      ...(personal ? [Buffer.from(personal)] : []),
      ...(change ? [Buffer.from(change.name), Buffer.from(change.body)] : []),
    ]),
  ];
}

test('who made a change, of what name, is beside its leaf; erased with the body, nothing that is left tells it', async (t) => {
  const region = await openRegion(t);
  const context = { ...region.context(ACME), fieldManager: 'tool' };
  const actor = { ...context.actor, name: 'alice', credential: 'certificate:alice' };
  await region.realms.use(ACME, async ({ resources }) => {
    const by = { ...context, actor };
    await resources.create(Widget, 'shop', { metadata: { name: 'alices-diary' }, spec: {} }, by);
    await resources.delete(Widget, { namespace: 'shop', name: 'alices-diary' }, by);
  });
  const read = () => Array.fromAsync(readWholeLeaves(region.source, 8, 6, 8));
  assert.deepEqual(
    (await read()).map((leaf) => leaf.type === 'change' && [leaf.v, leaf.actor, leaf.name, leaf.verb]),
    [
      [2, 'alice', 'alices-diary', 'create'],
      [2, 'alice', 'alices-diary', 'delete'],
    ],
  );
  assert.ok((await everything(region)).some((bytes) => bytes.includes('alice')));
  const { records } = await region.verify();
  assert.deepEqual(records, { kept: 6, erased: 0, erasures: [] });
  const asked = { from: 6, to: 7, actor: 'dora', reason: 'a slip' };
  assert.equal(await region.realms.records.erase(ACME, asked), 2);
  assert.equal(await region.realms.records.erase(ACME, asked), 0);
  assert.equal(await region.bodies.erase(ACME, asked), 2);
  for (const bytes of await everything(region)) assert.ok(!bytes.includes('alice'), bytes.toString());
  const report = await region.verify();
  assert.deepEqual([report.problems, report.records?.kept, report.records?.erased], [[], 4, 2]);
  assert.deepEqual(
    (await read()).map((leaf) => leaf.type === 'change' && [leaf.actor, leaf.name, leaf.resource]),
    [
      [undefined, undefined, Widget.resource],
      [undefined, undefined, Widget.resource],
    ],
  );
});

test('two bodies that say the same have digests of their own, so that neither can be guessed once it is gone', async (t) => {
  const region = await openRegion(t);
  const { uid } = await region.realms.use(ACME, (realm) => realm);
  const [, , , made] = (await region.storage.readChanges(uid, 0, 4)) ?? [];
  const body = made?.change?.body ?? Buffer.alloc(0);
  const digests = new Set(
    (await region.leaves()).flatMap((leaf) => (leaf.type === 'change' ? [leaf.digest] : [])),
  );
  assert.equal(digests.has(bodyDigest(body)), true);
  assert.equal(digests.has(bodyDigest(bodyJson(body))), false);
});

test('a policy may have changes name persons for 180 days at the least; without one they do for ever', async (t) => {
  const region = await openRegion(t);
  await region.clock.leap(4_000 * DAY_MS);
  await region.sweep();
  assert.equal((await region.verify()).records?.erased, 0);
  await assert.rejects(region.setPolicy(180, { changeRecords_days: 179 }), { message: /changeRecords_days/ });
  await region.setPolicy(180, { changeRecords_days: 180 });
  assert.deepEqual(await region.reconcile(), { retryAfter_ms: DAY_MS });
  const { problems, records } = await region.verify();
  assert.deepEqual([problems, records?.erased], [[], 4]);
  assert.deepEqual(
    records?.erasures.map(({ from, to, reason }) => [from, to, reason]),
    [[2, 5, 'retention of 180 days']],
  );
});

test('what an earlier release wrote is read as it was written, in one log with what came later', async (t) => {
  const region = await openRegion(t);
  const record = await region.storage.readRealm(ACME);
  assert.ok(record);
  const { uid: realmUid, changes } = record;
  const [index, uid, time_ms] = [changes.size, 'a5b8e4b0-0000-4000-8000-000000000001', region.clock.now()];
  const metadata = {
    name: 'old',
    namespace: 'shop',
    uid,
    resourceVersion: String(index),
    generation: 1,
    creationTimestamp: rfc3339(time_ms),
  };
  const spec = { size: 1, color: 'red', parts: [] };
  const body = Buffer.from(JSON.stringify({ apiVersion: Widget.apiVersion, kind: 'Widget', metadata, spec }));
  const leaf = encodeLeaf({
    v: 1,
    index,
    time: leafTime(time_ms),
    type: 'change',
    actor: 'carol',
    credential: 'certificate:carol',
    via: 'api',
    verb: 'create',
    resource: Widget.resource,
    namespace: 'shop',
    name: 'old',
    uid,
    digest: bodyDigest(body),
    requestId: 'r',
    decision: 'allowed',
  });
  const place = { resource: Widget.resource, namespace: 'shop', name: 'old', uid, previous: undefined };
  const stored = {
    index,
    leaf,
    hash: leafHash(leaf),
    time_ms,
    change: { type: 'created' as const, ...place, body },
  };
  const commit = { realmUid, expectedSize: index, leaves: [stored], ...append(changes, [stored.hash]) };
  assert.equal(await region.storage.commitChanges(commit), 'committed');
  await region.realms.fresh(ACME);
  await region.realms.use(ACME, ({ resources }) =>
    resources.modify(Widget, { namespace: 'shop', name: 'old' }, region.context(ACME), (old) => ({
      ...old,
      spec: { ...old.spec, size: 2 },
    })),
  );
  const both = await Array.fromAsync(readWholeLeaves(region.source, index + 2, index, index + 2));
  assert.deepEqual(
    both.map((one) => one.type === 'change' && [one.v, one.actor, one.name]),
    [
      [1, 'carol', 'old'],
      [2, 'system:test', 'old'],
    ],
  );
  const asked = { from: index, to: index + 1, actor: 'dora', reason: 'a slip' };
  // In an old leaf it stands in clear, and cannot be erased; the object as it was can.
  assert.equal(await region.realms.records.erase(ACME, asked), 1);
  assert.equal(await region.bodies.erase(ACME, asked), 1);
  const { problems, records, bodies } = await region.verify();
  assert.deepEqual([problems, records?.erased, bodies?.erased], [[], 1, 1]);
});

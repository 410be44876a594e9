// Erasing what a log says of persons: the log still verifies, says what was erased, and nothing that is left tells who it was.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parseTilePath } from '#kernel/log/tile.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { exportLog } from './export.ts';
import { readWholeLeaves } from './leaves.ts';
import { checkReceipt, proveInclusion } from './receipt.ts';
import { retentionController } from './retention-controllers.ts';
import { Erasure, POLICY_NAME, RETENTION_KINDS, RetentionPolicy } from './retention-kinds.ts';
import type { TileSource } from './source.ts';
import { memorySource } from './test-log.ts';
import { verifyLog } from './verify.ts';

const ACME: RealmId = '/orgs/acme';
const DAY_MS = 24 * 60 * 60_000;

async function openRegion(t: TestContext) {
  const region = await openTestRealms({ kinds: RETENTION_KINDS });
  t.after(() => region.close());
  const { logs, access } = region.realms;
  const source: TileSource = {
    async read(path) {
      if (path === 'checkpoint') return Buffer.from(await logs.latestCheckpoint(ACME, 'access'));
      if (path === 'key') return Buffer.from((await logs.vkeys(ACME, 'access')).join('\n'));
      const [, bundle] = /^personal\/(\d+)$/.exec(path) ?? [];
      if (bundle !== undefined)
        return Buffer.from(JSON.stringify(await logs.personal(ACME, 'access', Number(bundle))));
      const tile = parseTilePath(path);
      return tile && logs.tile(ACME, 'access', tile);
    },
  };
  return {
    ...region,
    access,
    source,
    keys: async () => (await logs.vkeys(ACME, 'access')).join(' '),
    record: (actor: string, reason?: string) =>
      access.record(ACME, {
        actor,
        credential: `certificate:${actor}`,
        verb: 'get',
        resource: 'secrets',
        name: `${actor}s-secret`,
        decision: 'denied',
        ...(reason === undefined ? {} : { reason }),
        details: { ticket: `${actor}-7` },
        code: 403,
        requestId: 'r',
      }).durable,
    /** A copy of all that is served, as files. */
    async files(): Promise<Map<string, Buffer>> {
      const files = new Map<string, Buffer>();
      await exportLog(source, async (path, content) => void files.set(path, Buffer.from(content)));
      return files;
    },
  };
}

test('a log whose records were erased verifies, and says what was erased, by whom, when and why', async (t) => {
  const region = await openRegion(t);
  for (const actor of ['alice', 'bob', 'carol']) await region.record(actor);
  const kept = await verifyLog(region.source, await region.keys());
  assert.deepEqual([kept.problems, kept.records], [[], { kept: 3, erased: 0, erasures: [] }]);
  const note = kept.checkpoint;
  assert.equal(await region.access.erase(ACME, { from: 2, to: 3, actor: 'dora', reason: 'a slip' }), 2);
  const report = await verifyLog(region.source, await region.keys(), { known: [note] });
  assert.deepEqual(report.problems, []);
  assert.deepEqual([report.records?.kept, report.records?.erased], [1, 2]);
  assert.deepEqual(
    report.records?.erasures.map(({ index, from, to, actor, reason }) => [index, from, to, actor, reason]),
    [[5, 2, 3, 'dora', 'a slip']],
  );
  // The same leaf has the same hash as before: the tree did not move.
  assert.equal(report.verifiedCheckpoints, 2);
  const leaves = await Array.fromAsync(readWholeLeaves(region.source, report.size, 2, 5));
  assert.deepEqual(
    leaves.map((leaf) => leaf.type === 'access' && leaf.actor),
    [undefined, undefined, 'carol'],
  );
  const { leaf } = checkReceipt(
    await proveInclusion(region.source, await region.keys(), 2),
    await region.keys(),
  );
  assert.equal(leaf.type, 'access');
});

test('nothing that is left after an erasure tells who it was', async (t) => {
  const region = await openRegion(t);
  await region.record('alice', 'alice was curious');
  assert.ok([...(await region.files()).values()].some((bytes) => bytes.includes('alice')));
  await region.access.erase(ACME, { from: 2, to: 2, actor: 'system', reason: 'a slip' });
  for (const [path, bytes] of await region.files()) assert.ok(!bytes.includes('alice'), path);
  // Nor can it be guessed: two records that say the same have digests of their own.
  await region.record('bob');
  await region.record('bob');
  const leaves = await Array.fromAsync(readWholeLeaves(region.source, 6, 4, 6));
  const [one, other] = leaves.map((leaf) => (leaf.type === 'access' && leaf.v === 2 ? leaf.personal : ''));
  assert.notEqual(one, other);
});

test('a record that is changed, exchanged, or taken away without a word shows', async (t) => {
  const region = await openRegion(t);
  for (const actor of ['alice', 'bob', 'carol', 'dora']) await region.record(actor);
  const found = async (change: (records: Record<string, { actor: string }>) => void) => {
    const files = await region.files();
    const records = JSON.parse(files.get('personal/0')?.toString() ?? '{}');
    change(records);
    files.set('personal/0', Buffer.from(JSON.stringify(records)));
    const { problems } = await verifyLog(memorySource(files), await region.keys());
    return problems.map(({ code, leaf, message }) => [code, leaf, message]);
  };
  const notTheOne = (leaf: number) => [
    'RECORD_CHANGED',
    leaf,
    `the record beside leaf ${leaf} is not the one it was written with`,
  ];
  assert.deepEqual(await found(() => {}), []);
  assert.deepEqual(await found((records) => Object.assign(records[3] ?? {}, { actor: 'mallory' })), [
    notTheOne(3),
  ]);
  assert.deepEqual(await found((records) => Object.assign(records, { 2: records[3], 3: records[2] })), [
    notTheOne(2),
    notTheOne(3),
  ]);
  assert.deepEqual(await found((records) => Object.assign(records[3] ?? {}, { note: 'x' })), [
    ['RECORD_CHANGED', 3, 'personal.note: is not a field'],
  ]);
  assert.deepEqual(
    await found((records) => {
      delete records[3];
      delete records[4];
    }),
    [
      [
        'RECORD_MISSING',
        3,
        'the records beside leaves 3 to 4 are gone, and no leaf says that they were erased',
      ],
    ],
  );
});

test('an erasure accounts for what it names and stood before it, and for no more', async (t) => {
  const region = await openRegion(t);
  for (const actor of ['alice', 'bob', 'carol']) await region.record(actor);
  await region.access.erase(ACME, { from: 3, to: 3, actor: 'system', reason: 'a slip' });
  assert.equal(await region.access.erase(ACME, { from: 3, to: 3, actor: 'system', reason: 'again' }), 0);
  await region.record('dora');
  const files = await region.files();
  files.set('personal/0', Buffer.from('{}'));
  const { problems, records } = await verifyLog(memorySource(files), await region.keys());
  assert.deepEqual([records?.kept, records?.erased, records?.erasures.length], [0, 1, 1]);
  assert.deepEqual(
    problems.map(({ code, leaf }) => [code, leaf]),
    [
      ['RECORD_MISSING', 2],
      ['RECORD_MISSING', 4],
      ['RECORD_MISSING', 6],
    ],
  );
});

test('a retention policy erases what is older, once it is; a year is the least', async (t) => {
  const region = await openRegion(t);
  const controller = retentionController({
    eraser: () => region.access,
    bodies: () => region.realms.bodies,
    records: () => region.realms.records,
  });
  await region.record('alice');
  await region.clock.leap(200 * DAY_MS);
  await region.record('bob');
  const create = (name: string, accessRecords_days: number) =>
    region.realms.use(ACME, ({ resources }) =>
      resources.create(
        RetentionPolicy,
        undefined,
        { metadata: { name }, spec: { accessRecords_days } },
        region.context(ACME),
      ),
    );
  await assert.rejects(create(POLICY_NAME, 364), { reason: 'Invalid', message: /accessRecords_days/ });
  await assert.rejects(create('another', 365), { reason: 'Invalid', message: /should be "access"/ });
  await create(POLICY_NAME, 365);
  const reconcile = () =>
    region.realms.use(ACME, (realm) =>
      controller.reconcile({ name: POLICY_NAME }, testContext(region, realm, 'retention')),
    );
  const actors = async () =>
    (await Array.fromAsync(readWholeLeaves(region.source, 4, 2, 4))).map(
      (leaf) => leaf.type === 'access' && leaf.actor,
    );
  assert.deepEqual(await reconcile(), { retryAfter_ms: DAY_MS });
  assert.deepEqual(await actors(), ['alice', 'bob']);
  await region.clock.leap(166 * DAY_MS);
  await reconcile();
  await reconcile();
  assert.deepEqual(await actors(), [undefined, 'bob']);
  const { records } = await verifyLog(region.source, await region.keys());
  assert.deepEqual(
    records?.erasures.map(({ actor, reason }) => [actor, reason]),
    [['system:controller:retention', 'retention of 365 days']],
  );
});

test('an erasure is asked for first, and cannot be begun already approved or taken back', async (t) => {
  const region = await openRegion(t);
  const create = (spec: object) =>
    region.realms.use(ACME, ({ resources }) =>
      resources.create(Erasure, undefined, { metadata: { name: 'slip' }, spec }, region.context(ACME)),
    );
  const spec = { from: 2, to: 2, reason: 'a slip' };
  await assert.rejects(create({ ...spec, carryOut: true }), { message: /spec\.carryOut: is set later/ });
  await assert.rejects(create({ ...spec, to: 1 }), { message: /spec\.to: should be from 2 to/ });
  await assert.rejects(create({ ...spec, to: 100_000 }), { message: /spec\.to: should be from 2 to 50001/ });
  await create(spec);
});

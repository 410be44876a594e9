import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWhole } from '#kernel/log/personal.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance, type Scenario } from '#kernel/reconcile/testing/harness.ts';
import { instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { erasureController, retentionController } from './retention-controllers.ts';
import { Erasure, POLICY_NAME, RETENTION_KINDS, RetentionPolicy } from './retention-kinds.ts';

const ACME: RealmId = '/orgs/acme';
const DAY_MS = 24 * 60 * 60_000;

type What = 'retention' | 'AccessRecords' | 'ChangeRecords' | 'Bodies';

/** Somebody is refused something on the first day, when something is made and deleted; and somebody else 400 days later. */
function scenario(which: What): Scenario<unknown> {
  return {
    async setUp(disturber) {
      const test = await openTestRealms({ kinds: RETENTION_KINDS });
      const { access, bodies, records } = test.realms;
      const record = (actor: string) =>
        access.record(ACME, {
          actor,
          credential: 'certificate:01',
          verb: 'get',
          resource: 'secrets',
          decision: 'denied',
          code: 403,
          requestId: 'r',
        }).durable;
      await record('alice');
      await test.realms.use(ACME, async ({ resources }) => {
        const [context, old] = [test.context(ACME), { name: 'old' }];
        const spec = { from: 0, to: 0, reason: 'none' };
        await resources.create(Erasure, undefined, { metadata: old, spec }, context);
        await resources.delete(Erasure, old, context);
      });
      await test.clock.leap(400 * DAY_MS);
      await record('bob');
      const eraser = () =>
        instrument(access, disturber, { name: 'access', only: ['recordsBefore', 'erase'] });
      const parts = {
        eraser,
        records: () => instrument(records, disturber, { name: 'records', only: ['dropOld', 'erase'] }),
        bodies: () => instrument(bodies, disturber, { name: 'bodies', only: ['dropOld', 'erase'] }),
      };
      const controller = which === 'retention' ? retentionController(parts) : erasureController(parts);
      const name = which === 'retention' ? POLICY_NAME : 'slip';
      await test.realms.use(ACME, async ({ resources }) => {
        const context = test.context(ACME);
        if (which === 'retention') {
          await resources.create(
            RetentionPolicy,
            undefined,
            { metadata: { name }, spec: { changeRecords_days: 180 } },
            context,
          );
          return;
        }
        const spec = { what: which, from: 2, to: 2, reason: 'a name in a reason' };
        await resources.create(Erasure, undefined, { metadata: { name }, spec }, context);
        await resources.modify(Erasure, { name }, context, (current) => ({
          ...current,
          spec: { ...current.spec, carryOut: true },
        }));
      });
      return {
        pass: () =>
          test.realms.use(ACME, async (realm) => {
            await controller.reconcile(
              { name },
              testContext(test, instrumentRealm(realm, disturber), controller.name),
            );
            return 'settled' as const;
          }),
        async state() {
          const { uid, kind } = await test.realms.use(ACME, (realm) => ({
            uid: realm.uid,
            kind: which === 'retention' ? RetentionPolicy : Erasure,
          }));
          const leaves = (await test.storage.readLeaves(uid, 'access', 2, 100)).map(readWhole);
          const changes = (await test.storage.readLeaves(uid, 'changes', 0, 100)).map(readWhole);
          const left = await test.storage.bodyDigests(uid, 2, 2);
          const ready = await test.realms.use(
            ACME,
            ({ view }) => view.get(kind, { name })?.status?.conditions,
          );
          return {
            actors: leaves.flatMap((leaf) => (leaf.type === 'access' ? [leaf.actor] : [])),
            // A leaf that says it once more than it was done does no harm.
            said: leaves.some((leaf) => leaf.type === 'erasure' && leaf.from === 2 && leaf.to === 2),
            bodies: [...left.keys()],
            changedBy: changes.slice(2, 4).map((leaf) => leaf.type === 'change' && leaf.actor),
            saidOfChanges: changes.some(
              (leaf) => leaf.type === 'erasure' && leaf.of === undefined && leaf.from === 2,
            ),
            saidOfBodies: changes.some(
              (leaf) => leaf.type === 'erasure' && leaf.of === 'bodies' && leaf.from === 2,
            ),
            ready: ready?.map(({ status }) => status),
          };
        },
        tearDown: () => test.close(),
      };
    },
  };
}

const TEST_ACTOR = 'system:test';
const NOTHING = {
  changedBy: [TEST_ACTOR, TEST_ACTOR],
  saidOfChanges: false,

  actors: ['alice', 'bob'],
  said: false,
  bodies: [2, 3],
  saidOfBodies: false,
  ready: ['True'],
};
const NO_RECORD = { actors: [undefined, 'bob'], said: true };

async function endsAlways(what: What, expected: object): Promise<void> {
  let count = 0;
  for await (const { title, state } of everyDisturbance(scenario(what))) {
    assert.deepEqual(state, { ...NOTHING, ...expected }, title);
    count += 1;
  }
  assert.ok(count > 5, `${count} outcomes`);
}

test('what is old enough ends erased, and the logs say so', () =>
  endsAlways('retention', {
    ...NO_RECORD,
    bodies: [],
    saidOfBodies: true,
    changedBy: [undefined, undefined],
    saidOfChanges: true,
  }));
test('an erasure of records ends carried out, and the log says so', () =>
  endsAlways('AccessRecords', NO_RECORD));
test('an erasure of records of changes ends carried out, and the log says so', () =>
  endsAlways('ChangeRecords', { changedBy: [undefined, TEST_ACTOR], saidOfChanges: true }));
test('an erasure of bodies ends carried out, and the log says so', () =>
  endsAlways('Bodies', { bodies: [3], saidOfBodies: true }));

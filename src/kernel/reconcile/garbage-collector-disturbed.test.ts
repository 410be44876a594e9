/** The garbage collector repeated, failed and killed at every write. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Type } from 'typebox';
import { defineKind } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import type { DeleteOptions } from '../realm.ts';
import type { RealmId } from '../realm-id.ts';
import { openTestRealms } from '../store/test-realms.ts';
import { garbageCollector } from './garbage-collector.ts';
import { testContext } from './testing/context.ts';
import { everyDisturbance, type Scenario } from './testing/harness.ts';
import { instrumentRealm } from './testing/instrument.ts';

const ACME: RealmId = '/orgs/acme';
const Part = defineKind({
  group: 'test.casemate.internal',
  version: 'v1',
  kind: 'Part',
  plural: 'parts',
  scope: 'Project',
  realms: ['organization'],
  description: 'For tests.',
  spec: Type.Optional(Type.Object({})),
});

/** A tree of three generations beside one that is nobody’s; its root is deleted. */
function scenario(propagationPolicy: NonNullable<DeleteOptions['propagationPolicy']>): Scenario<string[]> {
  return {
    async setUp(disturber) {
      const test = await openTestRealms({ kinds: [Part] });
      const { realm, release } = await test.realms.acquire(ACME);
      const make = async (name: string, owners: readonly KubeObject[] = []) => {
        const ownerReferences = owners.map(({ apiVersion, kind, metadata }) => {
          return { apiVersion, kind, name: metadata.name, uid: metadata.uid, blockOwnerDeletion: true };
        });
        const draft = { metadata: { name, ownerReferences } };
        return (await realm.resources.create(Part, 'p', draft, test.context(ACME))).object;
      };
      const root = await make('root');
      const other = await make('other');
      for (const name of ['left', 'right']) await make(`${name}-leaf`, [await make(name, [root])]);
      await make('shared', [root, other]);
      await realm.resources.delete(Part, { namespace: 'p', name: 'root' }, test.context(ACME), {
        propagationPolicy,
      });
      const seen = instrumentRealm(realm, disturber);
      const collector = garbageCollector(() => test.registry.all());
      return {
        async pass() {
          const { revision } = realm.view;
          // What it would be woken for: everything that is marked, and whatever has gone.
          const uids = new Set([root.metadata.uid]);
          collector.list(realm, (_realm, uid) => uids.add(uid));
          for (const uid of uids) await collector.run(uid, testContext(test, seen, collector.name));
          return realm.view.revision === revision ? 'settled' : 'again';
        },
        state: async () =>
          realm.view
            .list(Part)
            .map(({ metadata }) =>
              [metadata.name, ...(metadata.ownerReferences ?? []).map(({ name }) => name)].join(' of '),
            ),
        async tearDown() {
          release();
          await test.close();
        },
      };
    },
  };
}

describe('the garbage collector, disturbed at every write', () => {
  for (const [policy, expected] of [
    ['Background', ['other', 'shared of other']],
    ['Foreground', ['other', 'shared of other']],
    ['Orphan', ['left', 'left-leaf of left', 'other', 'right', 'right-leaf of right', 'shared of other']],
  ] as const) {
    it(`ends a deletion (${policy}) as it should`, async () => {
      let outcomes = 0;
      for await (const { title, state } of everyDisturbance(scenario(policy))) {
        assert.deepEqual(state, expected, title);
        outcomes++;
      }
      assert.ok(outcomes > 10, `${outcomes} outcomes`);
    });
  }
});

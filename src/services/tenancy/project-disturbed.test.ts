/** The controllers of what is in a project, repeated, failed and killed at every write: its end, its quotas, its events. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Controller } from '#kernel/controller.ts';
import type { Kind } from '#kernel/kind.ts';
import type { ObjectKey, Realm } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance, type Scenario } from '#kernel/reconcile/testing/harness.ts';
import { instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { ConfigMap } from './config-map.ts';
import { EVENT_LIFETIME_ms, Event } from './event.ts';
import { eventExpiry } from './event-expiry.ts';
import { Namespace } from './namespace.ts';
import { namespaceController } from './namespace-controller.ts';
import { Quota } from './quota.ts';
import { quotaController } from './quota-controller.ts';

const ACME: RealmId = '/orgs/acme';
const KINDS: readonly Kind[] = [Namespace, Quota, ConfigMap, Event];
const SHOP = { name: 'shop' };
const kinds = () => KINDS;

interface Play<State> {
  /** Made anew when the process is. */
  readonly controller: () => Controller;
  /** What it is called for; absent: its sweep. */
  readonly key?: ObjectKey;
  readonly begin: (test: TestRealms, realm: Realm) => Promise<unknown>;
  readonly isDone?: (realm: Realm) => boolean;
  readonly state: (realm: Realm) => State;
}

function scenario<State>({ controller, key, begin, isDone, state }: Play<State>): Scenario<State> {
  return {
    async setUp(disturber) {
      const test = await openTestRealms({ kinds: KINDS });
      const { realm, release } = await test.realms.acquire(ACME);
      await begin(test, realm);
      const seen = instrumentRealm(realm, disturber);
      let ours = controller();
      return {
        async pass() {
          const context = testContext(test, seen, ours.name);
          const again = key ? await ours.reconcile(key, context) : await ours.sweep?.(context);
          if (again) await test.clock.advance(again.retryAfter_ms);
          return again || isDone?.(realm) === false ? 'again' : 'settled';
        },
        async restart() {
          ours = controller();
        },
        state: async () => state(realm),
        async tearDown() {
          release();
          await test.close();
        },
      };
    },
  };
}

async function endsAlways<State>(play: Play<State>, expected: State): Promise<void> {
  let outcomes = 0;
  for await (const { title, state } of everyDisturbance(scenario(play))) {
    assert.deepEqual(state, expected, title);
    outcomes++;
  }
  assert.ok(outcomes > 5, `${outcomes} outcomes`);
}

const settings = async (test: TestRealms, { resources }: Realm) => {
  for (const name of ['a', 'b', 'c']) {
    await resources.create(ConfigMap, SHOP.name, { metadata: { name } }, test.context(ACME));
  }
};

describe('the controllers of a project, disturbed at every write', () => {
  it('a project ends with everything that was in it, and no other', async () => {
    await endsAlways(
      {
        controller: () => namespaceController(kinds),
        key: SHOP,
        async begin(test, realm) {
          const { resources } = realm;
          for (const name of ['shop', 'other']) {
            await resources.create(Namespace, undefined, { metadata: { name } }, test.context(ACME));
          }
          await resources.create(ConfigMap, 'other', { metadata: { name: 'a' } }, test.context(ACME));
          await settings(test, realm);
          await resources.delete(Namespace, SHOP, test.context(ACME));
        },
        isDone: ({ view }) => view.get(Namespace, SHOP) === undefined,
        state: ({ view }) =>
          [Namespace, ConfigMap].flatMap((kind) =>
            [...view.entries(kind)].map(({ namespace, name }) => `${kind.kind} ${namespace ?? ''}/${name}`),
          ),
      },
      ['Namespace /other', 'ConfigMap other/a'],
    );
  });

  it('a quota says what is used', async () => {
    await endsAlways(
      {
        controller: () => quotaController(kinds),
        key: { namespace: SHOP.name, name: 'limits' },
        async begin(test, realm) {
          await settings(test, realm);
          const draft = { metadata: { name: 'limits' }, spec: { hard: { 'count/configmaps': 5 } } };
          await realm.resources.create(Quota, SHOP.name, draft, test.context(ACME));
        },
        state: ({ view }) => view.get(Quota, { namespace: SHOP.name, name: 'limits' })?.status?.used,
      },
      { 'count/configmaps': '3' },
    );
  });

  it('events that are old go, and the others stay', async () => {
    await endsAlways(
      {
        controller: () => eventExpiry,
        async begin(test, { resources }) {
          const make = (name: string) =>
            resources.create(
              Event,
              SHOP.name,
              { metadata: { name }, involvedObject: {} },
              test.context(ACME),
            );
          for (const name of ['old-1', 'old-2', 'old-3']) await make(name);
          await test.clock.advance(EVENT_LIFETIME_ms);
          await make('news');
        },
        state: ({ view }) => [...view.entries(Event)].map(({ name }) => name),
      },
      ['news'],
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rfc3339 } from '#kernel/clock.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { ACME, type TrustFixture, trustFixture } from '../../testing/fixture.ts';
import { people } from '../people/directory.ts';
import { User } from '../people/user.ts';
import { sessionController } from './controller.ts';
import { Session, TELL_FINALIZER } from './session.ts';

const HOUR_MS = 3_600_000;

async function withSessions(): Promise<TrustFixture> {
  const region = await trustFixture();
  const user = async (name: string, disabled: boolean) => {
    const spec = { displayName: name, disabled };
    return (await region.make(ACME, User, { metadata: { name }, spec })).metadata.uid;
  };
  const uids = { alice: await user('alice', false), bob: await user('bob', true) };
  const session = (
    name: string,
    owner: 'alice' | 'bob',
    life_ms: number,
    finalizers: readonly string[] = [],
  ) =>
    region.make(ACME, Session, {
      metadata: { name, finalizers },
      spec: {
        user: owner,
        userUid: uids[owner],
        strength: 'passkey',
        client: `client-of-${name}`,
        startedAt: rfc3339(region.clock.now() - HOUR_MS),
        expiresAt: rfc3339(region.clock.now() + life_ms),
      },
    });
  await session('live', 'alice', HOUR_MS);
  await session('over', 'alice', -1_000);
  await session('told', 'alice', -1_000, [TELL_FINALIZER]);
  await session('disabled', 'bob', HOUR_MS);
  return region;
}

describe('the controller of sessions, repeated, failed and killed at every call', () => {
  it('ends with the sessions that count, and with those told that wanted to know', async () => {
    let outcomes = 0;
    for await (const { title, state } of everyDisturbance({
      async setUp(disturber) {
        const region = await withSessions();
        const told = new Set<string>();
        const controller = sessionController({
          people,
          userKind: User,
          tell: async (_context, { spec }) => {
            await disturber.call('channel.tell', () => told.add(spec.client));
          },
        });
        return {
          pass: () =>
            region.realms.use(ACME, async (realm) => {
              const context = {
                realm: instrumentRealm(realm, disturber),
                realms: region.realms,
                change: region.context(ACME),
                events: { record: () => {} },
                clock: region.clock,
                random: region.random,
                signal: new AbortController().signal,
              };
              const left = [...realm.view.entries(Session)];
              for (const { name } of left) await controller.reconcile({ name }, context);
              return realm.view.count(Session) < left.length || left.length > 1 ? 'again' : 'settled';
            }),
          state: () =>
            region.realms.use(ACME, ({ view }) => ({
              left: view.list(Session).map(({ metadata }) => metadata.name),
              told: [...told],
            })),
          tearDown: () => region.close(),
        };
      },
    })) {
      assert.deepEqual(state, { left: ['live'], told: ['client-of-told'] }, title);
      outcomes++;
    }
    assert.ok(outcomes > 10, `${outcomes} outcomes`);
  });
});

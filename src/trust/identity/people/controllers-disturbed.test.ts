import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Controller } from '#kernel/controller.ts';
import type { Realm } from '#kernel/realm.ts';
import { everyDisturbance, type Scenario } from '#kernel/reconcile/testing/harness.ts';
import { instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { ACME, type TrustFixture, trustFixture } from '../../testing/fixture.ts';
import { invitationController, userController } from './controllers.ts';
import { Credential } from './credential.ts';
import { Invitation } from './invitation.ts';
import { User } from './user.ts';

const DAY_MS = 24 * 3_600_000;

async function endsAlways<State>(scenario: Scenario<State>, state: State): Promise<void> {
  let outcomes = 0;
  for await (const outcome of everyDisturbance(scenario)) {
    assert.deepEqual(outcome.state, state, outcome.title);
    outcomes++;
  }
  assert.ok(outcomes > 2, `${outcomes} outcomes`);
}

/** One pass of a controller over everything of its kind. */
function passOf(region: TrustFixture, controller: Controller, realm: Realm) {
  const context = {
    realm,
    realms: region.realms,
    change: region.context(ACME),
    events: { record: () => {} },
    // Days later: the region's own clock would run the store's timers of all that time.
    clock: { now: () => region.clock.now() + 8 * DAY_MS, after: () => () => {} },
    random: region.random,
    signal: new AbortController().signal,
  };
  return async () => {
    for (const { name } of [...realm.view.entries(controller.kind)]) {
      await controller.reconcile({ name }, context);
    }
    return 'settled' as const;
  };
}

const scenario = <State>(
  controller: Controller,
  setUp: (region: TrustFixture) => Promise<void>,
  state: (realm: Realm) => State,
): Scenario<State> => ({
  async setUp(disturber) {
    const region = await trustFixture();
    await setUp(region);
    return {
      pass: () =>
        region.realms.use(ACME, (realm) => passOf(region, controller, instrumentRealm(realm, disturber))()),
      state: () => region.realms.use(ACME, state),
      tearDown: () => region.close(),
    };
  },
});

const user = (region: TrustFixture, name: string) =>
  region.make(ACME, User, { metadata: { name }, spec: { displayName: name } });

describe('the controllers of people, repeated, failed and killed at every call', () => {
  it('a user’s status ends telling what they can sign in with', async () => {
    await endsAlways(
      scenario(
        userController,
        async (region) => {
          const { metadata } = await user(region, 'alice');
          const { apiVersion, kind } = User;
          const ownerReferences = [{ apiVersion, kind, name: 'alice', uid: metadata.uid }];
          for (const [name, type, left] of [
            ['one', 'passkey'],
            ['two', 'passkey'],
            ['three', 'password'],
            ['four', 'recovery-codes', 7],
          ] as const) {
            const spec = { user: 'alice', type, sealed: 'AAAA', ...(left === undefined ? {} : { left }) };
            await region.make(ACME, Credential, { metadata: { name, ownerReferences }, spec });
          }
        },
        ({ view }) => view.get(User, { name: 'alice' })?.status?.credentials,
      ),
      { passkeys: 2, password: true, authenticator: false, recoveryCodes: 7 },
    );
  });

  it('invitations end deleted a week after they ended, and not before', async () => {
    await endsAlways(
      scenario(
        invitationController,
        async (region) => {
          await user(region, 'alice');
          const make = (name: string, validHours: number) =>
            region.make(ACME, Invitation, { metadata: { name }, spec: { user: 'alice', validHours } });
          await make('short', 24);
          await make('long', 48);
        },
        ({ view }) => view.list(Invitation).map(({ metadata }) => metadata.name),
      ),
      ['long'],
    );
  });
});

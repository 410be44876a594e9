import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Controller } from '#kernel/controller.ts';
import { REGION } from '#kernel/realm-id.ts';
import { everyDisturbance, type Scenario } from '#kernel/reconcile/testing/harness.ts';
import { type Disturber, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { type TrustFixture, trustFixture } from '../testing/fixture.ts';
import { ApprovalPolicy } from './approval-policy.ts';
import { ApprovalRequest } from './approval-request.ts';
import { approvalRequestController, soleOperatorController } from './controllers.ts';
import { sayAlone } from './sole-operator.ts';

const HOUR_MS = 60 * 60_000;

async function endsAlways<State>(scenario: Scenario<State>, state: State): Promise<void> {
  let outcomes = 0;
  for await (const outcome of everyDisturbance(scenario)) {
    assert.deepEqual(outcome.state, state, outcome.title);
    outcomes++;
  }
  assert.ok(outcomes > 3, `${outcomes} outcomes`);
}

const reconcile = (region: TrustFixture, disturber: Disturber, controller: Controller, name: string) =>
  region.realms.use(REGION, async (realm) => {
    await controller.reconcile(
      { name },
      {
        realm: instrumentRealm(realm, disturber),
        realms: region.realms,
        change: region.context(REGION),
        events: { record() {} },
        clock: region.clock,
        random: region.random,
        signal: new AbortController().signal,
      },
    );
  });

describe('controllers of the two-person rule, repeated, failed and killed at every call', () => {
  it('a request whose time is over ends expired', async () => {
    await endsAlways(
      {
        async setUp(disturber) {
          const region = await trustFixture();
          const rules = [{ resource: '*', approvals: 2 }];
          const { metadata } = await region.make(REGION, ApprovalPolicy, {
            metadata: { name: 'strict' },
            spec: { rules },
          });
          await region.make(REGION, ApprovalRequest, {
            metadata: { name: 'late' },
            spec: {
              target: { resource: ApprovalPolicy.resource, name: 'strict', uid: metadata.uid },
              transition: 'delete',
              reasonCode: 'other',
              reason: 'x',
              expiresAt: new Date(region.clock.now() + HOUR_MS).toISOString(),
            },
          });
          await region.clock.advance(HOUR_MS);
          return {
            async pass() {
              await reconcile(region, disturber, approvalRequestController, 'late');
              return 'settled';
            },
            state: () =>
              region.realms.use(REGION, ({ view }) =>
                view.list(ApprovalRequest).map(({ status }) => status?.phase),
              ),
            tearDown: () => region.close(),
          };
        },
      },
      ['Expired'],
    );
  });

  it('the word that there is one operator ends taken back, once there are two', async () => {
    await endsAlways(
      {
        async setUp(disturber) {
          const region = await trustFixture();
          for (const user of ['one', 'two']) {
            await region.bind(REGION, user, 'region-operator', user);
            await region.person(REGION, user);
          }
          await sayAlone({ realms: region.realms, random: region.random, user: 'one' });
          return {
            async pass() {
              await reconcile(region, disturber, soleOperatorController, 'region');
              return 'settled';
            },
            state: () =>
              region.realms.use(REGION, ({ view }) => view.list(ApprovalPolicy).map(({ spec }) => spec)),
            tearDown: () => region.close(),
          };
        },
      },
      [{}],
    );
  });
});

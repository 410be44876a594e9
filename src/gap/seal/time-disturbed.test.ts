import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TimeReport } from '#engines/chrony/report.ts';
import { REGION } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { SEAL_KINDS } from './service.ts';
import { timeController } from './time-controller.ts';
import { RegionTime, TIME_NAME, timeCondition } from './time-kind.ts';

const REPORT: TimeReport = {
  isReferenced: true,
  stratum: 3,
  offset_ms: 500,
  error_ms: 1,
  sources: [{ name: '203.0.113.123', state: 'Selected', isReached: true, stratum: 2, age_s: 1 }],
};

test('what the region’s clock is ends said, whatever is disturbed', async () => {
  const outcomes = everyDisturbance({
    async setUp(disturber) {
      const test = await openTestRealms({ kinds: SEAL_KINDS });
      const client = { read: async () => REPORT };
      const make = () =>
        timeController({
          client: instrument(client, disturber, { name: 'time', only: ['read'] }),
          rules: { sources: 1, offset_ms_max: 128 },
        });
      let controller = make();
      return {
        pass: () =>
          test.realms.use(REGION, async (realm) => {
            const context = testContext(test, instrumentRealm(realm, disturber), 'region-time');
            await controller.sweep?.(context);
            await controller.reconcile({ name: TIME_NAME }, context);
            return 'settled' as const;
          }),
        restart: async () => {
          controller = make();
        },
        state: () =>
          test.realms.use(REGION, ({ view }) => {
            const found = view.get(RegionTime, { name: TIME_NAME });
            return {
              reason: found && timeCondition(found)?.reason,
              offset_ms: found?.status?.offset_ms,
              sources: found?.status?.sources,
            };
          }),
        tearDown: () => test.close(),
      };
    },
  });
  let count = 0;
  for await (const { title, state } of outcomes) {
    const wanted = {
      reason: 'Off',
      offset_ms: 500,
      sources: [{ name: '203.0.113.123', state: 'Selected' }],
    };
    assert.deepEqual(state, wanted, title);
    count += 1;
  }
  assert.ok(count > 5, `${count} outcomes`);
});

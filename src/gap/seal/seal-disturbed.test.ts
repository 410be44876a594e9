import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SealedHost } from '#engines/nftables/seal/testing/sealed-host.ts';
import { labProblem } from '#engines/nftables/testing/lab.ts';
import { rfc3339 } from '#kernel/clock.ts';
import { REGION } from '#kernel/realm-id.ts';
import { getCondition } from '#kernel/reconcile/conditions.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { sealController } from './controller.ts';
import { Interconnection } from './interconnection.ts';
import { SEAL_NAME, SEALED, Seal, sealedCondition } from './seal-kind.ts';
import { SEAL_KINDS } from './service.ts';

const DAY_MS = 24 * 60 * 60_000;

test('an approved flow ends in force, and the seal in place, whatever is disturbed', {
  skip: labProblem(),
}, async (t) => {
  // Shared: what is in force of one outcome is replaced by the next.
  const host = await SealedHost.open('seald');
  t.after(() => host.close());
  await host.asProcess('region', 'true');
  const outcomes = everyDisturbance({
    async setUp(disturber) {
      await host.seal.apply({ format: 1, region: host.region, flows: [] });
      const test = await openTestRealms({ kinds: SEAL_KINDS });
      const spec = {
        direction: 'Out',
        protocol: 'tcp',
        ports: [8443],
        peers: ['198.51.100.2/32'],
        purpose: 'to be tried',
        owner: 'nobody',
        validUntil: rfc3339(test.clock.now() + DAY_MS),
      };
      await test.realms.use(REGION, async ({ resources }) => {
        const context = test.context(REGION);
        await resources.create(Interconnection, undefined, { metadata: { name: 'out' }, spec }, context);
        await resources.modify(
          Interconnection,
          { name: 'out' },
          context,
          (current) =>
            current.status === undefined
              ? current
              : { ...current, status: { ...current.status, phase: 'Approved' as const } },
          { subresource: 'status' },
        );
      });
      const make = () =>
        sealController({
          client: instrument(host.seal, disturber, { name: 'seal', only: ['apply', 'state'] }),
          regionId: host.region,
          settingsFlows: [],
          targets: async () => [],
          tryToLeave: async () => [],
          notHeld: () => undefined,
          whose: () => undefined,
          instanceAt: async () => undefined,
          resolvers: () => [],
          probeInside: async () => [],
          probeZones: async () => ({ tried: [], packets: [], unroutable: [], interrupted: false }),
          onSeal: () => {},
        });
      let controller = make();
      return {
        pass: () =>
          test.realms.use(REGION, async (realm) => {
            const context = testContext(test, instrumentRealm(realm, disturber), 'seal');
            await controller.sweep?.(context);
            await controller.reconcile({ name: SEAL_NAME }, context);
            return 'settled' as const;
          }),
        restart: async () => {
          controller = make();
        },
        async state() {
          const { flows, disturbed } = await host.seal.state();
          return test.realms.use(REGION, ({ view }) => {
            const flow = view.get(Interconnection, { name: 'out' });
            const seal = view.get(Seal, { name: SEAL_NAME });
            return {
              inForce: flows.map(({ id }) => id === flow?.metadata.uid),
              disturbed,
              flow: getCondition(flow?.status?.conditions, 'Ready')?.reason,
              seal: seal && sealedCondition(seal)?.reason,
              conditions: seal?.status?.conditions?.map(({ type }) => type),
            };
          });
        },
        tearDown: () => test.close(),
      };
    },
  });
  let count = 0;
  for await (const { title, state } of outcomes) {
    const wanted = { inForce: [true], disturbed: [], flow: 'InForce', seal: 'Sealed', conditions: [SEALED] };
    assert.deepEqual(state, wanted, title);
    count += 1;
  }
  assert.ok(count > 5, `${count} outcomes`);
});

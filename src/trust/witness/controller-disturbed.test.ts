import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCosignerVkey } from '#kernel/log/cosignature.ts';
import { openNote } from '#kernel/log/note.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { getCondition } from '#kernel/reconcile/conditions.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { witnessClient } from './client.ts';
import { witnessController } from './controller.ts';
import { startWitness } from './testing.ts';
import { WitnessKind } from './witness-kind.ts';

const ACME: RealmId = '/orgs/acme';

test('a log ends cosigned once by its witness, whatever is disturbed', async (t) => {
  const outcomes = everyDisturbance({
    async setUp(disturber) {
      const test = await openTestRealms({ kinds: [WitnessKind] });
      const { logs } = test.realms;
      const keys = await logs.vkeys(ACME, 'changes');
      const witness = await startWitness(t, 'tenant.example/w1', keys, test.clock);
      const spec = { url: witness.url, keys: witness.keys, logs: ['changes'] };
      await test.realms.use(ACME, ({ resources }) =>
        resources.create(WitnessKind, undefined, { metadata: { name: 'w' }, spec }, test.context(ACME)),
      );
      const make = () =>
        witnessController({
          logs: () =>
            instrument(logs, disturber, { name: 'logs', only: ['toCosign', 'addCosignatures', 'tile'] }),
          client: instrument(witnessClient(['127.0.0.0/8'], test.clock), disturber, { name: 'witness' }),
        });
      let controller = make();
      return {
        pass: () =>
          test.realms.use(ACME, async (realm) => {
            const context = testContext(test, instrumentRealm(realm, disturber), 'witnesses');
            await controller.reconcile({ name: 'w' }, context);
            return 'settled' as const;
          }),
        restart: async () => {
          controller = make();
        },
        async state() {
          const [note = '', ...more] = await logs.cosigned(ACME, 'changes');
          const by = witness.keys.map((key) => {
            const verifier = parseCosignerVkey(key);
            return openNote(note, verifier).signatures.filter(({ name }) => name === verifier.name).length;
          });
          const ready = await test.realms.use(ACME, ({ view }) =>
            getCondition(view.get(WitnessKind, { name: 'w' })?.status?.conditions, 'Ready'),
          );
          return { by, others: more.length, caught: witness.caught.length, ready: ready?.reason };
        },
        tearDown: () => test.close(),
      };
    },
  });
  let count = 0;
  for await (const { title, state } of outcomes) {
    assert.deepEqual(state, { by: [2, 2], others: 0, caught: 0, ready: 'Cosigning' }, title);
    count += 1;
  }
  assert.ok(count > 5, `${count} outcomes`);
});

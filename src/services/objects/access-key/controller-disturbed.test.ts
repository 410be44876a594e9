import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { everyDisturbance } from '#kernel/reconcile/testing/harness.ts';
import { type Disturber, instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { ServiceAccount } from '#trust/identity/service-accounts/service-account.ts';
import { ACME } from '#trust/testing/fixture.ts';
import { type ObjectsWorld, objectsWorld, PROJECT } from '../testing/world.ts';
import { AccessKey } from './access-key.ts';
import { accessKeyController } from './controller.ts';
import { accessKeySecrets } from './secrets.ts';

async function endsAlways(prepare: (world: ObjectsWorld) => Promise<void>, expected: unknown): Promise<void> {
  let outcomes = 0;
  const at = { namespace: PROJECT, name: 'robots' };
  const scenario = {
    async setUp(disturber: Disturber) {
      const world = await objectsWorld();
      await world.region.make(ACME, ServiceAccount, { metadata: { name: 'robot' } }, PROJECT);
      await world.accessKey('robots', { serviceAccount: 'robot' }, world.alice);
      await world.issue('robots', world.alice);
      await prepare(world);
      const material = instrument(world.region.keyring.material, disturber, { name: 'material' });
      const read = () => world.region.realms.use(ACME, ({ view }) => view.get(AccessKey, at));
      return {
        async pass() {
          const { context, release } = await world.context('access-keys');
          const realm = instrumentRealm(context.realm, disturber);
          try {
            await accessKeyController(accessKeySecrets(material)).reconcile(at, { ...context, realm });
          } finally {
            release();
          }
          // Its own deletion wakes it again.
          const isLeaving = (await read())?.metadata.deletionTimestamp !== undefined;
          return isLeaving ? ('again' as const) : ('settled' as const);
        },
        async state() {
          const key = await read();
          return {
            ready: key?.status?.conditions?.map(({ reason }) => reason),
            secrets: (await world.secrets.uids(ACME)).length,
          };
        },
        tearDown: () => world.close(),
      };
    },
  };
  for await (const outcome of everyDisturbance(scenario)) {
    assert.deepEqual(outcome.state, expected, outcome.title);
    outcomes++;
  }
  assert.ok(outcomes > 5, `${outcomes} outcomes`);
}

describe('the controller of access keys, repeated, failed and killed at every call', () => {
  it('a key that was issued ends usable', () =>
    endsAlways(async () => {}, { ready: ['Usable'], secrets: 1 }));

  it('a key whose holder is gone ends gone, with its secret', () =>
    endsAlways((world) => world.remove(ServiceAccount, 'robot'), { ready: undefined, secrets: 0 }));
});

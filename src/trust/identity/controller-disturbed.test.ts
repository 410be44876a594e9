import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Realm } from '#kernel/realm.ts';
import { everyDisturbance, type Scenario } from '#kernel/reconcile/testing/harness.ts';
import { instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { projectBindingController } from '../access/project-bindings.ts';
import { RoleBinding } from '../access/role-binding.ts';
import { ACME, sharedRequest, type TrustFixture, trustFixture } from '../testing/fixture.ts';
import { Project } from '../testing/kinds.ts';
import { ClientCertificate } from './client-certificate.ts';
import { clientCertificateController } from './controller.ts';

/** Asserts that a scenario ends in `state` whichever of its calls is disturbed, and however. */
async function endsAlways<State>(scenario: Scenario<State>, state: State): Promise<void> {
  let outcomes = 0;
  for await (const outcome of everyDisturbance(scenario)) {
    assert.deepEqual(outcome.state, state, outcome.title);
    outcomes++;
  }
  assert.ok(outcomes > 5, `${outcomes} outcomes`);
}

function contextOf(region: TrustFixture, realm: Realm) {
  return {
    realm,
    realms: region.realms,
    change: region.context(ACME),
    events: { record: () => {} },
    clock: region.clock,
    random: region.random,
    signal: new AbortController().signal,
  };
}

describe('trust’s controllers, repeated, failed and killed at every call', () => {
  it('a ClientCertificate ends signed once, with a certificate that lets its user in', async () => {
    await endsAlways(
      {
        async setUp(disturber) {
          const region = await trustFixture();
          const spec = { user: 'alice', request: await sharedRequest() };
          await region.make(ACME, ClientCertificate, { metadata: { name: 'alice' }, spec });
          const controller = clientCertificateController(
            instrument(region.keyring, disturber, { name: 'keyring', only: ['clientAuthority'] }),
          );
          return {
            pass: () =>
              region.realms.use(ACME, async (realm) => {
                const seen = instrumentRealm(realm, disturber);
                await controller.reconcile({ name: 'alice' }, contextOf(region, seen));
                return 'settled' as const;
              }),
            async state() {
              const before = await region.realms.use(ACME, ({ view }) => view.revision);
              const credential = await region.sign(ACME, 'alice');
              const after = await region.realms.use(ACME, ({ view }) => view.revision);
              return { user: (await region.actor(ACME, credential)).name, changedAgain: after !== before };
            },
            tearDown: () => region.close(),
          };
        },
      },
      { user: 'alice', changedAgain: false },
    );
  });

  it('bindings of a project that is gone end deleted, and others stay', async () => {
    await endsAlways(
      {
        async setUp(disturber) {
          const region = await trustFixture();
          for (const name of ['gone', 'stays']) await region.make(ACME, Project, { metadata: { name } });
          await region.bind(ACME, 'of-gone', 'project-editor', 'eve', 'gone');
          await region.bind(ACME, 'of-stays', 'project-editor', 'eve', 'stays');
          await region.bind(ACME, 'of-all', 'project-viewer', 'eve');
          await region.remove(ACME, Project, 'gone');
          const controller = projectBindingController(Project);
          return {
            pass: () =>
              region.realms.use(ACME, async (realm) => {
                const seen = instrumentRealm(realm, disturber);
                for (const { metadata } of realm.view.list(RoleBinding)) {
                  await controller.reconcile({ name: metadata.name }, contextOf(region, seen));
                }
                return 'settled' as const;
              }),
            state: () =>
              region.realms.use(ACME, ({ view }) =>
                view.list(RoleBinding).map(({ metadata }) => metadata.name),
              ),
            tearDown: () => region.close(),
          };
        },
      },
      ['of-all', 'of-stays'],
    );
  });

  it('the deletion of a project concerns the bindings that name it, and no other', async () => {
    const region = await trustFixture();
    await region.make(ACME, Project, { metadata: { name: 'alpha' } });
    await region.bind(ACME, 'narrow', 'project-viewer', 'eve', 'alpha');
    await region.bind(ACME, 'wide', 'project-viewer', 'eve');
    const [watch] = projectBindingController(Project).watches ?? [];
    const keys = () =>
      region.realms.use(ACME, (realm) =>
        watch?.keys({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'alpha' } as never }, realm),
      );
    assert.deepEqual(await keys(), []);
    await region.remove(ACME, Project, 'alpha');
    assert.deepEqual(await keys(), [{ name: 'narrow' }]);
    await region.close();
  });
});

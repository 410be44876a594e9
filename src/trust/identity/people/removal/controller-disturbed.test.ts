import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { everyDisturbance, type Scenario } from '#kernel/reconcile/testing/harness.ts';
import { instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { Guardrail } from '../../../access/guardrail.ts';
import { RoleBinding } from '../../../access/role-binding.ts';
import { ACME, trustFixture } from '../../../testing/fixture.ts';
import { Project } from '../../../testing/kinds.ts';
import { ClientCertificate } from '../../client-certificate.ts';
import { Group } from '../group.ts';
import { Invitation } from '../invitation.ts';
import { User } from '../user.ts';
import { userRemovalController } from './controller.ts';

/** What is left in the realm, as far as it could name anybody. */
type Left = Readonly<Record<string, readonly unknown[]>>;

const scenario: Scenario<Left> = {
  async setUp(disturber) {
    const region = await trustFixture();
    for (const name of ['goes', 'stays']) {
      await region.make(ACME, User, { metadata: { name }, spec: { displayName: name } });
      await region.make(ACME, Invitation, { metadata: { name }, spec: { user: name } });
      await region.credential(ACME, name, [], name);
    }
    await region.make(ACME, Project, { metadata: { name: 'web' } });
    await region.bind(ACME, 'own', 'project-editor', 'goes', 'web');
    await region.bind(ACME, 'other', 'project-viewer', 'stays');
    const subjects = ['goes', 'stays'].map((name) => ({ kind: 'User', name }));
    await region.make(ACME, RoleBinding, {
      metadata: { name: 'both' },
      spec: { role: 'project-viewer', subjects },
    });
    await region.make(ACME, Group, { metadata: { name: 'team' }, spec: { members: ['goes', 'stays'] } });
    const spec = { message: 'No.', resources: ['namespaces'], except: subjects };
    await region.make(ACME, Guardrail, { metadata: { name: 'rule' }, spec });
    await region.remove(ACME, User, 'goes');
    return {
      pass: () =>
        region.realms.use(ACME, async (realm) => {
          const { name, reconcile } = userRemovalController;
          const context = testContext(region, instrumentRealm(realm, disturber), name);
          const again = await reconcile({ name: 'goes' }, context);
          return again ? ('again' as const) : ('settled' as const);
        }),
      state: () =>
        region.realms.use(ACME, ({ view }) => ({
          users: view.list(User).map(({ metadata }) => metadata.name),
          certificates: view.list(ClientCertificate).map(({ metadata }) => metadata.name),
          invitations: view.list(Invitation).map(({ metadata }) => metadata.name),
          bindings: view
            .list(RoleBinding)
            .map(({ metadata, spec }) => [metadata.name, spec.subjects.map(({ name }) => name)]),
          members: view.list(Group).flatMap(({ spec }) => spec.members),
          exempt: view.list(Guardrail).flatMap(({ spec }) => spec.except?.map(({ name }) => name)),
        })),
      tearDown: () => region.close(),
    };
  },
};

describe('the removal of a person, repeated, failed and killed at every call', () => {
  it('ends with nothing that names them, and with everything of others', async () => {
    let outcomes = 0;
    for await (const { title, state } of everyDisturbance(scenario)) {
      const expected: Left = {
        users: ['stays'],
        certificates: ['stays'],
        invitations: ['stays'],
        bindings: [
          ['both', ['stays']],
          ['other', ['stays']],
        ],
        members: ['stays'],
        exempt: ['stays'],
      };
      assert.deepEqual(state, expected, title);
      outcomes++;
    }
    assert.ok(outcomes > 20, `${outcomes} outcomes`);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Actor, systemActor } from '#kernel/access.ts';
import { Guardrail } from '../../access/guardrail.ts';
import { Role } from '../../access/role.ts';
import { RoleBinding } from '../../access/role-binding.ts';
import { Project } from '../../testing/kinds.ts';
import { ACME, type IdentityFixture, identityFixture } from '../testing/fixture.ts';
import { ServiceAccount } from './service-account.ts';
import { type TokenRights, tokenRights } from './token-rights.ts';

describe('who may have a service account’s tokens', () => {
  let region: IdentityFixture;
  let rights: TokenRights;
  before(async () => {
    region = await identityFixture({ kinds: [Guardrail] });
    const { registry, clock } = region;
    rights = tokenRights({ registry: () => registry, clock });
    for (const name of ['shop', 'vault']) await region.make(ACME, Project, { metadata: { name } });
    for (const name of ['plain', 'admin', 'guarded']) {
      const labels = name === 'guarded' ? { guarded: 'yes' } : {};
      await region.make(ACME, ServiceAccount, { metadata: { name, labels } }, 'shop');
    }
    const role = (name: string, resources: string[]) =>
      region.make(ACME, Role, {
        metadata: { name },
        spec: { scope: 'project', rules: [{ verbs: ['*'], resources }] },
      });
    await role('maker', ['instances.compute.casemate.internal']);
    await role('asker', ['serviceaccounts/token']);
    const user = (name: string) => ({ kind: 'User', name });
    const bind = (name: string, spec: object) => region.make(ACME, RoleBinding, { metadata: { name }, spec });
    await bind('makers', { role: 'maker', subjects: [user('mia')] });
    await bind('askers', { role: 'asker', project: 'shop', subjects: [user('ann')] });
    await bind('elsewhere', { role: 'asker', project: 'vault', subjects: [user('vera')] });
    await bind('editors', { role: 'project-editor', project: 'shop', subjects: [user('eve')] });
    await bind('admins', {
      role: 'organization-admin',
      subjects: [user('olga'), { kind: 'ServiceAccount', name: 'admin', project: 'shop' }],
    });
  });
  after(() => region.close());

  const actor = (name: string): Actor => ({ realm: ACME, name, groups: [], credential: 'test' });
  /** Why not; undefined when they may. */
  const refusal = (who: Actor, name: string) =>
    region.realms.use(ACME, ({ view }) => {
      const account = view.get(ServiceAccount, { namespace: 'shop', name });
      assert.ok(account);
      try {
        rights(view, who, account);
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    });

  it('takes a role that opens serviceaccounts/token in that project, even for an account that holds nothing', async () => {
    for (const name of ['ann', 'eve', 'olga'])
      assert.equal(await refusal(actor(name), 'plain'), undefined, name);
    for (const name of ['mia', 'vera', 'nobody']) {
      assert.match((await refusal(actor(name), 'plain')) ?? 'let in', /serviceaccounts\/token/, name);
    }
  });

  it('takes every role that the account holds', async () => {
    assert.equal(await refusal(actor('olga'), 'admin'), undefined);
    for (const name of ['ann', 'eve']) {
      assert.match((await refusal(actor(name), 'admin')) ?? 'let in', /would give role organization-admin/);
    }
  });

  it('is refused where a guardrail forbids asking, whatever the roles', async () => {
    const spec = {
      resources: ['serviceaccounts/token'],
      when: { labels: { guarded: 'yes' } },
      message: 'not these',
    };
    await region.make(ACME, Guardrail, { metadata: { name: 'no-tokens' }, spec });
    assert.match(
      (await refusal(actor('olga'), 'guarded')) ?? 'let in',
      /Guardrail "no-tokens" forbids.*not these/,
    );
    assert.equal(await refusal(actor('olga'), 'plain'), undefined);
  });

  it('is no question for the region’s own controllers', async () => {
    assert.equal(await refusal(systemActor(ACME, 'controller:instance'), 'admin'), undefined);
  });
});

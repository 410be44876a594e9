import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Actor, systemActor, type Verb } from '#kernel/access.ts';
import { REGION } from '#kernel/realm-id.ts';
import { ACME, type TrustFixture, trustFixture } from '../testing/fixture.ts';
import { Project } from '../testing/kinds.ts';
import { RoleBinding } from './role-binding.ts';

const INSTANCES = 'instances.compute.casemate.internal';

describe('the role authorizer', () => {
  let region: TrustFixture;
  let alice: Actor;
  before(async () => {
    region = await trustFixture();
    await region.make(ACME, Project, { metadata: { name: 'alpha' } });
    alice = await region.person(ACME, 'alice', ['developers']);
  });
  after(() => region.close());

  const reason = async (actor: Actor, verb: Verb, resource: string, group = '', where = {}) => {
    const decision = await region.authorizer.decide({
      realm: actor.realm,
      actor,
      verb,
      group,
      version: 'v1',
      resource,
      ...where,
    });
    return `${decision.allowed}: ${decision.reason}`;
  };
  const compute = (actor: Actor, verb: Verb, resource = 'instances', where = {}) =>
    reason(actor, verb, resource, 'compute.casemate.internal', where);

  it('a binding counts from the next decision on, and so does its going', async () => {
    const mayCreate = () => region.may(alice, 'create', INSTANCES, { namespace: 'alpha' });
    assert.equal(await mayCreate(), false);
    await region.bind(ACME, 'alice', 'project-editor', 'alice', 'alpha');
    assert.equal(await mayCreate(), true);
    await region.remove(ACME, RoleBinding, 'alice');
    assert.equal(await mayCreate(), false);
    // One goes and another comes: the number of bindings is the same, who may is not.
    await region.bind(ACME, 'alice', 'project-viewer', 'alice', 'alpha');
    assert.equal(await mayCreate(), false);
    assert.equal(await region.may(alice, 'get', INSTANCES, { namespace: 'alpha' }), true);
    await region.remove(ACME, RoleBinding, 'alice');
  });

  it('a change of a binding’s subjects counts at once too', async () => {
    await region.bind(ACME, 'shared', 'project-viewer', 'somebody');
    assert.equal(await region.may(alice, 'list', INSTANCES), false);
    const subjects = [{ kind: 'Group' as const, name: 'developers' }];
    await region.realms.use(ACME, ({ resources }) =>
      resources.modify(RoleBinding, { name: 'shared' }, region.context(ACME), (current) => ({
        ...current,
        spec: { ...current.spec, subjects },
      })),
    );
    assert.equal(await region.may(alice, 'list', INSTANCES), true);
    await region.remove(ACME, RoleBinding, 'shared');
  });

  it('a group and a user of one name are not each other', async () => {
    await region.bind(ACME, 'user', 'project-viewer', 'developers');
    assert.equal(await region.may(alice, 'list', INSTANCES), false);
    await region.remove(ACME, RoleBinding, 'user');
  });

  it('says which binding allows, or which role it takes', async () => {
    assert.equal(
      await compute(alice, 'create', 'instances', { namespace: 'alpha' }),
      'false: it takes role organization-admin or project-editor there; ask an administrator for a RoleBinding',
    );
    await region.bind(ACME, 'team', 'project-editor', 'alice', 'alpha');
    assert.equal(
      await compute(alice, 'create', 'instances', { namespace: 'alpha' }),
      'true: role project-editor in project "alpha" by RoleBinding "team"',
    );
    assert.match(
      await compute(alice, 'list'),
      /^false: it takes role organization-admin or .* in all projects;/,
    );
    assert.match(
      await reason(alice, 'get', 'namespaces', '', { name: 'other' }),
      /^false: it takes role organization-admin or organization-auditor or project-editor or project-viewer or security-officer;/,
    );
    assert.equal(
      await compute(alice, 'update', 'instances', { namespace: 'alpha', subresource: 'status' }),
      'false: the status of instances.compute.casemate.internal is written by Casemate’s controllers only',
    );
    assert.equal(
      await compute(alice, 'update', 'images', { name: 'debian' }),
      'false: images.compute.casemate.internal belong to the region; an organization only reads them',
    );
    assert.match(await compute(alice, 'get', 'images', { name: 'debian' }), /^true: every member/);
    await region.remove(ACME, RoleBinding, 'team');
  });

  it('what does not exist is refused, with a reason', async () => {
    assert.match(
      await compute(alice, 'get', 'unicorns'),
      /^false: unicorns\.\S+ is no resource of an organization/,
    );
    assert.match(
      await reason(alice, 'get', 'organizations', 'tenancy.casemate.internal'),
      /is no resource of/,
    );
    await region.bind(ACME, 'all', 'organization-admin', 'alice');
    assert.match(
      await compute(alice, 'create', 'instances', { namespace: 'alpha', subresource: 'attach' }),
      /no subresource "attach"/,
    );
    assert.match(
      await reason(alice, 'update', 'namespaces', '', { name: 'alpha', subresource: 'finalize' }),
      /no subresource/,
    );
    await region.remove(ACME, RoleBinding, 'all');
  });

  it('no odd name in a question gets past it or breaks it', async () => {
    await region.bind(ACME, 'all', 'organization-admin', 'alice');
    for (const odd of ['__proto__', 'constructor', 'toString', '*', '']) {
      assert.match(await reason(alice, 'create', odd, odd), /^false: /, odd);
      assert.match(
        await reason(alice, odd as Verb, 'instances', 'compute.casemate.internal'),
        /^false: /,
        odd,
      );
      if (odd !== '') {
        const where = { namespace: 'alpha', subresource: odd };
        assert.match(await compute(alice, 'get', 'instances', where), /^false: /, odd);
      }
    }
    await region.remove(ACME, RoleBinding, 'all');
  });

  it('an actor who only looks like one of Casemate’s own gets nothing for it', async () => {
    const own = systemActor(ACME, 'controller:test');
    for (const actor of [
      { ...own, credential: 'certificate:00' },
      { ...own, groups: ['system:authenticated'] },
      { ...alice, name: 'system:controller:test' },
    ]) {
      assert.match(
        await compute(actor, 'delete', 'instances', { namespace: 'alpha', name: 'a' }),
        /^false: /,
      );
    }
  });

  it('an actor of a realm that is gone gets nothing', async () => {
    const ghost = { ...alice, realm: '/orgs/ghost' as const };
    assert.match(await compute(ghost, 'list'), /^false: realm \/orgs\/ghost is no more/);
  });

  it('a binding in the region is nothing in an organization, even for the same name', async () => {
    await region.bind(REGION, 'alice', 'region-operator', 'alice');
    assert.equal(await region.may(alice, 'list', INSTANCES), false);
    const operator = await region.person(REGION, 'alice');
    assert.match(
      await compute({ ...operator }, 'list', 'instances', { realm: ACME }),
      /^false: credentials of realm \/ open nothing in realm \/orgs\/acme/,
    );
  });
});

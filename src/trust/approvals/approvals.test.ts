import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Type } from 'typebox';
import type { Actor } from '#kernel/access.ts';
import type { ActionConnector } from '#kernel/connect.ts';
import { isStatusError } from '#kernel/errors.ts';
import { defineKind } from '#kernel/kind.ts';
import type { DraftObject, KubeObject } from '#kernel/object.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { RoleBinding } from '../access/role-binding.ts';
import { ClientCertificate } from '../identity/client-certificate.ts';
import { User } from '../identity/people/user.ts';
import { sessionCredential } from '../operators/session.ts';
import { ACME, sharedRequest, type TrustFixture, trustFixture } from '../testing/fixture.ts';
import { Project, SAMPLE_KINDS } from '../testing/kinds.ts';
import { approvalActions } from './actions.ts';
import { ApprovalPolicy } from './approval-policy.ts';
import { ApprovalRequest } from './approval-request.ts';
import { approvalRequestController, soleOperatorController } from './controllers.ts';
import { approvalRules } from './rules.ts';
import { sayAlone } from './sole-operator.ts';

const HOUR_MS = 60 * 60_000;

/** Something that takes two people to delete, and to destroy. */
const Vault = defineKind({
  group: 'test.casemate.internal',
  version: 'v1',
  kind: 'Vault',
  plural: 'vaults',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description: 'What is in it cannot be brought back.',
  spec: Type.Object({ destroyed: Type.Optional(Type.Boolean()), label: Type.Optional(Type.String()) }),
  guarded: [
    { transition: 'delete', approvals: 1 },
    {
      transition: 'destroy',
      approvals: 1,
      approvers: ['key-custodian'],
      matches: (operation, object, previous) =>
        operation === 'update' && destroyed(object) && previous !== undefined && !destroyed(previous),
    },
  ],
});
const destroyed = (object: KubeObject) => (object.spec as { destroyed?: boolean }).destroyed === true;

const Drawer = defineKind({
  group: 'test.casemate.internal',
  version: 'v1',
  kind: 'Drawer',
  plural: 'drawers',
  scope: 'Project',
  realms: ['organization'],
  description: 'A guarded thing in a project.',
  guarded: [{ transition: 'delete', approvals: 1 }],
});

const refused = (reason: Parameters<typeof isStatusError>[1], words: RegExp) => (error: unknown) => {
  assert.ok(isStatusError(error, reason), String(error));
  assert.match(error.message, words);
  return true;
};

describe('the two-person rule', () => {
  let region: TrustFixture;
  let admin: Actor;
  let second: Actor;
  let third: Actor;
  let names = 0;
  before(async () => {
    region = await trustFixture([...SAMPLE_KINDS, Vault, Drawer]);
    for (const user of ['admin', 'second', 'third']) {
      await region.bind(ACME, user, 'organization-admin', user);
    }
    admin = await region.person(ACME, 'admin');
    second = await region.person(ACME, 'second');
    third = await region.person(ACME, 'third');
  });
  after(() => region.close());

  const vault = (realm: RealmId = ACME) =>
    region.make(realm, Vault, { metadata: { name: `vault-${++names}` }, spec: {} });

  function ask(
    actor: Actor,
    target: KubeObject,
    transition = 'delete',
    more: Partial<Record<string, unknown>> = {},
  ) {
    const { name, uid } = target.metadata;
    return region.makeAs(actor, ApprovalRequest, {
      metadata: { name: `request-${++names}` },
      spec: {
        target: { resource: Vault.resource, name, uid },
        transition,
        reasonCode: 'end-of-use',
        reason: 'nobody needs it any more',
        expiresAt: new Date(region.clock.now() + HOUR_MS).toISOString(),
        ...more,
      },
    });
  }

  function act(actor: Actor, word: 'approve' | 'reject', request: KubeObject) {
    const { clock, realms, registry } = region;
    const rules = approvalRules({ projectKind: Project, registry: () => registry });
    const actions = approvalActions({ realms: () => realms, rules, clock });
    const connector = actions[`${ApprovalRequest.resource}/${word}`] as ActionConnector;
    return connector.call({
      realm: actor.realm,
      actor,
      object: request,
      query: new URLSearchParams(),
      signal: new AbortController().signal,
      body: {},
      requestId: `act-${++names}`,
    });
  }
  const approve = (actor: Actor, request: KubeObject) => act(actor, 'approve', request);

  const remove = (actor: Actor, target: KubeObject) => region.removeAs(actor, Vault, target.metadata.name);
  const destroy = (actor: Actor, target: KubeObject) =>
    region.realms.use(actor.realm, ({ resources }) =>
      resources.modify(
        Vault,
        { name: target.metadata.name },
        { actor, via: 'api', requestId: 'x' },
        (current) => ({
          ...current,
          spec: { ...current.spec, destroyed: true },
        }),
      ),
    );
  const read = (request: KubeObject, realm: RealmId = ACME) =>
    region.realms.use(realm, ({ view }) => view.get(ApprovalRequest, { name: request.metadata.name }));

  it('refuses who acts alone, and says what to do', async () => {
    const target = await vault();
    await assert.rejects(
      remove(admin, target),
      refused(
        'Forbidden',
        /1 person other than you.*casemate approval request delete vault\/vault-\d+ --reason/,
      ),
    );
  });

  it('lets an approved change through once, and the request is used in the same commit', async () => {
    const target = await vault();
    const request = await ask(admin, target);
    assert.deepEqual(await approve(second, request), { phase: 'Approved', approvals: 1, required: 1 });
    const before_ = await region.realms.use(ACME, ({ view }) => view.revision);
    await remove(admin, target);
    const used = await read(request);
    assert.equal(used?.status?.phase, 'Used');
    assert.equal(Number(used?.metadata.resourceVersion), before_ + 2);
    assert.deepEqual(
      used?.status?.approvals.map(({ by, credential }) => [by, credential]),
      [['second', second.credential]],
    );
  });

  it('is for whoever asked, and for what was asked only', async () => {
    const target = await vault();
    const request = await ask(admin, target);
    await approve(second, request);
    await assert.rejects(remove(second, target), refused('Forbidden', /takes the approval/));
    await assert.rejects(destroy(admin, target), refused('Forbidden', /destroy takes the approval/));
    const other = await vault();
    await assert.rejects(remove(admin, other), refused('Forbidden', /takes the approval/));
  });

  it('does not count for another object of the same name', async () => {
    const target = await vault();
    await approve(second, await ask(admin, target));
    await region.remove(ACME, Vault, target.metadata.name);
    await region.make(ACME, Vault, { metadata: { name: target.metadata.name }, spec: {} });
    await assert.rejects(remove(admin, target), refused('Forbidden', /takes the approval/));
  });

  it('guards a named update, and no other update', async () => {
    const target = await vault();
    await region.realms.use(ACME, ({ resources }) =>
      resources.modify(
        Vault,
        { name: target.metadata.name },
        { actor: admin, via: 'api', requestId: 'x' },
        (current) => ({ ...current, spec: { label: 'another' } }),
      ),
    );
    const request = await ask(admin, target, 'destroy');
    await approve(second, request);
    await destroy(admin, target);
    assert.equal((await read(request))?.status?.phase, 'Used');
  });

  it('is not approved by who asked, whatever credential they show', async () => {
    const request = await ask(admin, await vault());
    await assert.rejects(approve(admin, request), refused('Forbidden', /cannot approve/));
    const other = await region.actor(ACME, await region.credential(ACME, 'admin', [], 'admin-again'));
    assert.notEqual(other.credential, admin.credential);
    await assert.rejects(approve(other, request), refused('Forbidden', /cannot approve/));
  });

  it('counts one person once, with however many credentials', async () => {
    await region.make(ACME, ApprovalPolicy, {
      metadata: { name: 'more' },
      spec: { rules: [{ resource: Vault.resource, approvals: 2 }] },
    });
    const target = await vault();
    const request = await ask(admin, target);
    assert.deepEqual(await approve(second, request), { phase: 'Pending', approvals: 1, required: 2 });
    const again = await region.actor(ACME, await region.credential(ACME, 'second', [], 'second-again'));
    await assert.rejects(approve(again, request), refused('Conflict', /approved it already/));
    await assert.rejects(remove(admin, target), refused('Forbidden', /has 1 of 2/));
    assert.deepEqual(await approve(third, request), { phase: 'Approved', approvals: 2, required: 2 });
    await remove(admin, target);
    await region.remove(ACME, ApprovalPolicy, 'more');
  });

  it('is not approved by a service account, nor by who holds no role for it', async () => {
    const request = await ask(admin, await vault());
    const robot: Actor = { ...second, name: 'system:serviceaccount:alpha:robot' };
    await assert.rejects(approve(robot, request), refused('Forbidden', /it takes a person/));
    const nobody = await region.person(ACME, 'nobody');
    await assert.rejects(approve(nobody, request), refused('Forbidden', /no role that may approve/));
    assert.equal(
      await region.may(nobody, 'create', 'approvalrequests.access.casemate.internal', {
        subresource: 'approve',
      }),
      false,
    );
  });

  it('is decided by no operator whom the tenant let in: neither approved nor rejected, by whatever name', async () => {
    const request = await ask(admin, await vault());
    const intruder = (name: string): Actor => ({
      ...second,
      name,
      groups: ['system:operators'],
      credential: sessionCredential('00000000-0000-4000-8000-000000000000'),
    });
    for (const name of ['operator:bob', 'second', 'admin']) {
      for (const word of ['approve', 'reject'] as const) {
        await assert.rejects(
          act(intruder(name), word, request),
          refused('Forbidden', /person of this realm/),
        );
      }
    }
    // Nor does one ask, take a request away, or write its status past the actions.
    const bob = intruder('operator:bob');
    await assert.rejects(ask(bob, await vault()), refused('Forbidden', /no operator in a session/));
    await assert.rejects(
      region.removeAs(bob, ApprovalRequest, request.metadata.name),
      refused('Forbidden', /no operator in a session/),
    );
    await assert.rejects(
      region.realms.use(ACME, ({ resources }) =>
        resources.modify(
          ApprovalRequest,
          { name: request.metadata.name },
          { actor: bob, via: 'api', requestId: 'x' },
          (current) =>
            ({
              ...current,
              status: {
                ...current.status,
                phase: 'Approved',
                approvals: [{ by: bob.name, credential: bob.credential, at: '2026-01-01T00:00:00Z' }],
              },
            }) as DraftObject,
          { subresource: 'status' },
        ),
      ),
      refused('Forbidden', /no operator in a session/),
    );
    assert.equal((await read(request))?.status?.phase, 'Pending');
  });

  it('of a transition that names a role is approved by its holders too, and they approve nothing else', async () => {
    for (const user of ['keeper', 'warden']) await region.bind(ACME, user, 'key-custodian', user);
    const keeper = await region.person(ACME, 'keeper');
    const warden = await region.person(ACME, 'warden');
    // The wire lets them through; whether their word counts is decided in the lane, by the transition.
    for (const subresource of ['approve', 'reject']) {
      const resource = 'approvalrequests.access.casemate.internal';
      assert.equal(await region.may(keeper, 'create', resource, { subresource }), true);
    }
    const target = await vault();
    const removal = await ask(admin, target);
    for (const word of ['approve', 'reject'] as const) {
      await assert.rejects(act(keeper, word, removal), refused('Forbidden', /no role that may approve/));
    }
    const request = await ask(keeper, target, 'destroy');
    await assert.rejects(approve(keeper, request), refused('Forbidden', /whoever asks cannot approve/));
    assert.deepEqual(await approve(warden, request), { phase: 'Approved', approvals: 1, required: 1 });
    await destroy(keeper, target);
    assert.equal((await read(request))?.status?.phase, 'Used');
    // An administrator still may, and each person counts once.
    const other = await vault();
    const again = await ask(keeper, other, 'destroy');
    await approve(second, again);
    await destroy(keeper, other);
  });

  it('does not count the word of a role’s holder who lost it since, nor in a certificate made by another', async () => {
    await region.bind(ACME, 'former', 'key-custodian', 'former');
    const former = await region.person(ACME, 'former');
    const target = await vault();
    await approve(former, await ask(admin, target, 'destroy'));
    const spec = { user: 'former', request: await sharedRequest() };
    await assert.rejects(
      region.makeAs(admin, ClientCertificate, { metadata: { name: 'double-former' }, spec }),
      refused('Forbidden', /only they make another/),
    );
    await region.remove(ACME, RoleBinding, 'former');
    await assert.rejects(destroy(admin, target), refused('Forbidden', /takes the approval/));
  });

  it('is rejected by who may approve it, or by who asked, and by nobody else', async () => {
    const request = await ask(admin, await vault());
    const bystander = await region.person(ACME, 'bystander');
    await assert.rejects(act(bystander, 'reject', request), refused('Forbidden', /no role that may/));
    await act(admin, 'reject', request);
  });

  it('is not given in somebody else’s name: nobody makes a certificate for who may approve, but they themselves', async () => {
    const request = await sharedRequest();
    const certificate = (actor: Actor, user: string) =>
      region.makeAs(actor, ClientCertificate, {
        metadata: { name: `double-${++names}` },
        spec: { user, request },
      });
    await assert.rejects(certificate(admin, 'second'), refused('Forbidden', /only they make another/));
    await certificate(second, 'second');
    await certificate(admin, 'newcomer');
  });

  it('does not count the word of somebody who lost their role since', async () => {
    const target = await vault();
    await region.bind(ACME, 'leaving', 'organization-admin', 'leaving');
    const leaving = await region.person(ACME, 'leaving');
    await approve(leaving, await ask(admin, target));
    await region.remove(ACME, RoleBinding, 'leaving');
    await assert.rejects(remove(admin, target), refused('Forbidden', /takes the approval/));
  });

  it('does not count the word of somebody who was disabled since', async () => {
    const target = await vault();
    await region.bind(ACME, 'resting', 'organization-admin', 'resting');
    const resting = await region.person(ACME, 'resting');
    const request = await ask(admin, target);
    await approve(resting, request);
    await region.make(ACME, User, {
      metadata: { name: 'resting' },
      spec: { displayName: 'Resting', disabled: true },
    });
    await assert.rejects(remove(admin, target), refused('Forbidden', /takes the approval/));
    await assert.rejects(
      approve(resting, await ask(admin, target)),
      refused('Forbidden', /no role that may approve/),
    );
  });

  it('ends by a no, which who asked may say too', async () => {
    const target = await vault();
    const request = await ask(admin, target);
    await act(third, 'reject', request);
    await assert.rejects(approve(second, request), refused('Conflict', /Rejected already/));
    await assert.rejects(remove(admin, target), refused('Forbidden', /takes the approval/));
    await act(admin, 'reject', await ask(admin, target));
  });

  it('cannot be changed once made, nor made by or approved with a forged status', async () => {
    const target = await vault();
    const request = await ask(admin, target, 'delete', {});
    const context = { actor: admin, via: 'api', requestId: 'x' };
    const change = (spec: object) =>
      region.realms.use(ACME, ({ resources }) =>
        resources.modify(ApprovalRequest, { name: request.metadata.name }, context, (current) => ({
          ...current,
          spec: { ...current.spec, ...spec },
        })),
      );
    await approve(second, request);
    await assert.rejects(change({ transition: 'destroy' }), refused('Invalid', /immutable/));
    await assert.rejects(change({ expiresAt: '2099-01-01T00:00:00Z' }), refused('Invalid', /immutable/));
    await assert.rejects(
      region.realms.use(ACME, ({ resources }) =>
        resources.modify(
          ApprovalRequest,
          { name: request.metadata.name },
          context,
          (current) => ({ ...current, status: { ...current.status, requestedBy: 'third' } }) as DraftObject,
          { subresource: 'status' },
        ),
      ),
      refused('Forbidden', /by its actions alone/),
    );
    const forged = await region.makeAs(admin, ApprovalRequest, {
      metadata: { name: 'forged' },
      spec: request.spec,
      status: { requestedBy: 'second', phase: 'Approved', required: 0, approvals: [] },
    });
    assert.deepEqual(forged.status, { requestedBy: 'admin', phase: 'Pending', required: 1, approvals: [] });
  });

  it('asks for what is there, is guarded, and ends in time', async () => {
    const target = await vault();
    await assert.rejects(ask(admin, target, 'paint'), refused('Invalid', /must be one of delete, destroy/));
    await assert.rejects(
      ask(admin, target, 'delete', { expiresAt: 'soon' }),
      refused('Invalid', /expiresAt/),
    );
    const tooLate = new Date(region.clock.now() + 8 * 24 * HOUR_MS).toISOString();
    await assert.rejects(
      ask(admin, target, 'delete', { expiresAt: tooLate }),
      refused('Invalid', /no later than/),
    );
    const gone = { ...target, metadata: { ...target.metadata, uid: 'another' } };
    await assert.rejects(ask(admin, gone), refused('Invalid', /no such object/));
  });

  it('lets one of two uses at the same moment through, and one of two approvals by a person', async () => {
    const target = await vault();
    const request = await ask(admin, target, 'destroy');
    const both = await Promise.allSettled([approve(second, request), approve(second, request)]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const back = (current: KubeObject) => ({ ...current, spec: {} }) as unknown as DraftObject;
    const context = { actor: admin, via: 'api', requestId: 'x' };
    const uses = await Promise.allSettled([
      destroy(admin, target),
      region.realms.use(ACME, ({ resources }) =>
        resources.modify(Vault, { name: target.metadata.name }, context, back),
      ),
      destroy(admin, target),
    ]);
    assert.deepEqual(
      uses.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected'],
    );
  });

  it('expires, for good: a clock that is set back brings nothing to life', async () => {
    const target = await vault();
    const request = await ask(admin, target);
    await approve(second, request);
    const key = { name: request.metadata.name };
    const reconcile = () =>
      region.realms.use(ACME, (realm) =>
        approvalRequestController.reconcile(key, {
          realm,
          realms: region.realms,
          change: region.context(ACME),
          events: { record() {} },
          clock: region.clock,
          random: region.random,
          signal: new AbortController().signal,
        }),
      );
    assert.deepEqual(await reconcile(), { retryAfter_ms: HOUR_MS });
    const then = region.clock.now();
    await region.clock.advance(HOUR_MS);
    await assert.rejects(remove(admin, target), refused('Forbidden', /takes the approval/));
    const late = await ask(third, target);
    await region.clock.advance(HOUR_MS);
    await assert.rejects(approve(second, late), refused('Conflict', /expired on/));
    await reconcile();
    region.clock.set(then);
    assert.equal((await read(request))?.status?.phase, 'Expired');
    await assert.rejects(remove(admin, target), refused('Forbidden', /takes the approval/));
  });

  it('is not got around by an owner, nor by the project that something is in', async () => {
    const target = await vault();
    const owner = await region.make(ACME, Project, { metadata: { name: 'owner' } });
    const { apiVersion, kind, metadata } = owner;
    const ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid }];
    await assert.rejects(
      region.realms.use(ACME, ({ resources }) =>
        resources.modify(
          Vault,
          { name: target.metadata.name },
          { actor: admin, via: 'api', requestId: 'x' },
          (current) => ({
            ...current,
            metadata: { ...current.metadata, ownerReferences },
          }),
        ),
      ),
      refused('Forbidden', /it can have no owner/),
    );
    await region.make(ACME, Drawer, { metadata: { name: 'drawer' } }, 'owner');
    await assert.rejects(
      region.removeAs(admin, Project, 'owner'),
      refused('Forbidden', /holds Drawer "drawer"/),
    );
  });

  it('is not asked of controllers, which finish what was decided before', async () => {
    const target = await vault();
    await region.remove(ACME, Vault, target.metadata.name);
  });

  it('is raised by a policy, which is lowered by nobody alone', async () => {
    const rules = [{ resource: Vault.resource, approvals: 2 }];
    await region.makeAs(admin, ApprovalPolicy, { metadata: { name: 'strict' }, spec: { rules } });
    const context = { actor: admin, via: 'api', requestId: 'x' };
    await assert.rejects(
      region.realms.use(ACME, ({ resources }) =>
        resources.modify(ApprovalPolicy, { name: 'strict' }, context, (current) => ({
          ...current,
          spec: { rules: [{ resource: Vault.resource, approvals: 1 }] },
        })),
      ),
      refused('Forbidden', /cannot ask for fewer/),
    );
    await assert.rejects(
      region.removeAs(admin, ApprovalPolicy, 'strict'),
      refused('Forbidden', /delete takes the approval of 2 people/),
    );
    await assert.rejects(
      region.makeAs(admin, ApprovalPolicy, { metadata: { name: 'alone' }, spec: { soleOperator: 'admin' } }),
      refused('Forbidden', /said on its host/),
    );
    await region.remove(ACME, ApprovalPolicy, 'strict');
  });
});

describe('a region with one operator', () => {
  let region: TrustFixture;
  before(async () => {
    region = await trustFixture([...SAMPLE_KINDS, Vault]);
    await region.bind(REGION, 'one', 'region-operator', 'one');
  });
  after(() => region.close());

  const reconcile = () =>
    region.realms.use(REGION, (realm) =>
      soleOperatorController.reconcile(
        { name: 'region' },
        {
          realm,
          realms: region.realms,
          change: region.context(REGION),
          events: { record() {} },
          clock: region.clock,
          random: region.random,
          signal: new AbortController().signal,
        },
      ),
    );

  it('says so on its host, and then its operator acts alone until there is a second one, for good', async () => {
    const one = await region.person(REGION, 'one');
    for (const name of ['a', 'b', 'c', 'd'])
      await region.make(REGION, Vault, { metadata: { name }, spec: {} });
    await assert.rejects(region.removeAs(one, Vault, 'a'), refused('Forbidden', /takes the approval/));
    await sayAlone({ realms: region.realms, random: region.random, user: 'one' });
    await region.removeAs(one, Vault, 'a');
    // The second operator counts from the moment they can sign in, before any controller runs.
    await region.bind(REGION, 'two', 'region-operator', 'two');
    await region.removeAs(one, Vault, 'b');
    await region.person(REGION, 'two');
    await assert.rejects(region.removeAs(one, Vault, 'c'), refused('Forbidden', /takes the approval/));
    await reconcile();
    await region.remove(REGION, ClientCertificate, 'two');
    await sayAlone({ realms: region.realms, random: region.random, user: 'one' });
    await assert.rejects(region.removeAs(one, Vault, 'c'), refused('Forbidden', /takes the approval/));
    await assert.rejects(
      region.removeAs(one, ApprovalPolicy, 'region'),
      refused('Forbidden', /keeps its own policy/),
    );
  });
});

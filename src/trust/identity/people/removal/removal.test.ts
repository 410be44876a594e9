import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Actor } from '#kernel/access.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { Guardrail } from '../../../access/guardrail.ts';
import { RoleBinding } from '../../../access/role-binding.ts';
import { ApprovalPolicy } from '../../../approvals/approval-policy.ts';
import { ApprovalRequest } from '../../../approvals/approval-request.ts';
import { newPersonalKey, signingRequest } from '../../../certificates/personal-key.ts';
import { AccessRequest, statusOf } from '../../../operators/access-request.ts';
import { ACME, type TrustFixture, trustFixture } from '../../../testing/fixture.ts';
import { Project } from '../../../testing/kinds.ts';
import { finishRemovals } from '../../../testing/removals.ts';
import { ClientCertificate } from '../../client-certificate.ts';
import { Group } from '../group.ts';
import { REMOVAL_FINALIZER, User } from '../user.ts';

const refused = { reason: 'Forbidden' };
const nobody = { reason: 'Unauthorized' };

describe('somebody who is disabled or removed', () => {
  let region: TrustFixture;
  let admin: Actor;
  beforeEach(async () => {
    region = await trustFixture();
    admin = await region.administrator(ACME);
  });
  afterEach(() => region.close());

  const user = (name: string, spec: object = {}) =>
    region.make(ACME, User, { metadata: { name }, spec: { displayName: name, ...spec } });
  const change = (
    actor: Actor,
    kind: typeof User | typeof Group,
    name: string,
    to: (object: object) => object,
  ) =>
    region.realms.use(ACME, async ({ resources }) => {
      await resources.modify(kind, { name }, { ...region.context(ACME), actor, via: 'api' }, (current) => ({
        ...current,
        ...to(current),
      }));
    });
  const disable = (name: string, disabled: boolean) =>
    change(admin, User, name, () => ({ spec: { displayName: name, disabled } }));
  const list = (kind: typeof RoleBinding | typeof ClientCertificate | typeof Group) =>
    region.realms.use(ACME, ({ view }) => view.list(kind).map(({ metadata }) => metadata.name));

  it('is refused with the certificates of their name from the next request on; once enabled they work again', async () => {
    await user('alice');
    await user('bob');
    const [hers, his] = [await region.credential(ACME, 'alice'), await region.credential(ACME, 'bob')];
    assert.equal((await region.actor(ACME, hers)).name, 'alice');
    await disable('alice', true);
    await assert.rejects(region.actor(ACME, hers), { ...nobody, message: /user "alice" is disabled/ });
    await disable('alice', false);
    assert.equal((await region.actor(ACME, hers)).name, 'alice');
    await region.removeAs(admin, User, 'alice');
    await assert.rejects(region.actor(ACME, hers), { ...nobody, message: /user "alice" was removed/ });
    await finishRemovals(region, ACME);
    await assert.rejects(region.actor(ACME, hers), { ...nobody, message: /was revoked/ });
    assert.equal((await region.actor(ACME, his)).name, 'bob');
  });

  it('may nothing, and changes nothing, by a request that was let in before', async () => {
    await user('alice');
    await region.bind(ACME, 'hers', 'organization-admin', 'alice');
    const alice = await region.person(ACME, 'alice');
    const reads = () => region.may(alice, 'list', 'rolebindings.access.casemate.internal');
    const writes = () => region.makeAs(alice, Group, { metadata: { generateName: 'g-' }, spec: {} });
    assert.equal(await reads(), true);
    await writes();
    await disable('alice', true);
    assert.equal(await reads(), false);
    await assert.rejects(writes(), refused);
    await disable('alice', false);
    await region.removeAs(admin, User, 'alice');
    assert.equal(await reads(), false);
    await assert.rejects(writes(), refused);
  });

  it('leaves nothing that names them: the next of that name holds nothing, whatever the last one had', async () => {
    await user('alice');
    await region.make(ACME, Project, { metadata: { name: 'web' } });
    await region.bind(ACME, 'in-web', 'project-editor', 'alice', 'web');
    await region.bind(ACME, 'everywhere', 'organization-admin', 'alice');
    await region.make(ACME, Group, { metadata: { name: 'team' }, spec: { members: ['alice'] } });
    const hers = await region.credential(ACME, 'alice', ['team']);
    await region.removeAs(admin, User, 'alice');
    // Their name is taken until nothing is left.
    await assert.rejects(user('alice'), { reason: 'AlreadyExists' });
    await finishRemovals(region, ACME);
    assert.deepEqual(await list(RoleBinding), ['admin']);
    assert.deepEqual(await list(ClientCertificate), ['admin']);

    await user('alice');
    const next = await region.person(ACME, 'alice');
    assert.deepEqual(next.groups, ['system:authenticated']);
    for (const resource of ['namespaces', 'rolebindings.access.casemate.internal']) {
      assert.equal(await region.may(next, 'list', resource), false, resource);
    }
    await assert.rejects(region.actor(ACME, hers), { ...nobody, message: /was revoked/ });
  });

  it('takes what they asked for and agreed to along, where it is still open', async () => {
    const rules = [{ resource: '*', approvals: 1 }];
    const policy = await region.make(ACME, ApprovalPolicy, { metadata: { name: 'two' }, spec: { rules } });
    const target = { resource: ApprovalPolicy.resource, name: 'two', uid: policy.metadata.uid };
    const spec = {
      target,
      transition: 'delete',
      reasonCode: 'support',
      reason: 'No longer needed.',
      expiresAt: new Date(region.clock.now() + 3_600_000).toISOString(),
    };
    await user('alice');
    const alice = await region.person(ACME, 'alice');
    const hers = { metadata: { name: 'hers' }, spec };
    await region.realms.use(ACME, async ({ resources }) => {
      const asked = { ...region.context(ACME), actor: alice };
      await resources.create(ApprovalRequest, undefined, hers, asked);
      const others = { ...region.context(ACME), actor: admin };
      await resources.create(ApprovalRequest, undefined, { metadata: { name: 'theirs' }, spec }, others);
      await resources.modify(
        ApprovalRequest,
        { name: 'theirs' },
        region.context(ACME),
        (current) => {
          const approvals = [{ by: 'alice', credential: 'certificate:1', at: spec.expiresAt }];
          return { ...current, status: { requestedBy: 'admin', phase: 'Approved', required: 1, approvals } };
        },
        { subresource: 'status' },
      );
    });
    await region.removeAs(admin, User, 'alice');
    await finishRemovals(region, ACME);
    const left = await region.realms.use(ACME, ({ view }) =>
      view
        .list(ApprovalRequest)
        .map(({ status }) => [status?.phase, status?.approvals.length, status?.message]),
    );
    assert.deepEqual(left, [
      ['Rejected', 0, 'whoever asked was removed'],
      ['Pending', 0, undefined],
    ]);
  });

  it('of the region is let into no tenant any more: their access requests are revoked', async () => {
    await region.make('/', User, { metadata: { name: 'olga' }, spec: { displayName: 'Olga' } });
    const olga = await region.person('/', 'olga');
    const spec = {
      organization: 'acme',
      project: 'web',
      scope: [{ verbs: ['get'], resources: ['instances.compute.casemate.internal'] }],
      reasonCode: 'support',
      reason: 'They called.',
      duration_minutes: 30,
      request: await signingRequest(newPersonalKey()),
    };
    await region.makeAs(olga, AccessRequest, { metadata: { name: 'help' }, spec });
    await region.remove('/', User, 'olga');
    await finishRemovals(region, '/');
    const phase = await region.realms.use('/', ({ view }) =>
      view.list(AccessRequest).map((one) => statusOf(one).phase),
    );
    assert.deepEqual(phase, ['Revoked']);
  });

  it('names that no User has stand for themselves: machines, and an operator’s first certificate', async () => {
    const machine = await region.credential(ACME, 'backup-machine');
    await user('alice');
    await region.removeAs(admin, User, 'alice');
    await finishRemovals(region, ACME);
    assert.equal((await region.actor(ACME, machine)).name, 'backup-machine');
    assert.equal(
      (await region.actor(ACME, await region.credential(ACME, 'admin', [], 'again'))).name,
      'admin',
    );
  });

  it('is not let go early, nor given a certificate meanwhile, by anybody', async () => {
    await user('alice');
    await assert.rejects(
      change(admin, User, 'alice', (object) => ({
        metadata: { ...(object as typeof User & { metadata: object }).metadata, finalizers: [] },
      })),
      { ...refused, message: /identity.casemate.internal\/removal stays/ },
    );
    const spec = { user: 'alice', request: await signingRequest(newPersonalKey()) };
    const certificate = () =>
      region.makeAs(admin, ClientCertificate, { metadata: { generateName: 'a-' }, spec });
    await disable('alice', true);
    await assert.rejects(certificate(), refused);
    await region.removeAs(admin, User, 'alice');
    await assert.rejects(certificate(), refused);
  });

  it('a User of somebody who has a certificate is made only by whoever holds what that opens', async () => {
    const helper = await region.person(ACME, 'helper');
    const draft = (name: string) => ({ metadata: { name }, spec: { displayName: name } });
    await assert.rejects(region.makeAs(helper, User, draft('admin')), {
      ...refused,
      message: /ClientCertificate "admin" would give role organization-admin/,
    });
    await region.makeAs(helper, User, draft('somebody'));
    await region.makeAs(admin, User, draft('admin'));
  });

  it('whatever a realm is like, no object in it names them after their removal, and others are as they were', async () => {
    const names = ['person-one', 'person-two', 'person-three'] as const;
    const some = fc.subarray([...names]);
    const shape = fc.record({
      gone: fc.constantFrom(...names),
      groups: fc.array(some, { maxLength: 3 }),
      bindings: fc.array(fc.record({ users: some, groups: fc.boolean() }), { maxLength: 4 }),
      certificates: fc.array(fc.constantFrom(...names), { maxLength: 4 }),
      guardrails: fc.array(fc.record({ subjects: some, except: some, breakGlass: some }), { maxLength: 3 }),
    });
    const users = (all: readonly string[]) => all.map((name) => ({ kind: 'User', name }));
    await fc.assert(
      fc.asyncProperty(shape, async ({ gone, groups, bindings, certificates, guardrails }) => {
        const realm = await trustFixture();
        try {
          const make = (kind: Parameters<TrustFixture['make']>[1], name: string, spec: object) =>
            realm.make(ACME, kind, { metadata: { name }, spec });
          for (const name of names) await make(User, name, { displayName: 'Somebody' });
          for (const [at, members] of groups.entries()) await make(Group, `group-${at}`, { members });
          for (const [at, of] of bindings.entries()) {
            const subjects = [...users(of.users), ...(of.groups ? [{ kind: 'Group', name: 'group-0' }] : [])];
            if (subjects.length > 0)
              await make(RoleBinding, `binding-${at}`, { role: 'project-viewer', subjects });
          }
          for (const [at, name] of certificates.entries())
            await realm.credential(ACME, name, [], `certificate-${at}`);
          for (const [at, { subjects, except, breakGlass }] of guardrails.entries()) {
            const spec = { subjects: users(subjects), except: users(except), breakGlass: users(breakGlass) };
            await make(Guardrail, `rule-${at}`, { message: 'No.', resources: ['namespaces'], ...spec });
          }
          const objects = () =>
            realm.realms.use(ACME, ({ view }) =>
              realm.registry
                .servedIn('organization')
                .flatMap((kind) =>
                  kind.review ? [] : [...view.entries(kind)].map((entry) => entry.object()),
                )
                .filter((object) => !isDeleting(object)),
            );
          const about = (object: object) => JSON.stringify(object);
          const before = await objects();
          await realm.remove(ACME, User, gone);
          await finishRemovals(realm, ACME);
          const after = await objects();
          assert.deepEqual(
            after.filter((object) => about(object).includes(`"${gone}"`)),
            [],
          );
          const untouched = before.filter((object) => !about(object).includes(`"${gone}"`));
          const kept = new Set(after.map(about));
          assert.deepEqual(
            untouched.filter((object) => !kept.has(about(object))),
            [],
          );
        } finally {
          await realm.close();
        }
      }),
      { seed: 20_261_122, numRuns: 25 },
    );
  });

  it('has a finalizer from the beginning, whoever makes them and however they are written again', async () => {
    const { metadata } = await user('alice');
    assert.deepEqual(metadata.finalizers, [REMOVAL_FINALIZER]);
    const draft = { metadata: { name: 'alice' }, spec: { displayName: 'Alice' } };
    const { object } = await region.realms.use(ACME, ({ resources }) =>
      resources.update(User, { name: 'alice' }, draft, { ...region.context(ACME), actor: admin }),
    );
    assert.deepEqual(object.metadata.finalizers, [REMOVAL_FINALIZER]);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isStatusError, type StatusReason } from '#kernel/errors.ts';
import { RoleBinding } from '#trust/access/role-binding.ts';
import { ClientCertificate } from '#trust/identity/client-certificate.ts';
import { User } from '#trust/identity/people/user.ts';
import { ServiceAccount } from '#trust/identity/service-accounts/service-account.ts';
import { ACME } from '#trust/testing/fixture.ts';
import { bindIn, type ObjectsWorld, objectsWorld, PROJECT } from '../testing/world.ts';
import { AccessKey } from './access-key.ts';
import { accessKeyId, realmTag, tagOf } from './ids.ts';

describe('an access key', () => {
  let world: ObjectsWorld;
  before(async () => {
    world = await objectsWorld();
  });
  after(() => world.close());

  const refused = (work: Promise<unknown>, reason: StatusReason, message: RegExp) =>
    assert.rejects(work, (error) => {
      assert.ok(isStatusError(error, reason), String(error));
      assert.match(error.message, message);
      return true;
    });
  const read = (name: string) =>
    world.region.realms.use(ACME, ({ view }) => view.get(AccessKey, { namespace: PROJECT, name }));
  const account = (name: string) => world.region.make(ACME, ServiceAccount, { metadata: { name } }, PROJECT);

  it('gives its secret out once, and has an id that tells its organization', async () => {
    const { metadata } = await world.accessKey('mine', { user: 'alice' }, world.alice);
    const { accessKeyId: id, secretAccessKey } = await world.issue('mine', world.alice);
    assert.match(id, /^CM[A-Z2-7]{18}$/);
    assert.match(secretAccessKey, /^[0-9a-f]{40}$/);
    assert.equal(id, accessKeyId(ACME, metadata.uid));
    assert.equal(tagOf(id), realmTag(ACME));
    assert.notEqual(tagOf(id), realmTag('/orgs/rival'));
    await refused(world.issue('mine', world.alice), 'Conflict', /given out already/);
    const { status } = (await read('mine')) ?? {};
    assert.equal(status?.accessKeyId, id);
    assert.ok(!JSON.stringify(await read('mine')).includes(secretAccessKey));
  });

  it('of a person is made by that person, and by nobody in their stead', async () => {
    await bindIn(world, 'ed', 'project-editor');
    const ed = await world.region.person(ACME, 'ed');
    await refused(
      world.accessKey('theirs', { user: 'ed' }, world.alice),
      'Forbidden',
      /people make their access keys themselves/,
    );
    await world.accessKey('eds', { user: 'ed' }, ed);
    await refused(world.issue('eds', world.alice), 'Forbidden', /it is "ed" who has it/);
    const wider = world.patch(AccessKey, 'eds', (key) => ({
      ...key,
      spec: { user: 'ed', scope: { readOnly: false } },
    }));
    await refused(wider, 'Forbidden', /themselves/);
    await world.issue('eds', ed);
  });

  it('of a service account is made by who holds all that the account does', async () => {
    await account('robot');
    const spec = { serviceAccount: 'robot' };
    const ed = await world.region.actor(ACME, await world.region.credential(ACME, 'ed', [], 'ed-again'));
    await world.accessKey('robots', spec, ed);
    await world.region.make(ACME, RoleBinding, {
      metadata: { name: 'robot-admin' },
      spec: {
        role: 'organization-admin',
        subjects: [{ kind: 'ServiceAccount', name: 'robot', project: PROJECT }],
      },
    });
    await refused(world.issue('robots', ed), 'Forbidden', /organization-admin/);
    await refused(world.accessKey('more', spec, ed), 'Forbidden', /organization-admin/);
    await world.accessKey('more', spec, world.alice);
  });

  it('says whose it is, of somebody who is there, and ends in the future', async () => {
    const wrong: readonly [object, RegExp][] = [
      [{}, /either user or serviceAccount/],
      [{ user: 'alice', serviceAccount: 'robot' }, /either user or serviceAccount/],
      [{ user: 'somebody' }, /nobody is called "somebody"/],
      [{ serviceAccount: 'nothing' }, /no service account "nothing" in project "lab"/],
      [{ user: 'alice', expires: '2025-01-01T00:00:00Z' }, /over already/],
      [{ user: 'alice', expires: '2027-13-01T00:00:00Z' }, /is no time/],
    ];
    for (const [spec, message] of wrong)
      await refused(world.accessKey('odd', spec, world.alice), 'Invalid', message);
  });

  it('is gone with whoever it belongs to, and its secret with it', async () => {
    const { region } = world;
    await region.make(ACME, User, { metadata: { name: 'carol' }, spec: { displayName: 'Carol' } });
    await bindIn(world, 'carol', 'project-editor');
    const carol = await region.person(ACME, 'carol');
    const { metadata } = await world.accessKey('carols', { user: 'carol' }, carol);
    await world.issue('carols', carol);
    assert.ok((await world.secrets.uids(ACME)).includes(metadata.uid));
    await region.realms.use(ACME, async ({ resources }) => {
      const context = region.context(ACME);
      await resources.modify(User, { name: 'carol' }, context, (user) => ({
        ...user,
        metadata: { ...user.metadata, finalizers: [] },
      }));
      await resources.delete(User, { name: 'carol' }, context);
      await resources.delete(ClientCertificate, { name: 'carol' }, context);
    });
    await world.settleKey('carols');
    await world.settleKey('carols');
    assert.equal(await read('carols'), undefined);
    assert.ok(!(await world.secrets.uids(ACME)).includes(metadata.uid));
  });
});

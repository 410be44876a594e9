import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Actor } from '#kernel/access.ts';
import { ACME, type TrustFixture, trustFixture } from '../../testing/fixture.ts';
import { finishRemovals } from '../../testing/removals.ts';
import { IdentityProvider } from '../federation/identity-provider.ts';
import { Credential } from './credential.ts';
import { groupsOf, people } from './directory.ts';
import { Group } from './group.ts';
import { Invitation } from './invitation.ts';
import { User, type UserObject } from './user.ts';

describe('people of a realm', () => {
  let region: TrustFixture;
  let admin: Actor;
  let helper: Actor;
  before(async () => {
    region = await trustFixture();
    admin = await region.administrator(ACME);
    // May everything with people as far as the verbs go, but holds nothing that could be given away.
    helper = await region.person(ACME, 'helper');
  });
  after(() => region.close());

  const user = (name: string, spec: object = {}) =>
    region.make(ACME, User, { metadata: { name }, spec: { displayName: name, ...spec } });
  const group = (name: string, ...members: string[]) =>
    region.make(ACME, Group, { metadata: { name }, spec: { members } });
  const update = (kind: typeof User | typeof Group, name: string, spec: object) =>
    region.realms.use(ACME, async ({ resources }) => {
      await resources.modify(kind, { name }, region.context(ACME), (current) => ({
        ...current,
        spec: { ...(current.spec as object), ...spec },
      }));
    });
  const found = (name: string) =>
    region.realms.use(ACME, ({ view }) => people.find(view, view.entry(User, { name })?.uid ?? ''));

  it('are in the groups that list them and those that their provider gave, never in system groups', async () => {
    await user('alice', { email: 'alice@ministry.example' });
    await group('developers', 'alice');
    await group('others');
    const uid = (await found('alice'))?.uid;
    assert.deepEqual(await found('alice'), {
      uid,
      name: 'alice',
      groups: ['developers'],
      displayName: 'alice',
      email: 'alice@ministry.example',
    });
    const told = (...federatedGroups: string[]) =>
      region.realms.use(ACME, async ({ resources, view }) => {
        await resources.modify(
          User,
          { name: 'alice' },
          region.context(ACME),
          (current) => ({ ...current, status: { federatedGroups } }),
          { subresource: 'status' },
        );
        return groupsOf(view, view.get(User, { name: 'alice' }) as UserObject);
      });
    // Of no provider: whoever it was that said so.
    assert.deepEqual(await told('outside.readers'), ['developers']);
    await region.make(ACME, IdentityProvider, {
      metadata: { name: 'outside' },
      spec: {
        type: 'oidc',
        displayName: 'Outside',
        oidc: { issuer: 'https://outside.example', clientId: 'casemate' },
        mapping: { groups: 'groups', groupPrefix: 'outside.' },
      },
    });
    await update(User, 'alice', { identityProvider: 'outside', subject: 'a' });
    assert.deepEqual(await told('outside.readers', 'developers', 'other', 'system:internal'), [
      'developers',
      'outside.readers',
    ]);
    await update(Group, 'others', { members: ['alice'] });
    assert.deepEqual((await found('alice'))?.groups, ['developers', 'others', 'outside.readers']);
    await update(Group, 'developers', { members: [] });
    assert.deepEqual((await found('alice'))?.groups, ['others', 'outside.readers']);
    // Linked to nobody any more, they are in none of its groups.
    await update(User, 'alice', { identityProvider: undefined, subject: undefined });
    assert.deepEqual((await found('alice'))?.groups, ['others']);
  });

  it('who is disabled or gone is nobody, at once', async () => {
    await user('leaver');
    const uid = (await found('leaver'))?.uid ?? '';
    await update(User, 'leaver', { disabled: true });
    assert.equal(await found('leaver'), undefined);
    await update(User, 'leaver', { disabled: false });
    assert.equal((await found('leaver'))?.uid, uid);
    await region.remove(ACME, User, 'leaver');
    assert.equal(await found('leaver'), undefined);
    await finishRemovals(region, ACME);
    await user('leaver');
    assert.equal(await region.realms.use(ACME, ({ view }) => people.find(view, uid)), undefined);
  });

  it('have names that role bindings can name, and a provider together with its subject, which is nobody else’s', async () => {
    await assert.rejects(user('x'.repeat(65)), /must be at most 64 characters/);
    await assert.rejects(
      user('one', { identityProvider: 'ministry' }),
      /spec.subject: identityProvider and subject go/,
    );
    await assert.rejects(user('one', { subject: '123' }), /spec.identityProvider/);
    await user('one', { identityProvider: 'ministry', subject: '1"2' });
    await user('two', { identityProvider: 'hospital', subject: '1"2' });
    await assert.rejects(
      user('three', { identityProvider: 'ministry', subject: '1"2' }),
      /spec.subject: user "one" is that subject of ministry already/,
    );
    await update(User, 'one', { displayName: 'Still One' });
  });

  it('a group lists only people who are there, and a name is free once its last holder has left everything', async () => {
    await assert.rejects(
      group('ghosts', 'nobody-there'),
      /spec.members\[0\]: there is no user "nobody-there"/,
    );
    await user('passing');
    await group('team', 'passing');
    await region.remove(ACME, User, 'passing');
    await assert.rejects(group('another', 'passing'), /there is no user "passing"/);
    await assert.rejects(user('passing'), { reason: 'AlreadyExists' });
    await finishRemovals(region, ACME);
    await user('passing');
    assert.deepEqual((await found('passing'))?.groups, []);
  });

  it('nobody gives a membership, an invitation or a link to a provider that is worth more than they hold', async () => {
    await user('boss');
    await region.bind(ACME, 'boss', 'organization-admin', 'boss');
    const bosses = [{ kind: 'Group', name: 'bosses' }];
    const { RoleBinding } = await import('../../access/role-binding.ts');
    await region.make(ACME, RoleBinding, {
      metadata: { name: 'bosses' },
      spec: { role: 'organization-admin', subjects: bosses },
    });
    await user('friend');
    const refused = { reason: 'Forbidden' };
    const toGroup = { metadata: { name: 'bosses' }, spec: { members: ['friend'] } };
    await assert.rejects(region.makeAs(helper, Group, toGroup), refused);
    const invitation = { metadata: { name: 'for-boss' }, spec: { user: 'boss' } };
    await assert.rejects(region.makeAs(helper, Invitation, invitation), refused);
    const linked = {
      metadata: { name: 'second-boss' },
      spec: { displayName: 'x', identityProvider: 'mine', subject: '1' },
    };
    await region.bind(ACME, 'second-boss', 'organization-admin', 'second-boss');
    await assert.rejects(region.makeAs(helper, User, linked), refused);

    await region.makeAs(admin, Group, toGroup);
    await region.makeAs(admin, Invitation, invitation);
    await region.makeAs(admin, User, linked);
    // What is worth nothing yet, anybody may who has the verb.
    await region.makeAs(helper, Invitation, {
      metadata: { name: 'for-alice' },
      spec: { user: 'alice' },
    });
    const friend = { metadata: { name: 'for-friend' }, spec: { user: 'friend' } };
    await assert.rejects(region.makeAs(helper, Invitation, friend), refused);
  });

  it('an invitation is for somebody who is there, active, and signs in here', async () => {
    const invite = (name: string) =>
      region.make(ACME, Invitation, { metadata: { name: `to-${name}` }, spec: { user: name } });
    await assert.rejects(invite('missing'), /spec.user: there is no user "missing"/);
    await user('off', { disabled: true });
    await assert.rejects(invite('off'), /spec.user: "off" is disabled; enable them first/);
    await user('elsewhere', { identityProvider: 'ministry', subject: '9' });
    await assert.rejects(invite('elsewhere'), /spec.user: "elsewhere" signs in with ministry/);
  });

  it('nobody but the sign-in pages makes or changes a credential, whatever their role', async () => {
    const draft = { metadata: { name: 'forged' }, spec: { user: 'boss', type: 'password', sealed: 'AAAA' } };
    await assert.rejects(region.makeAs(admin, Credential, draft), /made on the sign-in pages/);
    await region.make(ACME, Credential, draft);
    for (const verb of ['get', 'list', 'watch', 'create', 'update', 'patch'] as const) {
      assert.equal(await region.may(admin, verb, Credential.resource), false, verb);
    }
    assert.equal(await region.may(admin, 'delete', Credential.resource), true);
    await region.removeAs(admin, Credential, 'forged');
  });
});

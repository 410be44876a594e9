import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { refreshTokenGrant } from 'openid-client';
import type { Actor } from '#kernel/access.ts';
import type { Kind } from '#kernel/kind.ts';
import { readWhole } from '#kernel/log/personal.ts';
import { RoleBinding } from '../../access/role-binding.ts';
import { sharedRequest } from '../../testing/fixture.ts';
import { Project, Secret } from '../../testing/kinds.ts';
import { ClientCertificate } from '../client-certificate.ts';
import { people } from '../people/directory.ts';
import { Group } from '../people/group.ts';
import { User } from '../people/user.ts';
import { Session } from '../sessions/session.ts';
import { ACME } from '../testing/fixture.ts';
import { discover } from '../testing/relying-party.ts';
import { admitPerson } from './admit-person.ts';
import type { Told } from './claims.ts';
import { IdentityProvider, type IdentityProviderObject } from './identity-provider.ts';
import { type Arrival, type FederationFixture, federationFixture } from './testing/fixture.ts';
import { type OidcUpstream, oidcUpstream } from './testing/oidc-upstream.ts';

const ADMIN: Actor = {
  realm: ACME,
  name: 'admin',
  groups: ['system:authenticated'],
  credential: 'session:1',
};
const NOT_TOGETHER = { reason: 'Forbidden', message: /these do not go together/ };

/** Nobody holds two duties that exclude each other (SecNumCloud 9.3.f), whoever says which groups they are in. */
describe('duties are kept apart where an identity provider says who is in which group', () => {
  let region: FederationFixture;
  let upstream: OidcUpstream;
  const closers: (() => Promise<void>)[] = [];
  before(async () => {
    region = await federationFixture();
    closers.push(() => region.close());
    const names = ['ministry', 'agency'];
    const redirectUris = names.map((name) => `${region.url}${ACME}/federation/${name}/callback`);
    upstream = await oidcUpstream({ tls: region.tls, redirectUris });
    closers.push(() => upstream.close());
    await region.make(ACME, Project, { metadata: { name: 'people' } });
    const data = { clientSecret: Buffer.from(upstream.clientSecret).toString('base64') };
    await region.make(ACME, Secret, { metadata: { name: 'client' }, data }, 'people');
    for (const name of names) {
      await region.provider(name, {
        type: 'oidc',
        displayName: name,
        oidc: {
          issuer: upstream.issuer,
          clientId: upstream.clientId,
          clientSecretRef: { project: 'people', name: 'client', key: 'clientSecret' },
          scopes: ['openid', 'profile', 'email', 'groups'],
          ca: region.ca,
        },
        mapping: { groups: 'groups', groupPrefix: `${name}.` },
        autoCreateUsers: name === 'ministry',
      });
    }
    await bound('admin', 'organization-admin', 'User', 'admin');
    await bound('chiefs', 'organization-admin', 'Group', 'ministry.chiefs');
    await bound('auditors', 'organization-auditor', 'Group', 'ministry.auditors');
    await bound('custodians', 'key-custodian', 'Group', 'agency.custodians');
    await bound('here', 'security-officer', 'Group', 'officers');
  });
  after(async () => {
    for (const close of closers.toReversed()) await close();
  });

  /** Made by Casemate itself, which nobody holds anything against. */
  async function bound(name: string, role: string, kind: string, subject: string): Promise<void> {
    const spec = { role, subjects: [{ kind, name: subject }] };
    await region.make(ACME, RoleBinding, { metadata: { name }, spec });
  }
  const context = () => ({ ...region.context(ACME), actor: ADMIN, via: 'api' });
  const asAdmin = (kind: Kind, name: string, spec: object) =>
    region.realms.use(ACME, ({ resources }) =>
      resources.create(kind, undefined, { metadata: { name }, spec }, context()),
    );
  const changes = (kind: Kind, name: string, spec: object) =>
    region.realms.use(ACME, ({ resources }) =>
      resources.modify(kind, { name }, context(), (current) => ({
        ...current,
        spec: { ...(current.spec as object), ...spec },
      })),
    );

  async function signIn(sub: string, groups: readonly string[], provider = 'ministry'): Promise<Arrival> {
    upstream.account = { sub, name: sub, email: `${sub}@ministry.example`, groups };
    const browser = region.browser();
    const leaving = await region.leave(browser, provider);
    const there = region.browser();
    const back = await there.follow(await there.get(leaving.answer.location ?? ''));
    return region.arrive(browser, leaving, await browser.get(back.location ?? ''));
  }
  const federated = async (name: string) => (await region.found(name))?.status?.federatedGroups;
  const mayGive = async (token = '') =>
    (await region.api(ACME, '/apis/access.casemate.internal/v1/rolebindings', token)).code === 200;
  const records = async () => {
    const uid = await region.realms.use(ACME, (realm) => realm.uid);
    return (await region.storage.readLeaves(uid, 'access', 0, 10_000)).map(readWhole);
  };

  it('who is said to be in two groups of duties that exclude each other does not get in, is told which, and it is on record', async () => {
    const { page, token } = await signIn('both', ['chiefs', 'auditors']);
    assert.equal(token, undefined);
    assert.equal(page.code, 403);
    assert.match(
      page.text,
      /organization-admin \(by group ministry\.chiefs\) and organization-auditor \(by group ministry\.auditors\)/,
    );
    // Nor is anybody made who could not get in.
    assert.equal(await region.found('both.ministry.example'), undefined);
    const denied = (await records()).filter((leaf) => leaf.type === 'access' && leaf.decision === 'denied');
    assert.equal(denied.length, 1);
    assert.match(
      JSON.stringify(denied[0]),
      /subject both: would hold organization-admin \(RoleBinding \\"chiefs\\", group \\"ministry.chiefs\\"\) beside organization-auditor \(RoleBinding \\"auditors\\"/,
    );
    // With one of the two they do get in.
    assert.ok((await signIn('both', ['auditors'])).token);
  });

  it('what was open before goes on, with none of the provider’s groups, until it says what goes together', async () => {
    const first = await signIn('shift', ['chiefs']);
    assert.equal(await mayGive(first.token), true);
    const { token, page } = await signIn('shift', ['chiefs', 'auditors']);
    assert.equal(token, undefined, page.text);
    assert.deepEqual(await federated('shift.ministry.example'), []);
    assert.equal(await mayGive(first.token), false);
    const last = (await records()).at(-1);
    assert.ok(last?.type === 'access' && last.actor === 'shift.ministry.example' && last.code === 403);
    // Another duty instead of the first is no two.
    const { token: later } = await signIn('shift', ['auditors']);
    assert.ok(later);
    assert.deepEqual(await federated('shift.ministry.example'), ['ministry.auditors']);
  });

  it('a duty here, by name, by group or by certificate, and one from the provider are two all the same', async () => {
    for (const name of ['named', 'listed', 'certified']) await signIn(name, []);
    await asAdmin(RoleBinding, 'named', {
      role: 'organization-auditor',
      subjects: [{ kind: 'User', name: 'named.ministry.example' }],
    });
    await region.make(ACME, Group, {
      metadata: { name: 'readers' },
      spec: { members: ['listed.ministry.example'] },
    });
    await bound('readers', 'organization-auditor', 'Group', 'readers');
    await asAdmin(ClientCertificate, 'certified', {
      user: 'certified.ministry.example',
      groups: ['readers'],
      request: await sharedRequest(),
    });
    for (const name of ['named', 'listed', 'certified']) {
      const { token, page } = await signIn(name, ['chiefs']);
      assert.equal(token, undefined, name);
      assert.match(page.text, /organization-auditor \(by (your name|group readers)\)/, name);
      assert.ok((await signIn(name, [])).token, name);
    }
  });

  it('a grant, a membership and a certificate are refused to whoever is signed in with a provider’s group that excludes them', async () => {
    assert.ok((await signIn('open', ['chiefs'])).token);
    const name = 'open.ministry.example';
    const subjects = [{ kind: 'User', name }];
    await assert.rejects(
      asAdmin(RoleBinding, 'open', { role: 'organization-auditor', subjects }),
      NOT_TOGETHER,
    );
    // Nor does the provider's other group come to hold what its people hold the opposite of.
    const group = [{ kind: 'Group', name: 'ministry.chiefs' }];
    await assert.rejects(
      asAdmin(RoleBinding, 'open', { role: 'key-custodian', subjects: group }),
      NOT_TOGETHER,
    );
    await region.make(ACME, Group, { metadata: { name: 'officers' }, spec: { members: [] } });
    await assert.rejects(changes(Group, 'officers', { members: [name] }), NOT_TOGETHER);
    const certificate = { user: name, groups: ['officers'], request: await sharedRequest() };
    await assert.rejects(asAdmin(ClientCertificate, 'open', certificate), NOT_TOGETHER);
  });

  it('a second provider is no way round it: its groups take the place of the first’s, and neither’s come back unseen', async () => {
    assert.ok((await signIn('moving', ['auditors'])).token);
    const name = 'moving.ministry.example';
    await changes(User, name, { identityProvider: 'agency', subject: 'moving' });
    // What the first said counts for nothing under the second, and neither does a sign-in with the first.
    assert.deepEqual(await groupsNow(name), []);
    assert.equal((await signIn('moving', ['chiefs'])).token, undefined);
    assert.ok((await signIn('moving', ['custodians'], 'agency')).token);
    assert.deepEqual(await groupsNow(name), ['agency.custodians']);
    // Unlinked, they may get another duty; then what the provider said last must not come back with the link.
    await changes(User, name, { identityProvider: undefined, subject: undefined });
    const subjects = [{ kind: 'User', name }];
    await asAdmin(RoleBinding, 'moved', { role: 'organization-auditor', subjects });
    await assert.rejects(
      changes(User, name, { identityProvider: 'agency', subject: 'moving' }),
      NOT_TOGETHER,
    );
  });

  it('a provider that is disabled gives nobody anything, and what it said is held against grants all the same', async () => {
    assert.ok((await signIn('paused', ['chiefs'])).token);
    const name = 'paused.ministry.example';
    const spec = await region.realms.use(
      ACME,
      ({ view }) => (view.get(IdentityProvider, { name: 'ministry' }) as IdentityProviderObject).spec,
    );
    await changes(IdentityProvider, 'ministry', { disabled: true });
    assert.deepEqual(await groupsNow(name), []);
    const subjects = [{ kind: 'User', name }];
    await assert.rejects(
      asAdmin(RoleBinding, 'paused', { role: 'organization-auditor', subjects }),
      NOT_TOGETHER,
    );
    await changes(IdentityProvider, 'ministry', { ...spec, disabled: false });
    assert.deepEqual(await groupsNow(name), ['ministry.chiefs']);
  });

  it('who came to hold two all the same renews nothing, and is told why when they sign in', async () => {
    const { renewal = '' } = await signIn('renewing', ['chiefs']);
    const config = await discover(region, ACME, 'casemate-console');
    const renewed = await refreshTokenGrant(config, renewal);
    await bound('renewing', 'organization-auditor', 'User', 'renewing.ministry.example');
    await assert.rejects(refreshTokenGrant(config, renewed.refresh_token ?? ''), { error: 'invalid_grant' });
    const last = (await records()).at(-1);
    assert.ok(last?.type === 'access');
    assert.equal(
      `${last.actor} ${last.decision} ${last.resource}`,
      `renewing.ministry.example denied ${Session.resource}`,
    );
    assert.match(
      `${last.reason}`,
      /holds organization-admin .* beside organization-auditor .*, and these do not go together/,
    );
    assert.match((await signIn('renewing', ['chiefs'])).page.text, /organization-auditor \(by your name\)/);
  });

  it('of a sign-in and a grant at the same moment that exclude each other the first in the lane succeeds', async () => {
    for (const first of ['sign-in', 'grant']) {
      const sub = `racing-${first}`;
      await signIn(sub, []);
      const who: Told = {
        subject: sub,
        name: undefined,
        displayName: sub,
        email: undefined,
        groups: ['ministry.chiefs'],
      };
      const arrives = () =>
        region.realms.use(ACME, (realm) => {
          const provider = realm.view.get(IdentityProvider, { name: 'ministry' }) as IdentityProviderObject;
          return admitPerson(realm, { provider, who, requestId: 'r', now_ms: 0 });
        });
      const subjects = [{ kind: 'User', name: `${sub}.ministry.example` }];
      const grants = () => asAdmin(RoleBinding, sub, { role: 'organization-auditor', subjects });
      const started = first === 'grant' ? [grants(), arrives()].toReversed() : [arrives(), grants()];
      const [arrival, grant] = await Promise.allSettled(
        started as [ReturnType<typeof arrives>, Promise<unknown>],
      );
      assert.ok(arrival.status === 'fulfilled');
      const outcome = [arrival.value.type, grant.status];
      assert.deepEqual(outcome, first === 'grant' ? ['refused', 'fulfilled'] : ['admitted', 'rejected']);
    }
  });

  async function groupsNow(name: string): Promise<readonly string[] | undefined> {
    const uid = await region.uidOf(ACME, name);
    return region.realms.use(ACME, ({ view }) => people.find(view, uid)?.groups);
  }
});

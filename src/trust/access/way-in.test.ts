import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Actor } from '#kernel/access.ts';
import type { Kind } from '#kernel/kind.ts';
import { ClientCertificate } from '../identity/client-certificate.ts';
import { IdentityProvider } from '../identity/federation/identity-provider.ts';
import { Credential } from '../identity/people/credential.ts';
import { Group } from '../identity/people/group.ts';
import { User } from '../identity/people/user.ts';
import { ACME, type TrustFixture, trustFixture } from '../testing/fixture.ts';
import { Guardrail } from './guardrail.ts';
import { RoleBinding } from './role-binding.ts';

const LAST = { reason: 'Forbidden', message: /it is the last way in for role organization-admin/ };

describe('people who can sign in are ways in, as certificates are', () => {
  let region: TrustFixture;
  let admin: Actor;
  beforeEach(async () => {
    region = await trustFixture();
    admin = await region.administrator(ACME);
  });
  afterEach(() => region.close());

  const user = (name: string, spec: object = {}) =>
    region.make(ACME, User, { metadata: { name }, spec: { displayName: name, ...spec } });
  async function signsInWith(name: string, ...types: readonly string[]) {
    const uid = await region.realms.use(ACME, ({ view }) => view.entry(User, { name })?.uid ?? '');
    const ownerReferences = [{ apiVersion: User.apiVersion, kind: User.kind, name, uid }];
    for (const type of types) {
      const spec = { user: name, type, sealed: 'AAAA' };
      await region.make(ACME, Credential, { metadata: { name: `${name}.${type}`, ownerReferences }, spec });
    }
  }
  const change = (kind: Kind, name: string, spec: object) =>
    region.realms.use(ACME, ({ resources }) =>
      resources.modify(kind, { name }, { ...region.context(ACME), actor: admin, via: 'api' }, (current) => ({
        ...current,
        spec: { ...(current.spec as object), ...spec },
      })),
    );
  const certificateGoes = () => region.removeAs(admin, ClientCertificate, 'admin');
  /** An administrator who signs in with a passkey is the only one left. */
  async function onlyAlice(): Promise<void> {
    await user('alice');
    await signsInWith('alice', 'passkey');
    await region.bind(ACME, 'hers', 'organization-admin', 'alice');
    await certificateGoes();
  }

  it('an administrator with a passkey, or password and app, by name or by group, lets the last certificate go', async () => {
    await assert.rejects(certificateGoes(), LAST);
    await user('bob');
    await region.bind(ACME, 'his', 'organization-admin', 'bob');
    await assert.rejects(certificateGoes(), LAST);
    await signsInWith('bob', 'password', 'recovery-codes');
    await assert.rejects(certificateGoes(), LAST);
    await signsInWith('bob', 'totp');
    await region.removeAs(admin, RoleBinding, 'his');
    await assert.rejects(certificateGoes(), LAST);
    const spec = { role: 'organization-admin', subjects: [{ kind: 'Group', name: 'chiefs' }] };
    await region.make(ACME, RoleBinding, { metadata: { name: 'chiefs' }, spec });
    await region.make(ACME, Group, { metadata: { name: 'chiefs' }, spec: { members: ['bob'] } });
    await certificateGoes();
    await assert.rejects(change(Group, 'chiefs', { members: [] }), LAST);
    await assert.rejects(region.removeAs(admin, Group, 'chiefs'), LAST);
    await assert.rejects(region.removeAs(admin, Credential, 'bob.totp'), LAST);
    await region.removeAs(admin, Credential, 'bob.recovery-codes');
  });

  it('whoever is disabled, or comes by an identity provider of others, is none', async () => {
    await user('alice', { disabled: true });
    await signsInWith('alice', 'passkey');
    await region.bind(ACME, 'hers', 'organization-admin', 'alice');
    await user('carol', { identityProvider: 'ministry', subject: '1' });
    await region.bind(ACME, 'carols', 'organization-admin', 'carol');
    await assert.rejects(certificateGoes(), LAST);
    await change(User, 'alice', { disabled: false });
    await certificateGoes();
  });

  it('people of an identity provider do not count even with its groups; the refusal names them and says what to do', async () => {
    await region.make(ACME, IdentityProvider, {
      metadata: { name: 'ministry' },
      spec: {
        type: 'oidc',
        displayName: 'Ministry',
        oidc: { issuer: 'https://login.ministry.example', clientId: 'casemate' },
        mapping: { groups: 'groups', groupPrefix: 'ministry.' },
      },
    });
    const subjects = [{ kind: 'Group', name: 'ministry.chiefs' }];
    const chiefs = { role: 'organization-admin', subjects };
    await region.make(ACME, RoleBinding, { metadata: { name: 'chiefs' }, spec: chiefs });
    await assert.rejects(certificateGoes(), {
      message:
        /or who can sign in here; casemate user invite NAME --role organization-admin lets somebody in who signs in here$/,
    });
    for (const name of ['carol', 'dave', 'erin', 'frank']) {
      await user(name, { identityProvider: 'ministry', subject: name });
      await region.realms.use(ACME, ({ resources }) =>
        resources.modify(
          User,
          { name },
          region.context(ACME),
          (current) => ({ ...current, status: { federatedGroups: ['ministry.chiefs'] } }),
          { subresource: 'status' },
        ),
      );
    }
    const explained = new RegExp(
      'Who comes by an identity provider is not counted, because that provider could keep them out: ' +
        '"carol" \\(by "ministry"\\), "dave" \\(by "ministry"\\), "erin" \\(by "ministry"\\) and others\\. ' +
        'Give one of them a ClientCertificate, or somebody else a way in of their own: casemate user invite NAME --role organization-admin$',
    );
    await assert.rejects(certificateGoes(), { reason: 'Forbidden', message: explained });
    const spec = { message: 'no', resources: ['*'], except: [{ kind: 'User', name: 'carol' }] };
    await assert.rejects(region.makeAs(admin, Guardrail, { metadata: { name: 'all' }, spec }), {
      reason: 'Forbidden',
      message: explained,
    });
    // A certificate is the realm's own: it counts, and its provider's SCIM client can then not take its holder away either.
    await region.bind(ACME, 'carols', 'organization-admin', 'carol');
    await region.credential(ACME, 'carol');
    await certificateGoes();
    await assert.rejects(region.removeAs({ ...admin, name: 'dave' }, User, 'carol'), LAST);
    await assert.rejects(change(User, 'carol', { disabled: true }), LAST);
  });

  it('the last of them can be removed, disabled, linked elsewhere, or stripped of role or passkey by nobody', async () => {
    await onlyAlice();
    await assert.rejects(region.removeAs(admin, User, 'alice'), LAST);
    await assert.rejects(change(User, 'alice', { disabled: true }), LAST);
    await assert.rejects(change(User, 'alice', { identityProvider: 'ministry', subject: '1' }), LAST);
    await assert.rejects(region.removeAs(admin, Credential, 'alice.passkey'), LAST);
    await assert.rejects(region.removeAs(admin, RoleBinding, 'hers'), LAST);
    await assert.rejects(change(RoleBinding, 'hers', { subjects: [{ kind: 'User', name: 'nobody' }] }), LAST);
    await region.credential(ACME, 'admin', [], 'again');
    await region.removeAs(admin, User, 'alice');
  });

  it('nor does making, disabling or removing a User of their name take the last certificate’s effect', async () => {
    const draft = { metadata: { name: 'admin' }, spec: { displayName: 'Admin' } };
    await assert.rejects(
      region.makeAs(admin, User, { ...draft, spec: { ...draft.spec, disabled: true } }),
      LAST,
    );
    await region.makeAs(admin, User, draft);
    await assert.rejects(change(User, 'admin', { disabled: true }), LAST);
    await assert.rejects(region.removeAs(admin, User, 'admin'), LAST);
  });

  it('of two administrators who remove each other at the same time one stays', async () => {
    for (const name of ['alice', 'bob']) {
      await user(name);
      await signsInWith(name, 'passkey');
      await region.bind(ACME, name, 'organization-admin', name);
    }
    await certificateGoes();
    const as = (name: string): Actor => ({ ...admin, name, credential: `session:${name}` });
    const outcomes = await Promise.allSettled([
      region.removeAs(as('alice'), User, 'bob'),
      region.removeAs(as('bob'), User, 'alice'),
    ]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });
});

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Actor } from '#kernel/access.ts';
import { isStatusError } from '#kernel/errors.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { ClientCertificate } from '../identity/client-certificate.ts';
import { ACME, sharedRequest, type TrustFixture, trustFixture } from '../testing/fixture.ts';
import { Project } from '../testing/kinds.ts';
import { projectBindingController } from './project-bindings.ts';
import { RoleBinding } from './role-binding.ts';

const user = (name: string) => ({ kind: 'User', name });
const group = (name: string) => ({ kind: 'Group', name });

// Past the authorizer on purpose: whatever verbs somebody has, the lane must not let rights grow.
describe('granting', () => {
  let region: TrustFixture;
  let admin: Actor;
  let editor: Actor;
  let operator: Actor;
  before(async () => {
    region = await trustFixture();
    await region.make(ACME, Project, { metadata: { name: 'alpha' } });
    await region.bind(ACME, 'editor', 'project-editor', 'editor', 'alpha');
    await region.bind(REGION, 'operator', 'region-operator', 'operator');
    admin = await region.administrator(ACME);
    editor = await region.person(ACME, 'editor');
    operator = await region.person(REGION, 'operator');
  });
  after(() => region.close());

  const bind = (actor: Actor, name: string, spec: Record<string, unknown>) =>
    region.makeAs(actor, RoleBinding, { metadata: { name }, spec: { subjects: [user('mallory')], ...spec } });
  const credential = async (actor: Actor, name: string, spec: Record<string, unknown>) =>
    region.makeAs(actor, ClientCertificate, {
      metadata: { name },
      spec: { request: await sharedRequest(), ...spec },
    });

  async function refused(
    work: Promise<unknown>,
    reason: 'Forbidden' | 'Invalid',
    message: RegExp,
    field?: string,
  ) {
    await assert.rejects(work, (error) => {
      assert.ok(isStatusError(error, reason), String(error));
      assert.match(error.message, message);
      if (field)
        assert.deepEqual(
          error.details?.causes?.map((cause) => cause.field),
          [field],
        );
      return true;
    });
  }

  it('an administrator gives every role of the organization', async () => {
    for (const role of [
      'organization-admin',
      'organization-auditor',
      'security-officer',
      'key-custodian',
      'project-editor',
      'project-viewer',
    ]) {
      await bind(admin, `by-admin-${role}`, { role, subjects: [user(`some-${role}`)] });
    }
    await bind(admin, 'by-admin-narrow', { role: 'project-viewer', project: 'alpha' });
  });

  it('nobody gives a role they do not hold, or a wider one', async () => {
    const refusals = [
      [{ role: 'organization-admin' }, /would give role organization-admin, which "editor" does not hold/],
      [{ role: 'organization-auditor' }, /ask somebody with role organization-admin/],
      [{ role: 'project-editor' }, /would give role project-editor, which/],
      [{ role: 'project-viewer' }, /would give role project-viewer, which/],
    ] as const;
    for (const [spec, message] of refusals) await refused(bind(editor, 'up', spec), 'Forbidden', message);
    await bind(editor, 'same', { role: 'project-editor', project: 'alpha' });
    await bind(editor, 'less', { role: 'project-viewer', project: 'alpha' });
  });

  it('nobody adds themselves to a binding of a role they do not hold', async () => {
    const change = region.realms.use(ACME, ({ resources }) =>
      resources.modify(
        RoleBinding,
        { name: 'admin' },
        { ...region.context(ACME), actor: editor },
        (current) => ({
          ...current,
          spec: {
            ...current.spec,
            subjects: [...current.spec.subjects, { kind: 'User' as const, name: 'editor' }],
          },
        }),
      ),
    );
    await refused(change, 'Forbidden', /would give role organization-admin, which "editor" does not hold/);
  });

  it('nobody makes a credential for somebody, or a group, that may do more', async () => {
    await bind(admin, 'team', { role: 'organization-auditor', subjects: [group('audit-team')] });
    await refused(
      credential(editor, 'as-admin', { user: 'admin' }),
      'Forbidden',
      /would give role organization-admin, which "editor" does not hold/,
    );
    await refused(
      credential(editor, 'in-team', { user: 'fresh', groups: ['audit-team'] }),
      'Forbidden',
      /would give role organization-auditor/,
    );
    await credential(editor, 'harmless', { user: 'fresh', groups: ['nothing'] });
    await credential(admin, 'second-admin', { user: 'admin' });
  });

  it('no credential and no binding carries a name of Casemate’s own', async () => {
    for (const name of ['system:masters', 'system:internal', 'system:controller:client-certificates']) {
      await refused(
        credential(admin, 'own', { user: name }),
        'Invalid',
        /belong to Casemate itself/,
        'spec.user',
      );
      await refused(
        credential(admin, 'own', { user: 'x', groups: ['a', name] }),
        'Invalid',
        /belong to Casemate itself/,
        'spec.groups[1]',
      );
      for (const subject of [user(name), group(name)]) {
        await refused(
          bind(admin, 'own', { role: 'project-viewer', subjects: [user('ok'), subject] }),
          'Invalid',
          /belong to Casemate itself/,
          'spec.subjects[1].name',
        );
      }
    }
  });

  it('names are lower case and plain, so that no two look alike', async () => {
    for (const name of ['Alice', 'alice ', '-alice', 'alice.', 'аlice', 'a/b', 'a,b', 'a\nb', 'CN=a']) {
      await refused(credential(admin, 'odd', { user: name }), 'Invalid', /lower-case letters/, 'spec.user');
    }
    await refused(
      credential(admin, 'odd', { user: 'a', groups: ['x', 'x'] }),
      'Invalid',
      /already/,
      'spec.groups[1]',
    );
    await credential(admin, 'mail', { user: 'a.b-c_d@ministry.example' });
  });

  it('roles of the region exist in the region only, and the other way round', async () => {
    await refused(
      bind(admin, 'op', { role: 'region-operator' }),
      'Invalid',
      /no role of an organization; use one of organization-admin, organization-auditor, project-editor, project-viewer/,
      'spec.role',
    );
    await refused(
      bind(operator, 'oa', { role: 'organization-admin' }),
      'Invalid',
      /no role of the region/,
      'spec.role',
    );
  });

  it('a role over the whole realm cannot be narrowed to a project', async () => {
    await refused(
      bind(admin, 'narrow', { role: 'organization-admin', project: 'alpha' }),
      'Invalid',
      /covers the whole realm/,
      'spec.project',
    );
  });

  it('a binding’s role and project, and all of a credential, can never change', async () => {
    const update = (kind: typeof RoleBinding | typeof ClientCertificate, name: string, spec: object) =>
      region.realms.use(ACME, ({ resources, view }) => {
        const current = view.get(kind, { name });
        assert.ok(current);
        return resources.update(
          kind,
          { name },
          { metadata: { name }, spec: { ...(current.spec as object), ...spec } },
          { ...region.context(ACME), actor: admin },
        );
      });
    await refused(update(RoleBinding, 'editor', { role: 'organization-auditor' }), 'Invalid', /spec\.role/);
    await refused(update(ClientCertificate, 'editor', { user: 'admin' }), 'Invalid', /spec/);
    await refused(update(ClientCertificate, 'editor', { groups: ['audit-team'] }), 'Invalid', /spec/);
  });
});

describe('a realm always keeps a way in', () => {
  let region: TrustFixture;
  let admin: Actor;
  beforeEach(async () => {
    await region?.close();
    region = await trustFixture();
    admin = await region.administrator(ACME);
  });
  after(() => region.close());

  const refused = (work: Promise<unknown>) =>
    assert.rejects(work, (error) => {
      assert.ok(isStatusError(error, 'Forbidden'), String(error));
      assert.match(error.message, /last way in for role organization-admin/);
      return true;
    });

  it('the last administrator’s binding and credential stay', async () => {
    await refused(region.removeAs(admin, RoleBinding, 'admin'));
    await refused(region.removeAs(admin, ClientCertificate, 'admin'));
  });

  it('the last administrator cannot be struck from the binding either', async () => {
    await refused(
      region.realms.use(ACME, ({ resources }) =>
        resources.modify(
          RoleBinding,
          { name: 'admin' },
          { ...region.context(ACME), actor: admin },
          (current) => ({
            ...current,
            spec: {
              ...current.spec,
              subjects: [{ kind: 'User' as const, name: 'somebody-without-credential' }],
            },
          }),
        ),
      ),
    );
  });

  it('a second credential that was never signed is no way in; once signed, the first may go', async () => {
    const spec = { user: 'admin', request: await sharedRequest() };
    await region.makeAs(admin, ClientCertificate, { metadata: { name: 'new' }, spec });
    await refused(region.removeAs(admin, ClientCertificate, 'admin'));
    await region.sign(ACME, 'new');
    await region.removeAs(admin, ClientCertificate, 'admin');
    await refused(region.removeAs(admin, ClientCertificate, 'new'));
  });

  it('a second administrator through a group counts', async () => {
    await region.makeAs(admin, RoleBinding, {
      metadata: { name: 'admins' },
      spec: { role: 'organization-admin', subjects: [{ kind: 'Group', name: 'admins' }] },
    });
    await refused(region.removeAs(admin, RoleBinding, 'admin'));
    await region.credential(ACME, 'other', ['admins']);
    await region.removeAs(admin, RoleBinding, 'admin');
    await refused(region.removeAs(admin, RoleBinding, 'admins'));
  });

  it('of two administrators who revoke each other at the same time one stays', async () => {
    await region.bind(ACME, 'other', 'organization-admin', 'other');
    const other = await region.person(ACME, 'other');
    const outcomes = await Promise.allSettled([
      region.removeAs(admin, ClientCertificate, 'other'),
      region.removeAs(other, ClientCertificate, 'admin'),
    ]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });

  it('other people’s bindings and credentials go freely, and Casemate itself can take the realm apart', async () => {
    await region.bind(ACME, 'viewer', 'project-viewer', 'viewer');
    await region.credential(ACME, 'viewer');
    await region.removeAs(admin, ClientCertificate, 'viewer');
    await region.removeAs(admin, RoleBinding, 'viewer');
    await region.remove(ACME, ClientCertificate, 'admin');
    await region.remove(ACME, RoleBinding, 'admin');
  });
});

describe('bindings and projects', () => {
  let region: TrustFixture;
  before(async () => {
    region = await trustFixture();
  });
  after(() => region.close());

  const reconcile = (realm: RealmId, name: string) =>
    region.realms.use(realm, async (open) => {
      await projectBindingController(Project).reconcile({ name }, { ...fixtureContext(), realm: open });
    });
  const fixtureContext = () => ({
    realms: region.realms,
    change: region.context(ACME),
    events: { record: () => {} },
    clock: region.clock,
    random: region.random,
    signal: new AbortController().signal,
  });

  it('a binding names a project that exists', async () => {
    await assert.rejects(region.bind(ACME, 'early', 'project-viewer', 'eve', 'gamma'), {
      reason: 'Invalid',
      message: /spec\.project: there is no project "gamma"; make it first/,
    });
  });

  it('whoever belonged to a deleted project gets nothing in a new one of that name', async () => {
    await region.make(ACME, Project, { metadata: { name: 'gamma' } });
    await region.bind(ACME, 'eve', 'project-editor', 'eve', 'gamma');
    const eve = await region.person(ACME, 'eve');
    const mayList = () =>
      region.may(eve, 'list', 'instances.compute.casemate.internal', { namespace: 'gamma' });
    assert.equal(await mayList(), true);
    await reconcile(ACME, 'eve');
    assert.equal(await mayList(), true);
    await region.remove(ACME, Project, 'gamma');
    await assert.rejects(region.make(ACME, Project, { metadata: { name: 'gamma' } }), {
      reason: 'Conflict',
      message: /role bindings of an earlier project of that name are still there \(eve\)/,
    });
    await reconcile(ACME, 'eve');
    await region.make(ACME, Project, { metadata: { name: 'gamma' } });
    assert.equal(await mayList(), false);
  });
});

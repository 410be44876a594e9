import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Actor } from '#kernel/access.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { DraftObject, KubeObject } from '#kernel/object.ts';
import { ClientCertificate } from '../identity/client-certificate.ts';
import { Group } from '../identity/people/group.ts';
import { User } from '../identity/people/user.ts';
import { ACME, sharedRequest, type TrustFixture, trustFixture } from '../testing/fixture.ts';
import { Project, SAMPLE_KINDS } from '../testing/kinds.ts';
import { Guardrail, type GuardrailSpec } from './guardrail.ts';
import { OperationTable } from './operations-table.ts';
import { RealmPolicies } from './policies.ts';
import { Role } from './role.ts';
import { RoleBinding } from './role-binding.ts';

const INSTANCES = 'instances.compute.casemate.internal';
const Instance = SAMPLE_KINDS.find(({ resource }) => resource === INSTANCES) ?? Project;
const user = (name: string) => ({ kind: 'User' as const, name });

describe('guardrails', () => {
  let region: TrustFixture;
  let admin: Actor;
  let second: Actor;
  let editor: Actor;
  before(async () => {
    region = await trustFixture();
    for (const name of ['alpha', 'beta']) await region.make(ACME, Project, { metadata: { name } });
    await region.bind(ACME, 'second', 'organization-admin', 'second');
    await region.bind(ACME, 'editor', 'project-editor', 'editor');
    admin = await region.administrator(ACME);
    second = await region.person(ACME, 'second');
    editor = await region.person(ACME, 'editor', ['developers']);
  });
  after(() => region.close());
  const guardrails: string[] = [];
  afterEach(async () => {
    for (const name of guardrails.splice(0)) await region.remove(ACME, Guardrail, name);
  });

  /** Made as the administrator would. */
  async function guard(name: string, spec: Record<string, unknown>, actor = admin) {
    const made = await region.makeAs(actor, Guardrail, {
      metadata: { name },
      spec: { message: 'ask the security officer', resources: [INSTANCES], ...spec },
    });
    guardrails.push(name);
    return made;
  }
  const why = async (
    actor: Actor,
    verb: 'get' | 'list' | 'create' | 'delete' | 'update' | 'deletecollection',
    where: object = {},
  ) => {
    const { allowed, reason } = await region.authorizer.decide({
      realm: ACME,
      actor,
      verb,
      group: 'compute.casemate.internal',
      version: 'v1',
      resource: 'instances',
      namespace: 'alpha',
      ...where,
    });
    return allowed ? 'allowed' : reason;
  };
  const refused = (work: Promise<unknown>, message: RegExp, reason: 'Forbidden' | 'Invalid' = 'Forbidden') =>
    assert.rejects(work, (error) => {
      assert.ok(isStatusError(error, reason), String(error));
      assert.match(error.message, message);
      return true;
    });
  const instance = (actor: Actor, name: string, labels: Record<string, string> = {}, project = 'alpha') =>
    region.makeAs(actor, Instance, { metadata: { name, labels }, spec: {} }, project);
  const change = (actor: Actor, name: string, how: (object: KubeObject) => DraftObject) =>
    region.realms.use(ACME, ({ resources }) =>
      resources.modify(
        Instance,
        { namespace: 'alpha', name },
        { ...region.context(ACME), actor, via: 'api' },
        how,
      ),
    );
  const remove = (actor: Actor, name: string) =>
    region.realms.use(ACME, ({ resources }) =>
      resources.delete(
        Instance,
        { namespace: 'alpha', name },
        { ...region.context(ACME), actor, via: 'api' },
      ),
    );
  const relabel =
    (labels: Record<string, string>) =>
    (object: KubeObject): DraftObject => ({
      ...object,
      metadata: { ...object.metadata, labels },
    });

  it('forbid what roles allow, from the next decision on, and say so', async () => {
    assert.equal(await why(editor, 'delete', { name: 'a' }), 'allowed');
    await guard('keep', { verbs: ['delete'] });
    assert.equal(
      await why(editor, 'delete', { name: 'a' }),
      'Guardrail "keep" forbids it: ask the security officer',
    );
    assert.match(await why(editor, 'deletecollection'), /^Guardrail "keep"/);
    assert.match(await why(admin, 'delete', { name: 'a' }), /^Guardrail "keep"/);
    assert.equal(await why(editor, 'get', { name: 'a' }), 'allowed');
    await region.remove(ACME, Guardrail, guardrails.pop() ?? '');
    assert.equal(await why(editor, 'delete', { name: 'a' }), 'allowed');
  });

  it('bind those they name, and not those they except', async () => {
    await guard('some', { subjects: [{ kind: 'Group', name: 'developers' }], except: [user('admin')] });
    assert.match(await why(editor, 'get', { name: 'a' }), /^Guardrail/);
    assert.equal(await why(second, 'get', { name: 'a' }), 'allowed');
    await guard('others', { except: [user('admin')] });
    assert.match(await why(second, 'get', { name: 'a' }), /^Guardrail "others"/);
    assert.equal(await why(admin, 'get', { name: 'a' }), 'allowed');
  });

  it('of a subresource leave the object alone, and of an object take its subresources along', async () => {
    await guard('no-terminals', { resources: [`${INSTANCES}/exec`] });
    assert.match(await why(editor, 'create', { name: 'a', subresource: 'exec' }), /^Guardrail/);
    assert.equal(await why(editor, 'get', { name: 'a', subresource: 'log' }), 'allowed');
    assert.equal(await why(editor, 'create'), 'allowed');
    await guard('nothing', {});
    assert.match(await why(editor, 'get', { name: 'a', subresource: 'log' }), /^Guardrail "nothing"/);
  });

  it('of a project hold in it, and for what is asked of all projects at once', async () => {
    await guard('alpha-only', { verbs: ['read'], projects: ['alpha'] });
    assert.match(await why(editor, 'list'), /^Guardrail/);
    assert.equal(await why(editor, 'list', { namespace: 'beta' }), 'allowed');
    assert.match(await why(editor, 'list', { namespace: undefined }), /^Guardrail/);
  });

  it('of networks go by the address of the connection; one that nobody knows is in none', async () => {
    await guard('from-inside', { when: { addressNotIn: ['10.1.0.0/16', '2001:db8::/32'] } });
    const from = (address: string | undefined) =>
      why({ ...editor, ...(address ? { address } : {}) }, 'get', { name: 'a' });
    assert.equal(await from('10.1.2.3'), 'allowed');
    assert.equal(await from('2001:db8::7'), 'allowed');
    for (const address of ['10.2.0.1', '2001:db9::1', undefined])
      assert.match(await from(address), /^Guardrail/);
  });

  it('of the strength of sign-in refuse the weaker, and what nobody described', async () => {
    await guard('strong', { when: { strengthNotIn: ['passkey', 'certificate'] } });
    const by = (strength: 'passkey' | 'password+totp' | undefined) => {
      const { strength: _, ...rest } = editor;
      return why({ ...rest, ...(strength ? { strength } : {}) }, 'get', { name: 'a' });
    };
    assert.equal(await by('passkey'), 'allowed');
    assert.match(await by('password+totp'), /^Guardrail/);
    assert.match(await by(undefined), /^Guardrail/);
  });

  it('of hours follow their time zone, over midnight and the end of the week too', async () => {
    const operation = new OperationTable(region.registry).find('organization', 'get', INSTANCES);
    assert.ok(operation);
    const outcomes = (when: GuardrailSpec['when'], times: readonly string[]) => {
      const spec = { message: 'not now', resources: [INSTANCES], ...(when ? { when } : {}) };
      const policies = new RealmPolicies({
        roles: new Map(),
        bindings: [],
        guardrails: [{ name: 'hours', spec }],
      });
      const target = { project: 'alpha', name: 'a', labels: {} };
      return times.map((time) =>
        policies.decide(editor, operation, target, Date.parse(time)).by.length > 0 ? 'shut' : 'open',
      );
    };
    const windows = [
      {
        days: ['Mon' as const, 'Tue' as const, 'Wed' as const, 'Thu' as const, 'Fri' as const],
        from: '08:30',
        to: '18:00',
      },
    ];
    // Monday 2 March 2026; Luxembourg is an hour ahead of UTC until 29 March, then two.
    assert.deepEqual(
      outcomes({ timeNotIn: { timeZone: 'Europe/Luxembourg', windows } }, [
        '2026-03-02T07:29:00Z',
        '2026-03-02T07:30:00Z',
        '2026-03-02T16:59:59Z',
        '2026-03-02T17:00:00Z',
        '2026-03-30T06:30:00Z',
        '2026-03-07T12:00:00Z',
      ]),
      ['shut', 'open', 'open', 'shut', 'open', 'shut'],
    );
    const night = { timeZone: 'UTC', windows: [{ days: ['Sun' as const], from: '22:00', to: '06:00' }] };
    assert.deepEqual(
      outcomes({ timeIn: night }, [
        '2026-03-08T21:59:00Z',
        '2026-03-08T22:00:00Z',
        '2026-03-09T05:59:00Z',
        '2026-03-09T06:00:00Z',
      ]),
      ['open', 'shut', 'shut', 'open'],
    );
  });

  it('hold from when to when they say, to the minute', async () => {
    const now = Math.ceil(region.clock.now() / 60_000) * 60_000;
    const text = (minutes: number) => new Date(now + minutes * 60_000).toISOString();
    await guard('for-a-while', { notBefore: text(2), notAfter: text(4) });
    assert.equal(await why(editor, 'get', { name: 'a' }), 'allowed');
    await region.clock.advance(2 * 60_000);
    assert.match(await why(editor, 'get', { name: 'a' }), /^Guardrail/);
    await region.clock.advance(2 * 60_000);
    assert.equal(await why(editor, 'get', { name: 'a' }), 'allowed');
  });

  it('of labels hold for what carries them, and for whatever shows many at once', async () => {
    await instance(admin, 'prod', { env: 'prod' });
    await instance(admin, 'test', { env: 'test' });
    await guard('prod', { when: { labels: { env: 'prod' } }, verbs: ['read', 'delete'] });
    assert.match(await why(editor, 'get', { name: 'prod' }), /^Guardrail/);
    assert.equal(await why(editor, 'get', { name: 'test' }), 'allowed');
    assert.match(await why(editor, 'list'), /^Guardrail/);
    assert.match(await why(editor, 'deletecollection'), /^Guardrail/);
    await refused(remove(editor, 'prod'), /Guardrail "prod" forbids it/);
    await remove(editor, 'test');
  });

  it('are not escaped by taking the label off first, nor by changing what has it, nor by making what should not have it', async () => {
    await instance(admin, 'kept', { env: 'prod', team: 'a' });
    await guard('prod', { when: { labels: { env: 'prod' } }, verbs: ['create', 'delete'] });
    await refused(
      change(editor, 'kept', relabel({ team: 'a' })),
      /label env puts it under Guardrail "prod", and whom that binds does not take it off/,
    );
    await refused(change(editor, 'kept', relabel({ env: 'test' })), /does not take it off/);
    await change(editor, 'kept', relabel({ env: 'prod', team: 'b' }));
    await refused(instance(editor, 'new', { env: 'prod' }), /Guardrail "prod" forbids it/);
    await instance(editor, 'free', { env: 'test' });
    await region.realms.use(ACME, ({ resources }) =>
      resources.delete(Instance, { namespace: 'alpha', name: 'kept' }, region.context(ACME)),
    );
  });

  it('are not escaped by deleting the project, or what an object hangs from', async () => {
    await region.make(ACME, Project, { metadata: { name: 'gamma' } });
    const owner = await instance(admin, 'owner', {}, 'gamma');
    const reference = {
      apiVersion: Instance.apiVersion,
      kind: 'Instance',
      name: 'owner',
      uid: owner.metadata.uid,
    };
    await region.makeAs(
      admin,
      Instance,
      { metadata: { name: 'owned', labels: { env: 'prod' }, ownerReferences: [reference] }, spec: {} },
      'gamma',
    );
    await guard('prod', { when: { labels: { env: 'prod' } }, verbs: ['delete'] });
    await refused(
      region.removeAs(second, Project, 'gamma'),
      /instance "owned" would go with it, and Guardrail "prod" forbids it/,
    );
    const removeOwner = region.realms.use(ACME, ({ resources }) =>
      resources.delete(
        Instance,
        { namespace: 'gamma', name: 'owner' },
        { ...region.context(ACME), actor: second, via: 'api' },
      ),
    );
    await refused(removeOwner, /would go with it/);
  });

  it('that could keep every administrator from changing guardrails are refused, unless somebody is named who still may', async () => {
    const all = ['*'];
    const lockOut =
      /nobody with role organization-admin would be sure to be able to change or delete guardrails any more/;
    for (const [spec, what] of [
      [{ resources: all }, 'everything'],
      [{ resources: ['guardrails.access.casemate.internal'], verbs: ['update'] }, 'changing guardrails'],
      [{ resources: ['*.access.casemate.internal'], verbs: ['delete'] }, 'deleting in the group'],
      [{ resources: all, subjects: [user('admin'), user('second')] }, 'each by name'],
      [{ resources: all, when: { addressNotIn: ['10.0.0.0/8'] } }, 'from elsewhere'],
      [{ resources: all, breakGlass: [user('editor')] }, 'break-glass for somebody who is none'],
    ] as const) {
      await refused(guard('lock', spec), lockOut).catch((error) => assert.fail(`${what}: ${error}`));
    }
    await guard('one-left', { resources: all, subjects: [user('admin')] });
    await refused(guard('the-other', { resources: all, subjects: [user('second')] }), lockOut);
    await guard('with-glass', { resources: all, breakGlass: [user('second')] }, second);
    const ask = (actor: Actor, verb: 'delete' | 'get') =>
      region.may(actor, verb, 'guardrails.access.casemate.internal', { name: 'with-glass' });
    assert.deepEqual(
      [await ask(second, 'delete'), await ask(second, 'get'), await ask(admin, 'delete')],
      [true, false, false],
    );
    // The second is the only one left who could: nobody takes their role away.
    await refused(region.removeAs(admin, RoleBinding, 'second'), /it is the last way in/);
    await region.removeAs(second, Guardrail, 'with-glass');
    guardrails.splice(guardrails.indexOf('with-glass'), 1);
  });

  it('say which field is wrong, and what would be right', async () => {
    for (const [spec, message] of [
      [{ resources: ['unicorns'] }, /spec.resources\[0\]: "unicorns" is no resource here/],
      [{ resources: [`${INSTANCES}/fly`] }, /has no subresource "fly"/],
      [{ when: { addressIn: ['10.0.0.0/33'] } }, /spec.when.addressIn\[0\]: "10.0.0.0\/33" is no network/],
      [
        {
          when: {
            timeIn: { timeZone: 'Mars/Base', windows: [{ days: ['Mon'], from: '08:00', to: '09:00' }] },
          },
        },
        /"Mars\/Base" is no time zone/,
      ],
      [{ notAfter: 'tomorrow' }, /spec.notAfter: "tomorrow" is no time/],
      [
        { notBefore: '2026-02-01T00:00:00Z', notAfter: '2026-01-01T00:00:00Z' },
        /must be later than notBefore/,
      ],
      [{ subjects: [user('system:masters')] }, /spec.subjects\[0\].name/],
    ] as const) {
      await refused(guard('wrong', spec), message, 'Invalid');
    }
  });
});

describe('roles of one’s own', () => {
  let region: TrustFixture;
  let admin: Actor;
  let editor: Actor;
  before(async () => {
    region = await trustFixture();
    await region.make(ACME, Project, { metadata: { name: 'alpha' } });
    await region.bind(ACME, 'editor', 'project-editor', 'editor');
    admin = await region.administrator(ACME);
    editor = await region.person(ACME, 'editor');
  });
  after(() => region.close());
  const refused = (
    work: Promise<unknown>,
    message: RegExp,
    reason: 'Forbidden' | 'Invalid' | 'Conflict' = 'Forbidden',
  ) =>
    assert.rejects(work, (error) => {
      assert.ok(isStatusError(error, reason), String(error));
      assert.match(error.message, message);
      return true;
    });
  const role = (actor: Actor, name: string, rules: unknown, scope = 'project') =>
    region.makeAs(actor, Role, { metadata: { name }, spec: { scope, rules } });
  const bind = (actor: Actor, name: string, spec: object) =>
    region.makeAs(actor, RoleBinding, { metadata: { name }, spec });

  it('open what their rules say, where they are bound, and nothing else', async () => {
    await role(admin, 'restarter', [
      { verbs: ['get', 'list'], resources: [INSTANCES] },
      { verbs: ['create'], resources: [`${INSTANCES}/exec`] },
    ]);
    await bind(admin, 'ops', { role: 'restarter', project: 'alpha', subjects: [user('olga')] });
    const olga = await region.person(ACME, 'olga');
    const may = (verb: 'get' | 'create' | 'list' | 'delete', where: object) =>
      region.may(olga, verb, INSTANCES, where);
    assert.equal(await may('get', { namespace: 'alpha', name: 'a' }), true);
    assert.equal(await may('create', { namespace: 'alpha', name: 'a', subresource: 'exec' }), true);
    assert.equal(await may('create', { namespace: 'alpha' }), false);
    assert.equal(await may('get', { namespace: 'alpha', name: 'a', subresource: 'log' }), false);
    assert.equal(await may('list', { namespace: 'beta' }), false);
    assert.equal(await region.may(olga, 'get', 'namespaces', { name: 'alpha' }), true);
    assert.equal(await region.may(olga, 'list', 'secrets', { namespace: 'alpha' }), false);
    // A change of its rules counts at once.
    await region.realms.use(ACME, ({ resources }) =>
      resources.modify(Role, { name: 'restarter' }, { ...region.context(ACME), actor: admin }, (current) => ({
        ...current,
        spec: { ...current.spec, rules: [{ verbs: ['delete' as const], resources: [INSTANCES] }] },
      })),
    );
    assert.equal(await may('get', { namespace: 'alpha', name: 'a' }), false);
    assert.equal(await may('delete', { namespace: 'alpha', name: 'a' }), true);
  });

  it('never open more than their author holds, nor does a change of them', async () => {
    await refused(
      role(
        editor,
        'more',
        [{ verbs: ['create'], resources: ['rolebindings.access.casemate.internal'] }],
        'realm',
      ),
      /would open more than "editor" holds/,
    );
    await refused(
      role(editor, 'all', [{ verbs: ['*'], resources: ['*'] }], 'realm'),
      /would open more than "editor" holds/,
    );
    await refused(
      role(editor, 'limits', [{ verbs: ['update'], resources: ['quotas.tenancy.casemate.internal'] }]),
      /would open more/,
    );
    await role(editor, 'fewer', [{ verbs: ['get', 'delete'], resources: [INSTANCES] }]);
    const widen = region.realms.use(ACME, ({ resources }) =>
      resources.modify(Role, { name: 'fewer' }, { ...region.context(ACME), actor: editor }, (current) => ({
        ...current,
        spec: {
          ...current.spec,
          rules: [{ verbs: ['update' as const], resources: ['quotas.tenancy.casemate.internal'] }],
        },
      })),
    );
    await refused(widen, /would open more than "editor" holds/);
    await role(admin, 'limits', [{ verbs: ['update'], resources: ['quotas.tenancy.casemate.internal'] }]);
    await refused(
      bind(editor, 'own-group', { role: 'limits', subjects: [{ kind: 'Group', name: 'developers' }] }),
      /would give role limits, which "editor" does not hold/,
    );
  });

  it('cannot be built-in ones, nor name what there is not, nor go while they are bound', async () => {
    await refused(
      role(admin, 'organization-admin', [{ verbs: ['get'], resources: [INSTANCES] }]),
      /name of a built-in role/,
    );
    await refused(
      role(admin, 'odd', [{ verbs: ['get'], resources: ['unicorns'] }]),
      /spec.rules\[0\].resources\[0\]: "unicorns" is no resource here/,
      'Invalid',
    );
    await refused(
      bind(admin, 'none', { role: 'unicorn-keeper', subjects: [user('x')] }),
      /there is no role "unicorn-keeper"; use one of/,
      'Invalid',
    );
    await role(admin, 'reader', [{ verbs: ['get'], resources: ['*.compute.casemate.internal'] }]);
    await bind(admin, 'readers', { role: 'reader', subjects: [user('rita')] });
    await refused(
      region.removeAs(admin, Role, 'reader'),
      /RoleBinding readers gives it; delete that first/,
      'Conflict',
    );
    await region.removeAs(admin, RoleBinding, 'readers');
    await region.removeAs(admin, Role, 'reader');
  });

  it('of service accounts hold for that account of that project', async () => {
    await bind(admin, 'robots', {
      role: 'project-viewer',
      subjects: [{ kind: 'ServiceAccount', name: 'builder', project: 'alpha' }],
    });
    const robot = (project: string): Actor => ({
      realm: ACME,
      name: `system:serviceaccount:${project}:builder`,
      groups: [],
      credential: 'token:1',
    });
    assert.equal(await region.may(robot('alpha'), 'list', INSTANCES, { namespace: 'beta' }), true);
    assert.equal(await region.may(robot('beta'), 'list', INSTANCES, { namespace: 'beta' }), false);
    await refused(
      bind(admin, 'nowhere', {
        role: 'project-viewer',
        subjects: [{ kind: 'ServiceAccount', name: 'builder' }],
      }),
      /belongs to a project: say which/,
      'Invalid',
    );
  });
});

describe('duties that do not go together', () => {
  let region: TrustFixture;
  let admin: Actor;
  before(async () => {
    region = await trustFixture();
    admin = await region.administrator(ACME);
    for (const name of ['alpha', 'beta']) await region.make(ACME, Project, { metadata: { name } });
  });
  after(() => region.close());
  const bind = (name: string, role: string, subject: object) =>
    region.makeAs(admin, RoleBinding, { metadata: { name }, spec: { role, subjects: [subject] } });
  const refused = (work: Promise<unknown>) =>
    assert.rejects(work, (error) => {
      assert.ok(isStatusError(error, 'Forbidden'), String(error));
      assert.match(error.message, /these do not go together: .*; give one of them to somebody else/);
      return true;
    });

  it('are refused when the second is given, whoever already holds the first by name or by group', async () => {
    await bind('audit', 'organization-auditor', user('amira'));
    await refused(bind('both', 'project-editor', user('amira')));
    await bind('keys', 'key-custodian', { kind: 'Group', name: 'custodians' });
    await refused(bind('rules', 'security-officer', { kind: 'Group', name: 'custodians' }));
    await region.credential(ACME, 'carl', ['custodians']);
    await refused(bind('rules', 'security-officer', user('carl')));
    await bind('rules', 'security-officer', user('sofia'));
  });

  it('are refused to a service account, too, which is nobody else of the same name', async () => {
    const robot = { kind: 'ServiceAccount', name: 'robot', project: 'alpha' };
    await bind('robot', 'organization-auditor', robot);
    await refused(bind('robot-keys', 'key-custodian', robot));
    await bind('robot-other', 'key-custodian', { ...robot, project: 'beta' });
    await bind('robot-person', 'key-custodian', user('robot'));
  });

  it('are refused where somebody’s certificates and memberships together would bring them about', async () => {
    await bind('checkers', 'organization-auditor', { kind: 'Group', name: 'checkers' });
    await bind('makers', 'project-editor', { kind: 'Group', name: 'makers' });
    await region.credential(ACME, 'gustav', ['checkers']);
    const request = await sharedRequest();
    const second = { metadata: { name: 'second' }, spec: { user: 'gustav', groups: ['makers'], request } };
    await refused(region.makeAs(admin, ClientCertificate, second));
    await region.make(ACME, User, { metadata: { name: 'gustav' }, spec: { displayName: 'Gustav' } });
    const makers = { metadata: { name: 'makers' }, spec: { members: ['gustav'] } };
    await refused(region.makeAs(admin, Group, makers));
  });

  it('are refused in a credential that would bring two groups together', async () => {
    await bind('officers', 'security-officer', { kind: 'Group', name: 'officers' });
    await refused(
      region.makeAs(admin, ClientCertificate, {
        metadata: { name: 'two' },
        spec: { user: 'dora', groups: ['custodians', 'officers'], request: await sharedRequest() },
      }),
    );
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Actor } from '#kernel/access.ts';
import type { RealmView } from '#kernel/realm.ts';
import { REGION, type RealmId, realmType } from '#kernel/realm-id.ts';
import { ACME, type TrustFixture, trustFixture } from '../testing/fixture.ts';
import { validatePolicies } from './cedar/engine.ts';
import { roleProblems, schemaOf } from './cedar/schema.ts';
import { permitTemplate, quoted } from './cedar/text.ts';
import { type Binding, type BindingSpec, type Grant, grantsOf, holds } from './grants.ts';
import { covers } from './guard.ts';
import { GUARDRAIL_VERBS } from './guardrail.ts';
import { nameProblem } from './names.ts';
import { type Operation, OperationTable } from './operations-table.ts';
import { type Target, targetOf } from './places.ts';
import { RealmPolicies } from './policies.ts';
import type { RoleSpec } from './role.ts';
import { ownRoleTerms, type RoleTerms, rolesIn } from './role-terms.ts';
import { ALL_VERBS, ROLE_NAMES, ROLES } from './roles.ts';
import { includes, opens, type Terms } from './traits.ts';

fc.configureGlobal({ seed: 20_261_121 });

const PROJECTS = ['alpha', 'beta'];
const RESOURCES = [
  '*',
  '*.compute.casemate.internal',
  'instances.compute.casemate.internal',
  'secrets',
  'events',
  'namespaces',
];

const ownRole: fc.Arbitrary<RoleSpec> = fc.record({
  scope: fc.constantFrom('project' as const, 'realm' as const),
  rules: fc.array(
    fc.record({
      verbs: fc.uniqueArray(fc.constantFrom(...ALL_VERBS, '*' as const), { minLength: 1, maxLength: 3 }),
      resources: fc.array(
        fc
          .tuple(fc.constantFrom(...RESOURCES), fc.constantFrom('', '/exec', '/log', '/*'))
          .map(([resource, part]) => `${resource}${part}`),
        { minLength: 1, maxLength: 3 },
      ),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

const OWN = ['own-0', 'own-1'];
const roleName = fc.constantFrom(...ROLE_NAMES, ...OWN);
const grant: fc.Arbitrary<Grant> = fc
  .tuple(roleName, fc.constantFrom(undefined, ...PROJECTS))
  .map(([role, project]) => ({ binding: 'b', role, ...(project === undefined ? {} : { project }) }));

describe('what grants give', () => {
  let region: TrustFixture;
  let table: OperationTable;
  const views = new Map<RealmId, RealmView>();
  before(async () => {
    region = await trustFixture();
    table = new OperationTable(region.registry);
    for (const id of [REGION, ACME]) views.set(id, await region.realms.use(id, ({ view }) => view));
  });
  after(() => region.close());

  const rolesOf = (realm: RealmId, own: readonly RoleSpec[]): ReadonlyMap<string, RoleTerms> => {
    const view = views.get(realm);
    assert.ok(view);
    return new Map([
      ...rolesIn(view),
      ...own.map((spec, index) => [OWN[index] ?? '', ownRoleTerms(OWN[index] ?? '', spec)] as const),
    ]);
  };
  /** Grants that a binding could give: a role is narrowed only where it can be. */
  const possible = (roles: ReadonlyMap<string, RoleTerms>, grants: readonly Grant[]) =>
    grants.filter(({ role, project }) => {
      const known = roles.get(role);
      return known !== undefined && (project === undefined || known.narrowable);
    });
  const policiesOf = (roles: ReadonlyMap<string, RoleTerms>, grants: readonly Grant[]) => {
    const bindings: Binding[] = grants.map(({ role, project }, index) => ({
      name: `b${index}`,
      spec: {
        role,
        ...(project === undefined ? {} : { project }),
        subjects: index % 2 === 0 ? [{ kind: 'User', name: 'alice' }] : [{ kind: 'Group', name: 'team' }],
      },
    }));
    return new RealmPolicies({ roles, bindings, guardrails: [] });
  };
  const alice = (realm: RealmId): Actor => ({
    realm,
    name: 'alice',
    groups: ['team'],
    credential: 'certificate:1',
  });
  const where = fc.record({
    namespace: fc.constantFrom(undefined, ...PROJECTS),
    name: fc.constantFrom(undefined, 'a', ...PROJECTS),
  });
  const operation = (realm: RealmId) =>
    fc.nat().map((n) => {
      const all = [...table.all(realmType(realm))];
      return all[n % all.length] as Operation;
    });
  /** What the terms of the roles say, without Cedar. */
  const oracle = (
    roles: ReadonlyMap<string, RoleTerms>,
    grants: readonly Grant[],
    asked: Operation,
    target: Target,
  ) =>
    grants.some(({ role, project }) => {
      if (project !== undefined && project !== target.project) return false;
      const terms: readonly Terms[] =
        roles.get(role)?.[project === undefined ? 'everywhere' : 'inProject'] ?? [];
      return terms.some((one) => opens(one, asked.verb, new Set(asked.traits)));
    });
  const isBuiltIn = ({ traits }: Operation) => traits.includes('self') || traits.includes('shared');

  for (const realm of [REGION, ACME]) {
    it(`Cedar decides as the roles’ rules say, whatever roles ${realm} makes of its own`, () => {
      fc.assert(
        fc.property(
          fc.array(grant, { maxLength: 4 }),
          fc.array(ownRole, { maxLength: 2 }),
          fc.array(fc.tuple(operation(realm), where), { minLength: 1, maxLength: 8 }),
          (wanted, own, questions) => {
            const roles = rolesOf(realm, own);
            const grants = possible(roles, wanted);
            const policies = policiesOf(roles, grants);
            for (const [asked, { namespace, name }] of questions) {
              if (isBuiltIn(asked)) continue;
              const target = targetOf(asked, namespace, name);
              const { allowed } = policies.decide(alice(realm), asked, target, 0);
              assert.equal(allowed, oracle(roles, grants, asked, target), `${asked.id} in ${target.project}`);
              const stranger = { ...alice(realm), name: 'mallory', groups: [] };
              assert.equal(policies.decide(stranger, asked, target, 0).allowed, false);
            }
          },
        ),
        { numRuns: 60 },
      );
    });
  }

  it('what is remembered is what would be answered anew, whatever guardrails there are', () => {
    const guardrail = fc.record({
      message: fc.constant('no'),
      resources: fc.uniqueArray(
        fc.constantFrom(
          '*',
          '*.compute.casemate.internal',
          'secrets',
          'instances.compute.casemate.internal/exec',
          'namespaces',
        ),
        { minLength: 1, maxLength: 2 },
      ),
      verbs: fc.option(fc.uniqueArray(fc.constantFrom(...GUARDRAIL_VERBS), { minLength: 1, maxLength: 2 }), {
        nil: undefined,
      }),
      projects: fc.option(fc.constant(['alpha']), { nil: undefined }),
      when: fc.record({
        labels: fc.option(fc.constant({ env: 'prod' }), { nil: undefined }),
        addressNotIn: fc.option(fc.constant(['10.0.0.0/8']), { nil: undefined }),
        strengthIn: fc.option(fc.constant(['token' as const]), { nil: undefined }),
      }),
      notBefore: fc.option(fc.constant('1970-01-01T00:02:00Z'), { nil: undefined }),
    });
    const question = fc.record({
      asked: operation(ACME),
      where,
      labels: fc.constantFrom({}, { env: 'prod' }, { env: 'test', team: 'a' }),
      address: fc.constantFrom(undefined, '10.0.0.1', '192.0.2.1'),
      strength: fc.constantFrom(undefined, 'token' as const, 'passkey' as const),
      minute: fc.constantFrom(1, 3),
    });
    fc.assert(
      fc.property(
        fc.array(grant, { maxLength: 3 }),
        fc.array(guardrail, { minLength: 1, maxLength: 2 }),
        fc.array(question, { minLength: 2, maxLength: 12 }),
        (wanted, specs, questions) => {
          const roles = rolesOf(ACME, []);
          const bindings = policiesOf(roles, possible(roles, wanted)).sources.bindings;
          const guardrails = specs.map((spec, index) => ({
            name: `g${index}`,
            spec: JSON.parse(JSON.stringify(spec)),
          }));
          const sources = { roles, bindings, guardrails };
          const remembers = new RealmPolicies(sources);
          for (const { asked, where: place, labels, address, strength, minute } of questions) {
            const actor = {
              ...alice(ACME),
              ...(address ? { address } : {}),
              ...(strength ? { strength } : {}),
            };
            const target = targetOf(asked, place.namespace, place.name, labels as Record<string, string>);
            const answer = remembers.decide(actor, asked, target, minute * 60_000);
            assert.deepEqual(
              answer,
              new RealmPolicies(sources).decide(actor, asked, target, minute * 60_000),
              asked.id,
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('a role that includes another opens all that the other does', () => {
    fc.assert(
      fc.property(
        fc.array(grant, { maxLength: 3 }),
        grant,
        fc.array(ownRole, { maxLength: 2 }),
        operation(ACME),
        where,
        (held, wanted, own, asked, { namespace, name }) => {
          const roles = rolesOf(ACME, own);
          const terms = ({ role, project }: Grant) =>
            roles.get(role)?.[project === undefined ? 'everywhere' : 'inProject'] ?? [];
          const there = held.filter(({ project }) => project === undefined || project === wanted.project);
          if (!includes(there.flatMap(terms), terms(wanted))) return;
          const target = targetOf(asked, namespace, name);
          if (oracle(roles, [wanted], asked, target)) assert.equal(oracle(roles, there, asked, target), true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('built-in roles include one another as their duties say, and no others', () => {
    const view = views.get(ACME);
    assert.ok(view);
    const included = (role: string) =>
      ROLE_NAMES.filter(
        (other) =>
          ROLES[other].realm === 'organization' && covers(view, [{ binding: 'b', role }], { role: other }),
      );
    assert.deepEqual(
      included('organization-admin').sort(),
      ROLE_NAMES.filter((name) => ROLES[name].realm === 'organization').sort(),
    );
    assert.deepEqual(included('security-officer'), ['organization-auditor', 'security-officer']);
    for (const role of ['organization-auditor', 'key-custodian', 'project-viewer'])
      assert.deepEqual(included(role), [role]);
    assert.deepEqual(included('project-editor'), ['project-editor', 'project-viewer']);
  });

  it('never the writing of an event, not even by a role of one’s own that names everything', () => {
    const roles = rolesOf(ACME, [{ scope: 'realm', rules: [{ verbs: ['*'], resources: ['*', '*/*'] }] }]);
    const policies = policiesOf(roles, [{ binding: 'b', role: 'own-0' }]);
    const asks = (verb: string, resource: string) => {
      const asked = table.find('organization', verb, resource);
      assert.ok(asked);
      return policies.decide(alice(ACME), asked, targetOf(asked, 'alpha', 'a'), 0).allowed;
    };
    assert.deepEqual(
      [asks('get', 'events'), asks('create', 'events'), asks('delete', 'events')],
      [true, false, false],
    );
    assert.deepEqual(
      [asks('get', 'secrets'), asks('get', 'instances.compute.casemate.internal')],
      [false, true],
    );
  });

  it('nothing through a role of the other type of realm', () => {
    for (const name of ROLE_NAMES) {
      const spec: BindingSpec = { role: name, subjects: [{ kind: 'User', name: 'alice' }] };
      const other = ROLES[name].realm === 'region' ? 'organization' : 'region';
      assert.deepEqual(grantsOf([{ name: 'b', spec }], { user: 'alice', groups: [] }, other), []);
    }
  });

  it('to a user by the user’s name, to groups by theirs, to a service account by its project and name', () => {
    const spec = (kind: 'User' | 'Group' | 'ServiceAccount', project?: string) => ({
      role: 'project-viewer',
      subjects: [{ kind, name: 'x', ...(project === undefined ? {} : { project }) }],
    });
    assert.equal(holds(spec('User'), { user: 'x', groups: [] }), true);
    assert.equal(holds(spec('User'), { user: 'y', groups: ['x'] }), false);
    assert.equal(holds(spec('Group'), { user: 'x', groups: [] }), false);
    assert.equal(holds(spec('Group'), { user: 'y', groups: ['z', 'x'] }), true);
    const builder = { user: 'system:serviceaccount:alpha:x', groups: [] };
    assert.equal(holds(spec('ServiceAccount', 'alpha'), builder), true);
    assert.equal(holds(spec('ServiceAccount', 'beta'), builder), false);
  });

  it('every built-in policy fits the schema of all kinds', () => {
    for (const type of ['region', 'organization'] as const) {
      const view = views.get(type === 'region' ? REGION : ACME);
      assert.ok(view);
      const terms = [...rolesIn(view).values()].flatMap(({ everywhere, inProject }) => [
        ...everywhere,
        ...inProject,
      ]);
      const names = terms.flatMap(({ all, none }) => [...all.flat(), ...none]);
      const templates = Object.fromEntries(terms.map((one, index) => [`t${index}`, permitTemplate(one)]));
      assert.deepEqual(validatePolicies(schemaOf(table.all(type), names), { templates }), []);
      assert.deepEqual(roleProblems(terms, table.all(type)), []);
    }
  });
});

describe('names of users and groups', () => {
  it('never hold a character that could mean something elsewhere', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (name) => {
        if (nameProblem(name) === undefined) assert.match(name, /^[a-z0-9][-a-z0-9._@]{0,63}$/);
      }),
      { numRuns: 300 },
    );
  });

  it('cannot say more in a policy than themselves', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (name) => {
        const literal = quoted(name);
        assert.match(literal, /^"(?:[^"\\]|\\u\{[0-9a-f]+\})*"$/);
        const read = literal
          .slice(1, -1)
          .replaceAll(/\\u\{([0-9a-f]+)\}/g, (_, hex: string) =>
            String.fromCodePoint(Number.parseInt(hex, 16)),
          );
        assert.equal(read, name);
      }),
    );
  });
});

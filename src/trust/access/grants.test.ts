import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { allowedBy, type BindingSpec, type Grant, grantsOf, holds, type Question } from './grants.ts';
import { covers } from './guard.ts';
import { nameProblem } from './names.ts';
import { ALL_VERBS, ROLE_NAMES, ROLES } from './roles.ts';

fc.configureGlobal({ seed: 20_261_121 });

const PROJECTS = ['alpha', 'beta'];
const RESOURCES = [
  'namespaces',
  'instances.compute.casemate.internal',
  'secrets',
  'events',
  'quotas.tenancy.casemate.internal',
  'rolebindings.access.casemate.internal',
];

const role = fc.constantFrom(...ROLE_NAMES);
const grant: fc.Arbitrary<Grant> = fc.oneof(
  role.map((name) => ({ binding: 'b', role: name })),
  fc
    .tuple(role, fc.constantFrom(...PROJECTS))
    .filter(([name]) => ROLES[name].narrowable)
    .map(([name, project]) => ({ binding: 'b', role: name, project })),
);
const question: fc.Arbitrary<Question> = fc
  .record({
    verb: fc.constantFrom(...ALL_VERBS),
    resource: fc.constantFrom(...RESOURCES),
    subresource: fc.constantFrom(undefined, 'exec', 'log', 'status'),
    target: fc.oneof(
      fc.constant({ scope: 'ledger' as const }),
      fc
        .constantFrom(undefined, ...PROJECTS)
        .map((name) => ({ scope: 'realm' as const, ...(name ? { name } : {}) })),
      fc
        .constantFrom(undefined, ...PROJECTS)
        .map((project) => ({ scope: 'project' as const, ...(project ? { project } : {}) })),
    ),
  })
  .map(({ subresource, ...rest }) => ({
    ...rest,
    secret: rest.resource === 'secrets',
    ...(subresource === undefined ? {} : { subresource }),
  }));
const grants = fc.array(grant, { maxLength: 4 });
const allows = (held: readonly Grant[], asked: Question) => allowedBy(held, asked) !== undefined;

describe('what grants give', () => {
  it('nothing to who holds nothing', () => {
    fc.assert(fc.property(question, (asked) => assert.equal(allows([], asked), false)));
  });

  it('no less with more grants, and only what one of them gives by itself', () => {
    fc.assert(
      fc.property(grants, grants, question, (some, others, asked) => {
        const each = [...some, ...others].some((one) => allows([one], asked));
        assert.equal(allows([...some, ...others], asked), each);
      }),
    );
  });

  it('no more when a role is narrowed to a project', () => {
    fc.assert(
      fc.property(grant, question, (held, asked) => {
        if (!allows([held], asked)) return;
        assert.equal(allows([{ binding: held.binding, role: held.role }], asked), true);
      }),
    );
  });

  it('never the writing of a status or an event', () => {
    fc.assert(
      fc.property(grants, question, (held, asked) => {
        if (asked.subresource === 'status') assert.equal(allows(held, asked), false);
        const writes = !['get', 'list', 'watch'].includes(asked.verb);
        if (asked.resource === 'events' && writes && asked.target.scope !== 'ledger') {
          assert.equal(allows(held, asked), false);
        }
      }),
    );
  });

  it('whoever may give a role away can do all that the role can, in that very realm', () => {
    fc.assert(
      fc.property(grant, grant, question, (held, wanted, asked) => {
        if (!covers([held], wanted) || !allows([wanted], asked)) return;
        assert.equal(ROLES[held.role].realm, ROLES[wanted.role].realm);
        assert.equal(allows([held], asked), true);
      }),
      { numRuns: 5_000 },
    );
  });

  it('nothing through a role of the other type of realm', () => {
    fc.assert(
      fc.property(role, (name) => {
        const spec: BindingSpec = { role: name, subjects: [{ kind: 'User', name: 'alice' }] };
        const other = ROLES[name].realm === 'region' ? 'organization' : 'region';
        assert.deepEqual(grantsOf([{ name: 'b', spec }], { user: 'alice', groups: [] }, other), []);
      }),
    );
  });

  it('to a user by the user’s name and to groups by theirs', () => {
    const spec = (kind: 'User' | 'Group') =>
      ({ role: 'project-viewer', subjects: [{ kind, name: 'x' }] }) as const;
    assert.equal(holds(spec('User'), { user: 'x', groups: [] }), true);
    assert.equal(holds(spec('User'), { user: 'y', groups: ['x'] }), false);
    assert.equal(holds(spec('Group'), { user: 'x', groups: [] }), false);
    assert.equal(holds(spec('Group'), { user: 'y', groups: ['z', 'x'] }), true);
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
});

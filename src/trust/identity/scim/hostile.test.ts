import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { UserObject } from '../people/user.ts';
import { User } from '../people/user.ts';
import { ACME } from '../testing/fixture.ts';
import { parseFilter } from './filter.ts';
import { patched } from './patch.ts';
import { attributeNames, type ScimUser, UserSchema } from './schemas.ts';
import { asScimError } from './scim-error.ts';
import { PATCH_SCHEMA, PROVISIONER, type ScimFixture, scimFixture } from './testing/client.ts';

const SEED = 20_261_121;

/** What somebody would want to set that SCIM has no say in, and what JavaScript makes of some names. */
const FORBIDDEN = [
  'roles',
  'groups',
  'entitlements',
  'password',
  'id',
  'meta',
  'spec',
  'status',
  'metadata',
  'disabled',
  'identityProvider',
  'subject',
  'provisionedBy',
  'federatedGroups',
  'finalizers',
  'ownerReferences',
  'constructor',
  'prototype',
  'toString',
  'toJSON',
  '__PROTO__',
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
] as const;

const value = fc.oneof(
  fc.constantFrom('organization-admin', 'system:internal', true, null, 1),
  fc.array(fc.constantFrom({ value: 'organization-admin' }, { value: 'x', type: 'role' }), { maxLength: 2 }),
  fc.constantFrom(
    { polluted: 'yes' },
    { prototype: { polluted: 'yes' } },
    { subject: 'x', identityProvider: 'y' },
  ),
);
const extras = fc.dictionary(fc.constantFrom(...FORBIDDEN), value, { maxKeys: 6, noNullPrototype: true });

const assertClean = () => {
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  assert.equal(([] as unknown as { polluted?: unknown }).polluted, undefined);
  assert.deepEqual(Object.keys(Object.prototype), []);
};

const resource: ScimUser = {
  id: '0b8e6d0e-9d2c-4a38-a1a4-3c1c3a2f4f11',
  userName: 'alice',
  displayName: 'Alice',
  active: true,
  emails: [{ value: 'alice@ministry.example', type: 'work', primary: true }],
  meta: { created: '2026-03-01T12:00:00Z', location: 'x', version: 'W/"1"' },
};

describe('a SCIM client that means harm', () => {
  let scim: ScimFixture;
  before(async () => {
    scim = await scimFixture();
  });
  after(() => scim.close());

  const stored = (name: string) =>
    scim.region.realms.use(ACME, ({ view }) => view.get(User, { name }) as UserObject | undefined);

  it('sets nothing but what SCIM maps, whatever it sends along', async () => {
    let made = 0;
    await fc.assert(
      fc.asyncProperty(extras, async (extra) => {
        made += 1;
        const userName = `mass-${made}`;
        const { code } = await scim.send('POST', '/Users', { ...extra, userName, displayName: 'Mass' });
        assertClean();
        const user = await stored(userName);
        if (code !== 201) {
          assert.equal(user, undefined);
          assert.equal(code, 400);
          return;
        }
        assert.deepEqual(user?.spec, { displayName: 'Mass', provisionedBy: PROVISIONER });
        assert.deepEqual(Object.keys(user?.metadata ?? {}).toSorted(), [
          'creationTimestamp',
          'finalizers',
          'generation',
          'name',
          'resourceVersion',
          'uid',
        ]);
        assert.equal(user?.status, undefined);
        const put = await scim.send('PUT', `/Users/${user?.metadata.uid}`, {
          ...extra,
          userName,
          displayName: 'Mass',
        });
        assert.equal(put.code, 200, JSON.stringify(put.body));
        assert.deepEqual((await stored(userName))?.spec, user?.spec);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('is told so where a name is there in two spellings, or is no name at all', async () => {
    for (const body of [
      '{"userName":"two","USERNAME":"three"}',
      '{"userName":"two","emails":[{"value":"a@b.example","VALUE":"c@d.example"}]}',
      '{"userName":"two","__proto__":{"active":false}}',
      '{"userName":"two","__PROTO__":{"active":false}}',
      '{"userName":"two","name":{"__proto__":{"polluted":"yes"}}}',
    ]) {
      assert.equal((await scim.send('POST', '/Users', body)).code, 400, body);
      assertClean();
    }
    assert.equal(await stored('two'), undefined);
  });

  it('changes by PATCH only attributes that are mapped, and no prototype', async () => {
    const path = fc.oneof(
      fc.constantFrom(
        ...FORBIDDEN,
        '__proto__',
        '__proto__.polluted',
        'constructor.prototype.polluted',
        'emails[__proto__.polluted eq "yes"].value',
        'emails[type eq "work"].__proto__',
        'emails[constructor.prototype.polluted eq "yes"]',
        'name.__proto__',
        'displayName',
        'emails[type eq "work"].value',
        'active',
      ),
      fc.string({ maxLength: 40 }),
    );
    const removed = fc.constantFrom(
      [{ '__proto__.polluted': 'yes' }],
      [{ value: '"] or __proto__[polluted eq "yes' }],
      [{ 'constructor.prototype.polluted': 'yes', value: 'x' }],
    );
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'Add', 'move'),
        path,
        value: fc.oneof(value, removed, extras),
      },
      { requiredKeys: ['op'], noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 3 }), async (Operations) => {
        let after: ScimUser;
        try {
          after = await patched(UserSchema, resource, { schemas: [PATCH_SCHEMA], Operations });
        } catch (error) {
          assertClean();
          assert.equal(asScimError(error)?.code, 400, String(error));
          return;
        }
        assertClean();
        assert.equal(after.id, resource.id);
        const known = [
          'schemas',
          'id',
          'meta',
          'externalId',
          'userName',
          'name',
          'displayName',
          'active',
          'emails',
          'groups',
        ];
        for (const name of Object.keys(after)) assert.ok(known.includes(name), name);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('makes a filter that is read or refused within bounds, and nothing else', () => {
    const names = attributeNames(UserSchema);
    const word = fc.constantFrom(
      ...[
        'userName',
        'emails',
        '[',
        ']',
        '(',
        ')',
        'and',
        'or',
        'not',
        'eq',
        'pr',
        'co',
        '"x"',
        '"',
        '\\',
        'true',
        '1',
      ],
      ...['__proto__', 'constructor.prototype', 'emails.value', 'name.familyName', '-1e9', 'null'],
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(word, { maxLength: 24 }).map((words) => words.join(' ')),
          fc.string(),
        ),
        (text) => {
          try {
            parseFilter(text, names, UserSchema.id);
          } catch (error) {
            assert.equal(asScimError(error)?.scimType, 'invalidFilter', `${text}: ${error}`);
          }
          assertClean();
        },
      ),
      { seed: SEED, numRuns: 2_000 },
    );
  });
});

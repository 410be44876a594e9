import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readWhole } from '#kernel/log/personal.ts';
import { REGION } from '#kernel/realm-id.ts';
import { finishRemovals } from '../../testing/removals.ts';
import { IdentityProvider } from '../federation/identity-provider.ts';
import { people } from '../people/directory.ts';
import { Group, type GroupObject } from '../people/group.ts';
import { User, type UserObject } from '../people/user.ts';
import { ACME } from '../testing/fixture.ts';
import { CLIENT_BURST, CLIENT_PER_SECOND } from './limits.ts';
import {
  GROUP_SCHEMA,
  PATCH_SCHEMA,
  PROVISIONER,
  type ScimFixture,
  scimFixture,
  USER_SCHEMA,
} from './testing/client.ts';

describe('an organization’s directory, provisioned over SCIM', () => {
  let scim: ScimFixture;
  before(async () => {
    scim = await scimFixture();
  });
  after(() => scim.close());

  const get = (path: string) => scim.send('GET', path);
  const create = async (userName: string, more: object = {}) => {
    const answer = await scim.send('POST', '/Users', { schemas: [USER_SCHEMA], userName, ...more });
    assert.equal(answer.code, 201, JSON.stringify(answer.body));
    return answer.body;
  };
  const createGroup = async (displayName: string, ...members: readonly string[]) => {
    const body = { schemas: [GROUP_SCHEMA], displayName, members: members.map((value) => ({ value })) };
    const answer = await scim.send('POST', '/Groups', body);
    assert.equal(answer.code, 201, JSON.stringify(answer.body));
    return answer.body;
  };
  const patch = (path: string, ...Operations: readonly object[]) =>
    scim.send('PATCH', path, { schemas: [PATCH_SCHEMA], Operations });
  const user = (name: string) =>
    scim.region.realms.use(ACME, ({ view }) => view.get(User, { name }) as UserObject | undefined);
  const group = (name: string) =>
    scim.region.realms.use(ACME, ({ view }) => view.get(Group, { name }) as GroupObject | undefined);

  it('a person is made, read, replaced, changed and removed as RFC 7644 writes it', async () => {
    const made = await scim.send('POST', '/Users', {
      schemas: [USER_SCHEMA],
      userName: 'BJensen',
      externalId: 'bjensen-701984',
      name: { formatted: 'Ms. Barbara J Jensen III', familyName: 'Jensen', givenName: 'Barbara' },
      emails: [
        { value: 'babs@jensen.example', type: 'home' },
        { value: 'bjensen@example.com', type: 'work', primary: true },
      ],
    });
    assert.equal(made.code, 201);
    const { id, meta } = made.body;
    assert.equal(made.headers['content-type'], 'application/scim+json');
    assert.equal(made.headers.location, `${scim.region.url}/orgs/acme/scim/v2/Users/${id}`);
    assert.equal(made.headers.etag, meta.version);
    assert.deepEqual(made.body, {
      schemas: [USER_SCHEMA],
      id,
      externalId: 'bjensen-701984',
      userName: 'BJensen',
      displayName: 'Ms. Barbara J Jensen III',
      active: true,
      emails: [{ value: 'bjensen@example.com', type: 'work', primary: true }],
      name: { formatted: 'Ms. Barbara J Jensen III' },
      meta: {
        resourceType: 'User',
        created: meta.created,
        location: made.headers.location,
        version: meta.version,
      },
    });
    assert.deepEqual((await get(`/Users/${id}`)).body, made.body);
    const kept = await user('bjensen');
    assert.equal(kept?.metadata.uid, id);
    assert.deepEqual(kept?.spec, {
      displayName: 'Ms. Barbara J Jensen III',
      email: 'bjensen@example.com',
      provisionedBy: PROVISIONER,
    });

    const replaced = await scim.send('PUT', `/Users/${id}`, {
      schemas: [USER_SCHEMA],
      id,
      userName: 'bjensen',
      displayName: 'Babs',
      active: false,
    });
    assert.equal(replaced.code, 200, JSON.stringify(replaced.body));
    assert.deepEqual((await user('bjensen'))?.spec, {
      displayName: 'Babs',
      disabled: true,
      provisionedBy: PROVISIONER,
    });
    const changed = await patch(
      `/Users/${id}`,
      { op: 'Replace', path: 'active', value: 'True' },
      { op: 'add', path: 'emails', value: [{ value: 'b@example.com', type: 'work' }] },
      { op: 'replace', value: { 'name.formatted': 'Barbara' } },
    );
    assert.equal(changed.code, 200, JSON.stringify(changed.body));
    assert.deepEqual((await user('bjensen'))?.spec, {
      displayName: 'Barbara',
      email: 'b@example.com',
      provisionedBy: PROVISIONER,
    });
    assert.equal((await scim.send('DELETE', `/Users/${id}`)).code, 204);
    await finishRemovals(scim.region, ACME);
    assert.equal(await user('bjensen'), undefined);
    const gone = await get(`/Users/${id}`);
    assert.deepEqual(
      [gone.code, gone.body.status, gone.body.schemas],
      [404, '404', ['urn:ietf:params:scim:api:messages:2.0:Error']],
    );
  });

  it('a userName that is an address is kept as it is written, and is a name that role bindings can name', async () => {
    const { id, userName } = await create('Carol.Smith@Ministry.example');
    assert.equal(userName, 'Carol.Smith@Ministry.example');
    assert.equal((await user('carol.smith.ministry.example'))?.metadata.uid, id);
    const found = await get('/Users?filter=userName%20eq%20%22carol.smith@ministry.example%22');
    assert.equal(found.body.Resources[0].id, id);
  });

  it('every change is a leaf of the ledger with the client as actor', async () => {
    const { id } = await create('leaf');
    const { headers } = await patch(`/Users/${id}`, { op: 'replace', path: 'displayName', value: 'Leaf' });
    assert.equal(headers.etag === undefined, false);
    const { realms, storage } = scim.region;
    const { uid, revision } = await realms.use(ACME, (realm) => ({
      uid: realm.uid,
      revision: realm.view.revision,
    }));
    const [last] = await storage.readLeaves(uid, 'changes', revision, 1);
    assert.ok(last);
    const leaf = readWhole(last);
    assert.ok(leaf.type === 'change');
    const { actor, verb, resource, name, via } = leaf;
    assert.deepEqual(
      { actor, verb, resource, name, via },
      {
        actor: 'system:serviceaccount:people:directory',
        verb: 'update',
        resource: 'users.identity.casemate.internal',
        name: 'leaf',
        via: 'scim',
      },
    );
  });

  it('lists are filtered and bounded, and names are found whatever their case', async () => {
    const made = [];
    for (const name of ['filter-a', 'filter-b', 'filter-c']) {
      made.push(
        await create(name, { externalId: `E-${name}`, emails: [{ value: `${name}@Ministry.example` }] }),
      );
    }
    const named = async (filter: string, more = '') => {
      const answer = await get(`/Users?filter=${encodeURIComponent(filter)}${more}`);
      assert.equal(answer.code, 200, JSON.stringify(answer.body));
      return answer.body.Resources.map((one: { userName: string }) => one.userName);
    };
    assert.deepEqual(await named('userName eq "FILTER-A"'), ['filter-a']);
    assert.deepEqual(await named('externalId eq "E-filter-b"'), ['filter-b']);
    assert.deepEqual(await named('externalId eq "e-filter-b"'), []);
    assert.deepEqual(await named(`id eq "${made[2].id}"`), ['filter-c']);
    assert.deepEqual(await named('userName sw "filter-" and not (userName ew "b" or userName ew "c")'), [
      'filter-a',
    ]);
    assert.deepEqual(await named('emails[type eq "work" and value co "filter-c"]'), ['filter-c']);
    assert.deepEqual(
      await named('emails.value co "ministry" and externalId pr and userName sw "filter"', '&count=1'),
      ['filter-a'],
    );
    const page = (await get('/Users?filter=userName%20sw%20%22filter-%22&startIndex=2&count=1')).body;
    assert.deepEqual([page.totalResults, page.startIndex, page.itemsPerPage], [3, 2, 1]);
    assert.equal(page.Resources[0].userName, 'filter-b');
    const attributes = await get(`/Users/${made[0].id}?attributes=userName`);
    assert.deepEqual(Object.keys(attributes.body), ['schemas', 'id', 'userName', 'meta']);
    assert.equal((await get('/Users?count=100000')).code, 200);
    for (const [filter, why] of [
      ['userName', /after "userName"/],
      ['password eq "x"', /no attribute "password"/],
      ['__proto__.polluted eq "x"', /no attribute/],
      ['constructor.prototype.polluted eq "x"', /no attribute/],
      ['userName eq "x', /cannot be read/],
      [`${'('.repeat(9)}userName pr${')'.repeat(9)}`, /brackets within brackets/],
      [Array.from({ length: 17 }, () => 'id pr').join(' or '), /at most 16/],
      ['x'.repeat(513), /at most 512/],
    ] as const) {
      const { code, body } = await get(`/Users?filter=${encodeURIComponent(filter)}`);
      assert.deepEqual([code, body.scimType], [400, 'invalidFilter'], filter);
      assert.match(body.detail, why);
    }
    const search = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
    const searched = await scim.send('POST', '/Users/.search', {
      schemas: [search],
      filter: 'userName eq "filter-a"',
    });
    assert.equal(searched.body.totalResults, 1);
  });

  it('who knows an older state changes nothing, and who knows the newest need not read it again', async () => {
    const { id, meta } = await create('etag');
    await patch(`/Users/${id}`, { op: 'replace', path: 'displayName', value: 'Newer' });
    const { version } = (await get(`/Users/${id}`)).body.meta;
    assert.notEqual(version, meta.version);
    const stale = { 'If-Match': meta.version };
    const operation = {
      schemas: [PATCH_SCHEMA],
      Operations: [{ op: 'replace', path: 'active', value: false }],
    };
    assert.equal((await scim.send('PATCH', `/Users/${id}`, operation, stale)).code, 412);
    assert.equal((await scim.send('DELETE', `/Users/${id}`, undefined, stale)).code, 412);
    assert.equal((await scim.send('GET', `/Users/${id}`, undefined, { 'If-None-Match': version })).code, 304);
    assert.equal((await scim.send('PATCH', `/Users/${id}`, operation, { 'If-Match': version })).code, 200);
  });

  it('says what there is and what is not: no bulk, no sorting, no passwords', async () => {
    const { body } = await get('/ServiceProviderConfig');
    assert.deepEqual(
      ['patch', 'filter', 'etag', 'bulk', 'sort', 'changePassword'].map((one) => body[one].supported),
      [true, true, true, false, false, false],
    );
    const schemas = (await get('/Schemas')).body.Resources;
    assert.deepEqual(
      schemas.map((one: { id: string; attributes: { name: string }[] }) => [
        one.id,
        one.attributes.map(({ name }) => name),
      ]),
      [
        [USER_SCHEMA, ['userName', 'name', 'displayName', 'active', 'emails', 'groups']],
        [GROUP_SCHEMA, ['displayName', 'members']],
      ],
    );
    assert.equal((await get('/ResourceTypes/User')).body.endpoint, '/Users');
    const bulk = await scim.send('POST', '/Bulk', { Operations: [] });
    assert.deepEqual([bulk.code, bulk.body.detail], [501, 'Bulk: not offered; send each change by itself']);
    assert.equal((await get('/Nothing')).code, 404);
    assert.equal((await scim.send('PUT', '/Users', {})).code, 405);
  });

  it('groups have members by id; a person shows the groups they are in', async () => {
    const [one, two] = [await create('member-one'), await create('member-two')];
    const made = await createGroup('Tour Guides', one.id);
    assert.deepEqual((await group('tour-guides'))?.spec, {
      displayName: 'Tour Guides',
      members: ['member-one'],
      provisionedBy: PROVISIONER,
    });
    const members = async (...operations: readonly object[]) => {
      const answer = await patch(`/Groups/${made.id}`, ...operations);
      assert.equal(answer.code, 200, JSON.stringify(answer.body));
      return (await group('tour-guides'))?.spec?.members;
    };
    assert.deepEqual(await members({ op: 'add', path: 'members', value: [{ value: two.id }] }), [
      'member-one',
      'member-two',
    ]);
    assert.deepEqual((await get(`/Users/${two.id}`)).body.groups, [
      { value: made.id, display: 'Tour Guides' },
    ]);
    assert.deepEqual(await members({ op: 'remove', path: `members[value eq "${one.id}"]` }), ['member-two']);
    assert.deepEqual(await members({ op: 'remove', path: 'members', value: [{ value: two.id }] }), []);
    assert.deepEqual(await members({ op: 'replace', value: { members: [{ value: one.id }] } }), [
      'member-one',
    ]);
    const found = await get(
      '/Groups?filter=displayName%20eq%20%22tour%20guides%22&excludedAttributes=members',
    );
    assert.equal(found.body.totalResults, 1);
    assert.equal(found.body.Resources[0].members, undefined);
    await scim.send('DELETE', `/Users/${one.id}`);
    assert.equal((await scim.send('DELETE', `/Groups/${made.id}`)).code, 204);
  });

  it('a name that is taken, changed or no name is refused in SCIM’s form', async () => {
    const { id } = await create('taken');
    const refused = async (answer: Promise<{ code: number; body: { scimType: string } }>) => {
      const { code, body } = await answer;
      return [code, body.scimType];
    };
    const post = (body: unknown) => scim.send('POST', '/Users', body);
    assert.deepEqual(await refused(post({ userName: 'Taken' })), [409, 'uniqueness']);
    assert.deepEqual(await refused(post({ userName: 'system:admin' })), [400, 'invalidValue']);
    assert.deepEqual(await refused(post({ userName: '../etc' })), [400, 'invalidValue']);
    assert.deepEqual(await refused(post({ displayName: 'nobody' })), [400, 'invalidValue']);
    assert.deepEqual(await refused(post({ userName: 'x', active: 'perhaps' })), [400, 'invalidValue']);
    assert.deepEqual(await refused(post('{"userName":')), [400, undefined]);
    assert.deepEqual(await refused(post('[]')), [400, 'invalidSyntax']);
    assert.deepEqual(
      await refused(patch(`/Users/${id}`, { op: 'replace', path: 'userName', value: 'other' })),
      [400, 'mutability'],
    );
    assert.deepEqual(await refused(patch(`/Users/${id}`, { op: 'replace', path: 'id', value: 'other' })), [
      400,
      'mutability',
    ]);
    assert.deepEqual(await refused(patch(`/Users/${id}`, { op: 'replace', path: 'password', value: 'x' })), [
      400,
      'invalidPath',
    ]);
    const type = { 'Content-Type': 'text/plain' };
    assert.equal((await scim.send('POST', '/Users', '{}', type)).code, 415);
    assert.equal((await scim.send('POST', '/Users', `{"userName":"${'x'.repeat(4 << 20)}"}`)).code, 413);
  });

  it('a client sees and touches the people that it provisions, and nobody else', async () => {
    const boss = await scim.make(User, 'local-boss', { displayName: 'Boss' });
    const mine = await create('mine');
    const other = { Authorization: `Bearer ${await scim.tokenOf('other-directory')}` };
    for (const [id, headers] of [
      [boss.metadata.uid, {}],
      [mine.id, other],
    ] as const) {
      const operation = {
        schemas: [PATCH_SCHEMA],
        Operations: [{ op: 'replace', path: 'active', value: false }],
      };
      assert.equal((await scim.send('GET', `/Users/${id}`, undefined, headers)).code, 404);
      assert.equal((await scim.send('PATCH', `/Users/${id}`, operation, headers)).code, 404);
      assert.equal((await scim.send('DELETE', `/Users/${id}`, undefined, headers)).code, 404);
    }
    const listed = await scim.send('GET', '/Users', undefined, other);
    assert.equal(listed.body.totalResults, 0);
    const added = await scim.send('POST', '/Groups', {
      displayName: 'g',
      members: [{ value: boss.metadata.uid }],
    });
    assert.deepEqual([added.code, added.body.scimType], [400, 'invalidValue']);
    assert.equal((await scim.send('POST', '/Users', { userName: 'local-boss' })).code, 409);
    // Nor somebody who comes with a certificate or holds a role: removing the one would take from the other.
    await scim.bind('ghost', 'organization-admin', { kind: 'User', name: 'ghost' });
    assert.equal((await scim.send('POST', '/Users', { userName: 'ghost' })).code, 403);
  });

  it('groups that hold roles are filled only by a client that holds them, or that was named for it by somebody who does', async () => {
    const friend = await create('friend');
    await scim.bind('dangling', 'organization-admin', { kind: 'Group', name: 'admins-to-be' });
    assert.equal((await scim.send('POST', '/Groups', { displayName: 'Admins to be' })).code, 403);
    // Made by the client while it held nothing, then given a role by somebody who holds it.
    const later = await createGroup('Later');
    await scim.bind('later', 'project-viewer', { kind: 'Group', name: 'later' });
    const join = { op: 'add', path: 'members', value: [{ value: friend.id }] };
    assert.equal((await patch(`/Groups/${later.id}`, join)).code, 200);
    // A local group is nobody's to fill.
    await scim.make(Group, 'local', { members: ['local-boss'] });
    const local = await group('local');
    assert.equal((await patch(`/Groups/${local?.metadata.uid}`, join)).code, 404);
    // Given to the client by the region's own hand: those who were in it already stay, unseen.
    await scim.region.realms.use(ACME, async ({ resources }) => {
      await resources.modify(Group, { name: 'local' }, scim.region.context(ACME), (current) => ({
        ...current,
        spec: { ...(current.spec as object), provisionedBy: PROVISIONER },
      }));
    });
    assert.equal((await get(`/Groups/${local?.metadata.uid}`)).body.members, undefined);
    const replaced = { op: 'replace', path: 'members', value: [{ value: friend.id }] };
    assert.equal((await patch(`/Groups/${local?.metadata.uid}`, replaced)).code, 200);
    assert.deepEqual((await group('local'))?.spec?.members, ['local-boss', 'friend']);
  });

  it('needs a role, a service account, and a token of this organization', async () => {
    const bare = { Authorization: `Bearer ${await scim.tokenOf('powerless', false)}` };
    const denied = await scim.send('GET', '/Users', undefined, bare);
    assert.deepEqual([denied.code, denied.body.status], [403, '403']);
    assert.equal(
      (await scim.send('GET', '/Users', undefined, { Authorization: 'Bearer nonsense' })).code,
      401,
    );
    assert.equal((await scim.send('GET', '/Users', undefined, { Authorization: '' })).code, 401);
    const elsewhere = await scim.region.api('/orgs/rival', '/scim/v2/Users', scim.token);
    assert.equal(elsewhere.code, 401);
    assert.equal((await scim.region.api(REGION, '/scim/v2/Users', scim.token)).code, 404);
  });

  it('removing or disabling a person counts at once: they are nobody, and no member of anything', async () => {
    const { id } = await create('leaver');
    const made = await createGroup('Leavers', id);
    const found = () => scim.region.realms.use(ACME, ({ view }) => people.find(view, id));
    assert.deepEqual([(await found())?.name, (await found())?.groups], ['leaver', ['leavers']]);
    await patch(`/Users/${id}`, { op: 'replace', path: 'active', value: false });
    assert.equal(await found(), undefined);
    await patch(`/Users/${id}`, { op: 'replace', path: 'active', value: true });
    assert.equal((await found())?.name, 'leaver');
    assert.equal((await scim.send('DELETE', `/Users/${id}`)).code, 204);
    assert.equal(await found(), undefined);
    assert.equal((await get(`/Users/${id}`)).code, 404);
    assert.equal((await scim.send('DELETE', `/Users/${id}`)).code, 404);
    assert.equal((await get(`/Groups/${made.id}`)).body.members, undefined);
  });

  it('people of a client that belongs to an identity provider are linked to it by their externalId', async () => {
    const other = { Authorization: `Bearer ${await scim.tokenOf('linked-directory')}` };
    await scim.make(IdentityProvider, 'ministry', {
      type: 'oidc',
      displayName: 'Ministry',
      oidc: { issuer: 'https://login.ministry.example', clientId: 'casemate' },
      provisionedBy: { project: PROVISIONER.project, serviceAccount: 'linked-directory' },
    });
    const body = { schemas: [USER_SCHEMA], userName: 'linked', externalId: 'entra-42' };
    const { body: made } = await scim.send('POST', '/Users', body, other);
    const spec = async () => {
      const { identityProvider, subject } = (await user('linked'))?.spec ?? {};
      return [identityProvider, subject];
    };
    assert.deepEqual(await spec(), ['ministry', 'entra-42']);
    await create('unlinked', { externalId: 'entra-43' });
    assert.equal((await user('unlinked'))?.spec.identityProvider, undefined);
    // Who holds a role is not given to somebody else by a client that does not hold it.
    await scim.bind('linked', 'organization-admin', { kind: 'User', name: 'linked' });
    const moved = await scim.send('PUT', `/Users/${made.id}`, { ...body, externalId: 'mallory' }, other);
    assert.equal(moved.code, 403);
    assert.deepEqual(await spec(), ['ministry', 'entra-42']);
  });

  it('a client brings no two duties together that exclude each other, nor one beside what an identity provider gave', async () => {
    const someone = await create('someone');
    const checking = await createGroup('Checking');
    const making = await createGroup('Making', someone.id);
    await scim.bind('making', 'project-editor', { kind: 'Group', name: 'making' });
    await scim.bind('checking', 'organization-auditor', { kind: 'Group', name: 'checking' });
    const join = (id: string) => ({ op: 'add', path: 'members', value: [{ value: id }] });
    const refused = await patch(`/Groups/${checking.id}`, join(someone.id));
    assert.equal(refused.code, 403);
    assert.match(refused.body.detail, /"someone" would hold organization-auditor beside project-editor/);
    // Somebody whom another provider put into a group that holds the opposite.
    const chief = await create('chief');
    const { region } = scim;
    await region.realms.use(ACME, async ({ resources }) => {
      const key = { name: 'chief' };
      await resources.modify(User, key, region.context(ACME), (current) => ({
        ...current,
        spec: { ...current.spec, identityProvider: 'elsewhere', subject: 'c' },
      }));
      const told = { federatedGroups: ['elsewhere.chiefs'] };
      await resources.modify(User, key, region.context(ACME), (current) => ({ ...current, status: told }), {
        subresource: 'status',
      });
    });
    await scim.bind('chiefs', 'organization-admin', { kind: 'Group', name: 'elsewhere.chiefs' });
    assert.equal((await patch(`/Groups/${checking.id}`, join(chief.id))).code, 403);
    assert.equal((await get(`/Groups/${checking.id}`)).body.members, undefined);
    assert.equal((await get(`/Groups/${making.id}`)).body.members.length, 1);
  });

  it('a client that asks too often is told when to come back', async () => {
    const busy = { Authorization: `Bearer ${await scim.tokenOf('busy')}` };
    let last = await scim.send('GET', '/ResourceTypes', undefined, busy);
    const most = CLIENT_BURST * 4 + CLIENT_PER_SECOND;
    for (let count = 0; last.code === 200 && count < most; count++) {
      last = await scim.send('GET', '/ResourceTypes', undefined, busy);
    }
    assert.equal(last.code, 429);
    assert.equal(last.headers['retry-after'], '1');
  });
});

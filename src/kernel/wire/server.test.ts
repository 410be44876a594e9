import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Authorizer } from '../access.ts';
import type { Kind } from '../kind.ts';
import { bodyJson } from '../log/body.ts';
import { bodyDigest } from '../log/leaf.ts';
import { BODY_BYTES_MAX } from './limits.ts';
import { Machine, Secret, TEST_KINDS } from './test-kinds.ts';
import { sendRequest, startTestServer, type TestServer } from './test-server.ts';

const MACHINES = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/p/machines';
const machine = (name: string, labels: Record<string, string> = {}, spec: object = {}) => ({
  apiVersion: 'lab.casemate.internal/v1',
  kind: 'Machine',
  metadata: { name, labels },
  spec: { image: 'debian', ...spec },
});

/** Everything is allowed but what has "forbidden" in its name, and creating secrets. */
const authorizer: Authorizer = {
  async decide({ name, verb, resource }) {
    const allowed = !name?.includes('forbidden') && !(verb === 'create' && resource === 'secrets');
    return { allowed, reason: allowed ? 'a test' : 'no role grants it' };
  },
  rules: async () => [{ verbs: ['get'], apiGroups: [''], resources: ['namespaces'] }],
};

describe('the API server', () => {
  let server: TestServer;
  const send = (...parameters: Parameters<TestServer['send']>) => server.send(...parameters);
  before(async () => {
    server = await startTestServer({
      kinds: TEST_KINDS,
      authorizer,
      create: ['/', '/orgs/acme', '/orgs/other'],
    });
    assert.equal((await send('POST', '/orgs/acme/api/v1/namespaces', { metadata: { name: 'p' } })).code, 201);
  });
  after(() => server.close());

  test('answers health to anyone, and everything else only to who has credentials', async () => {
    const anonymous = (path: string) =>
      sendRequest(server.open(path, { agent: false, ca: server.ca, method: 'GET' }));
    for (const path of ['/livez', '/readyz', '/healthz', '/orgs/nobody/readyz']) {
      const answer = await anonymous(path);
      assert.deepEqual([answer.code, answer.text], [200, 'ok'], path);
    }
    for (const path of [
      '/',
      '/version',
      '/api',
      '/apis',
      '/openapi/v3',
      '/api/v1/namespaces',
      '/nothing',
      '/orgs/a_b/api',
    ]) {
      const answer = await anonymous(path);
      assert.deepEqual([answer.code, answer.json().reason], [401, 'Unauthorized'], path);
    }
  });

  test('does not tell which organizations there are', async () => {
    const anonymous = async (path: string) => {
      const answer = await sendRequest(server.open(path, { agent: false, ca: server.ca, method: 'GET' }));
      const { date: _date, 'audit-id': _id, ...headers } = answer.headers;
      return { code: answer.code, text: answer.text, headers };
    };
    const known = await anonymous('/orgs/acme/api/v1/namespaces');
    assert.equal(known.code, 401);
    assert.deepEqual(await anonymous('/orgs/unknown/api/v1/namespaces'), known);
    const asAlice = await send('GET', '/orgs/unknown/api/v1/namespaces');
    assert.deepEqual([asAlice.code, asAlice.text], [401, known.text]);
  });

  test('carries security headers and a request id that the access log knows', async () => {
    const answer = await send('GET', `${MACHINES}/forbidden`);
    assert.equal(answer.code, 403);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(answer.headers['content-type'], 'application/json');
    const { reason, details, message } = answer.json();
    assert.equal(reason, 'Forbidden');
    assert.deepEqual(details, { group: 'lab.casemate.internal', kind: 'machines', name: 'forbidden' });
    assert.equal(
      message,
      'machines.lab.casemate.internal "forbidden" is forbidden: "alice" may not get machines in the project "p": no role grants it',
    );
    const record = server.accessRecords.find(({ requestId }) => requestId === answer.headers['audit-id']);
    const { credential, ...rest } = record ?? { credential: '' };
    assert.match(credential, /^certificate:[0-9a-f]+$/);
    assert.deepEqual(rest, {
      realm: '/orgs/acme',
      requestId: answer.headers['audit-id'],
      actor: 'alice',
      address: '127.0.0.1',
      verb: 'get',
      resource: 'machines.lab.casemate.internal',
      namespace: 'p',
      name: 'forbidden',
      decision: 'denied',
      code: 403,
      reason: 'Forbidden',
    });
  });

  test('refuses impersonation instead of ignoring it', async () => {
    const answer = await send('GET', '/version', undefined, { 'Impersonate-User': 'root' });
    assert.deepEqual([answer.code, answer.json().reason], [403, 'Forbidden']);
  });

  test('creates, reads, replaces, patches and deletes an object', async () => {
    const created = await send('POST', MACHINES, machine('crud'));
    assert.equal(created.code, 201);
    const object = created.json();
    assert.deepEqual(object.spec, { image: 'debian', size: 1, power: 'on' });
    assert.equal(object.metadata.namespace, 'p');
    assert.deepEqual((await send('GET', `${MACHINES}/crud`)).json(), object);
    const replaced = await send('PUT', `${MACHINES}/crud`, { ...object, spec: { ...object.spec, size: 2 } });
    assert.deepEqual(
      [replaced.code, replaced.json().spec.size, replaced.json().metadata.generation],
      [200, 2, 2],
    );
    const stale = await send('PUT', `${MACHINES}/crud`, { ...object, spec: { ...object.spec, size: 3 } });
    assert.deepEqual([stale.code, stale.json().reason], [409, 'Conflict']);
    for (const [type, patch, size] of [
      ['application/merge-patch+json', { spec: { size: 4 } }, 4],
      ['application/strategic-merge-patch+json', { spec: { size: 5 } }, 5],
      ['application/json-patch+json', [{ op: 'replace', path: '/spec/size', value: 6 }], 6],
    ] as const) {
      const patched = await send('PATCH', `${MACHINES}/crud`, patch, { 'Content-Type': type });
      assert.deepEqual([patched.code, patched.json().spec?.size], [200, size], type);
    }
    const deleted = await send('DELETE', `${MACHINES}/crud`);
    assert.equal(deleted.code, 200);
    assert.deepEqual(deleted.json(), {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'crud', group: 'lab.casemate.internal', kind: 'machines', uid: object.metadata.uid },
      code: 200,
    });
    assert.equal((await send('GET', `${MACHINES}/crud`)).code, 404);
  });

  test('a patch with a stale resourceVersion is a Conflict, and one that changes who the object is, Invalid', async () => {
    const { metadata } = (await send('POST', MACHINES, machine('identity'))).json();
    const patch = (metadataPatch: object) =>
      send(
        'PATCH',
        `${MACHINES}/identity`,
        { metadata: metadataPatch },
        { 'Content-Type': 'application/merge-patch+json' },
      );
    assert.equal((await patch({ resourceVersion: '1' })).json().reason, 'Conflict');
    assert.equal((await patch({ name: 'other' })).json().details.causes[0].field, 'metadata.name');
    assert.equal((await patch({ uid: 'other' })).json().details.causes[0].field, 'metadata.uid');
    const same = await patch({ resourceVersion: metadata.resourceVersion });
    assert.deepEqual([same.code, same.json().metadata.resourceVersion], [200, metadata.resourceVersion]);
  });

  test('keeps status to its subresource', async () => {
    await send('POST', MACHINES, { ...machine('status'), status: { phase: 'Ignored' } });
    const put = await send('PUT', `${MACHINES}/status/status`, {
      ...machine('status'),
      status: { phase: 'Up' },
    });
    assert.deepEqual([put.code, put.json().status], [200, { phase: 'Up' }]);
    const patched = await send(
      'PATCH',
      `${MACHINES}/status/status`,
      { spec: { size: 9 }, status: { phase: 'Down' } },
      { 'Content-Type': 'application/merge-patch+json' },
    );
    assert.deepEqual([patched.json().status.phase, patched.json().spec.size], ['Down', 1]);
    assert.equal((await send('GET', `${MACHINES}/status/status`)).json().status.phase, 'Down');
  });

  test('a dry run answers as the change would, and changes nothing', async () => {
    const answer = await send('POST', `${MACHINES}?dryRun=All`, machine('dry'));
    assert.deepEqual([answer.code, answer.json().metadata.name], [201, 'dry']);
    assert.equal((await send('GET', `${MACHINES}/dry`)).code, 404);
    const bad = await send('POST', `${MACHINES}?dryRun=Some`, machine('dry'));
    assert.deepEqual([bad.code, bad.json().details.causes[0].field], [422, 'dryRun']);
  });

  test('fieldValidation warns by default, and refuses when strict', async () => {
    const misspelt = machine('warned', {}, { siez: 2 });
    const warned = await send('POST', MACHINES, misspelt);
    assert.equal(warned.code, 201);
    assert.match(String(warned.headers.warning), /^299 - ".*spec\.siez.*"$/);
    const refused = await send('POST', `${MACHINES}?fieldValidation=Strict`, misspelt);
    assert.deepEqual([refused.code, refused.headers.warning], [400, undefined]);
    assert.match(refused.json().message, /spec\.siez/);
  });

  test('says which fields are wrong, and what would be right', async () => {
    const answer = await send('POST', MACHINES, machine('invalid', {}, { size: 100, power: 'maybe' }));
    assert.equal(answer.code, 422);
    const { reason, details } = answer.json();
    assert.equal(reason, 'Invalid');
    assert.deepEqual(details.causes.map(({ field }: { field: string }) => field).sort(), [
      'spec.power',
      'spec.size',
    ]);
  });

  test('completes generateName', async () => {
    const answer = await send('POST', MACHINES, { ...machine(''), metadata: { generateName: 'made-' } });
    assert.equal(answer.code, 201);
    assert.match(answer.json().metadata.name, /^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  for (const [title, body, field] of [
    ['another apiVersion', { ...machine('x'), apiVersion: 'v1' }, 'apiVersion'],
    ['another kind', { ...machine('x'), kind: 'Secret' }, 'kind'],
    ['another project', { ...machine('x'), metadata: { name: 'x', namespace: 'q' } }, 'metadata.namespace'],
    ['metadata that is no object', { ...machine('x'), metadata: 'x' }, 'metadata'],
  ] as const) {
    test(`refuses a body of ${title} than its path says`, async () => {
      const answer = await send('POST', MACHINES, body);
      assert.deepEqual([answer.code, answer.json().details.causes[0].field], [400, field]);
    });
  }

  test('reads JSON, YAML and gzip, and refuses other bodies', async () => {
    const yaml = 'metadata: {name: from-yaml}\nspec: {image: debian}\n';
    assert.equal((await send('POST', MACHINES, yaml, { 'Content-Type': 'application/yaml' })).code, 201);
    const zipped = gzipSync(JSON.stringify(machine('from-gzip')));
    const gzip = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' };
    assert.equal((await send('POST', MACHINES, zipped, gzip)).code, 201);
    const refusals = [
      [await send('POST', MACHINES, '<x/>', { 'Content-Type': 'application/xml' }), 415],
      [
        await send('POST', MACHINES, 'x', { 'Content-Type': 'application/json', 'Content-Encoding': 'br' }),
        415,
      ],
      [await send('POST', MACHINES, 'not gzip', gzip), 400],
      [await send('POST', MACHINES, '{"metadata":', { 'Content-Type': 'application/json' }), 400],
      [await send('POST', MACHINES, '[]', { 'Content-Type': 'application/json' }), 400],
      [await send('PATCH', `${MACHINES}/from-yaml`, '{}', { 'Content-Type': 'application/json' }), 415],
      [
        await send('PATCH', `${MACHINES}/from-yaml`, '{}', {
          'Content-Type': 'application/apply-patch+cbor',
        }),
        415,
      ],
      [
        await send('POST', MACHINES, Buffer.alloc(BODY_BYTES_MAX + 1, ' '), {
          'Content-Type': 'application/json',
        }),
        413,
      ],
      [await send('POST', MACHINES, gzipSync(Buffer.alloc(BODY_BYTES_MAX + 1, ' ')), gzip), 413],
    ] as const;
    assert.deepEqual(
      refusals.map(([answer]) => answer.code),
      refusals.map(([, code]) => code),
    );
    for (const [answer] of refusals) assert.equal(answer.json().kind, 'Status');
  });

  test('gives YAML and indented JSON when asked', async () => {
    await send('POST', MACHINES, machine('pretty'));
    const yaml = await send('GET', `${MACHINES}/pretty`, undefined, { Accept: 'application/yaml' });
    assert.equal(yaml.headers['content-type'], 'application/yaml');
    assert.match(yaml.text, /^apiVersion: lab\.casemate\.internal\/v1\nkind: Machine\n/);
    assert.match((await send('GET', `${MACHINES}/pretty?pretty=true`)).text, /^\{\n {2}"apiVersion"/);
    assert.equal((await send('GET', `${MACHINES}/pretty`, undefined, { Accept: 'image/png' })).code, 406);
  });

  test('answers 404 and 405 as Status, and never reveals more to who may not', async () => {
    for (const [method, path, code] of [
      ['GET', `${MACHINES}/none`, 404],
      ['GET', '/orgs/acme/apis/nothing/v1/things', 404],
      ['GET', '/orgs/acme/apis/lab.casemate.internal/v2/machines', 404],
      ['GET', `${MACHINES}/crud/nothing`, 404],
      ['POST', '/orgs/acme/apis/lab.casemate.internal/v1/machines', 405],
      ['PUT', MACHINES, 405],
      ['POST', '/version', 405],
      ['HEAD', MACHINES, 405],
      ['GET', '/apis/lab.casemate.internal/v1/machines', 404],
    ] as const) {
      const answer = await send(method, path);
      assert.equal(answer.code, code, `${method} ${path}`);
      if (method !== 'HEAD') assert.equal(answer.json().status, 'Failure');
    }
  });

  test('organizations read what the region shares, and cannot write it', async () => {
    const created = await send('POST', '/apis/lab.casemate.internal/v1/catalogs', {
      metadata: { name: 'shared' },
      spec: { title: 'Shared' },
    });
    assert.equal(created.code, 201);
    const path = '/orgs/acme/apis/lab.casemate.internal/v1/catalogs';
    assert.deepEqual((await send('GET', `${path}/shared`)).json(), created.json());
    assert.deepEqual((await send('GET', path)).json().items, [created.json()]);
    for (const [method, where] of [
      ['POST', path],
      ['PUT', `${path}/shared`],
      ['PATCH', `${path}/shared`],
      ['DELETE', `${path}/shared`],
      ['DELETE', path],
    ] as const) {
      const answer = await send(method, where, {});
      assert.equal(answer.code, 405, `${method} ${where}`);
      assert.match(answer.json().message, /belong to the region/);
    }
  });

  test('records reads of secrets before it answers, and refused creations', async () => {
    const path = '/orgs/acme/api/v1/namespaces/p/secrets';
    assert.equal((await send('POST', path, { metadata: { name: 's' }, data: { a: 'Yg==' } })).code, 403);
    const context = server.testRealms.context('/orgs/acme');
    const kind = server.testRealms.registry.resource('secrets');
    assert.ok(kind);
    await server.testRealms.realms.use('/orgs/acme', ({ resources }) =>
      resources.create(kind, 'p', { metadata: { name: 's' }, data: { a: 'Yg==' } }, context),
    );
    const from = server.accessRecords.length;
    assert.deepEqual((await send('GET', `${path}/s`)).json().data, { a: 'Yg==' });
    assert.equal((await send('GET', path)).json().items.length, 1);
    const records = server.accessRecords
      .slice(from)
      .map(({ verb, resource, name, decision }) => ({ verb, resource, name, decision }));
    assert.deepEqual(records, [
      { verb: 'get', resource: 'secrets', name: 's', decision: 'allowed' },
      { verb: 'list', resource: 'secrets', name: undefined, decision: 'allowed' },
    ]);
  });

  test('deletes with preconditions from the body, and by selector', async () => {
    const { metadata } = (await send('POST', MACHINES, machine('pre', { batch: 'x' }))).json();
    const options = (uid: string) => ({
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      preconditions: { uid },
      propagationPolicy: 'Background',
    });
    assert.equal((await send('DELETE', `${MACHINES}/pre`, options('another'))).json().reason, 'Conflict');
    assert.equal((await send('DELETE', `${MACHINES}/pre?propagationPolicy=Never`)).code, 422);
    assert.equal((await send('DELETE', `${MACHINES}/pre`, options(metadata.uid))).code, 200);
    for (const name of ['b1', 'b2', 'b3'])
      await send('POST', MACHINES, machine(name, { batch: name === 'b3' ? 'y' : 'x' }));
    const deleted = (await send('DELETE', `${MACHINES}?labelSelector=batch%3Dx`)).json();
    assert.deepEqual(
      deleted.items.map((item: { metadata: { name: string } }) => item.metadata.name),
      ['b1', 'b2'],
    );
    assert.equal((await send('GET', `${MACHINES}/b3`)).code, 200);
  });

  test('an object that a finalizer holds is answered as it is deleted', async () => {
    await send('POST', MACHINES, {
      ...machine('held'),
      metadata: { name: 'held', finalizers: ['lab.casemate.internal/hold'] },
    });
    const deleted = await send('DELETE', `${MACHINES}/held`);
    assert.equal(deleted.json().kind, 'Machine');
    assert.ok(deleted.json().metadata.deletionTimestamp);
    await send(
      'PATCH',
      `${MACHINES}/held`,
      { metadata: { finalizers: null } },
      { 'Content-Type': 'application/merge-patch+json' },
    );
    assert.equal((await send('GET', `${MACHINES}/held`)).code, 404);
  });

  test('answers the questions a client may ask about itself', async () => {
    const whoami = await send('POST', '/orgs/acme/apis/authentication.k8s.io/v1/selfsubjectreviews', {});
    assert.equal(whoami.code, 201);
    assert.equal(whoami.json().status.userInfo.username, 'alice');
    const can = async (resourceAttributes: object) =>
      (
        await send('POST', '/orgs/acme/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
          spec: { resourceAttributes },
        })
      ).json().status;
    assert.deepEqual(await can({ verb: 'create', resource: 'secrets' }), {
      allowed: false,
      reason: 'no role grants it',
    });
    assert.deepEqual(await can({ verb: 'get', resource: 'namespaces' }), { allowed: true, reason: 'a test' });
    const none = await send('POST', '/orgs/acme/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      spec: {},
    });
    assert.deepEqual([none.code, none.json().details.causes[0].field], [422, 'spec.resourceAttributes']);
    const rules = await send('POST', '/orgs/acme/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
      spec: { namespace: 'p' },
    });
    assert.deepEqual(rules.json().status.resourceRules, [
      { verbs: ['get'], apiGroups: [''], resources: ['namespaces'] },
    ]);
    assert.equal(
      (await send('GET', '/orgs/acme/apis/authentication.k8s.io/v1/selfsubjectreviews')).code,
      405,
    );
  });

  test('serves the logs as C2SP tiles', async () => {
    const checkpoint = await send('GET', '/orgs/acme/ledger/changes/checkpoint');
    assert.equal(checkpoint.headers['content-type'], 'text/plain; charset=utf-8');
    assert.match(checkpoint.text, /^test\.casemate\.internal\/orgs\/acme\/changes\n\d+\n/);
    const size = Number(checkpoint.text.split('\n')[1]);
    const tile = await send('GET', `/orgs/acme/ledger/changes/tile/0/000.p/${size}`);
    assert.deepEqual(
      [tile.code, tile.headers['content-type'], tile.headers['content-length']],
      [200, 'application/octet-stream', String(size * 32)],
    );
    assert.equal((await send('GET', `/orgs/acme/ledger/changes/tile/entries/000.p/${size}`)).code, 200);
    assert.match(
      (await send('GET', '/ledger/access/key')).text,
      /^test\.casemate\.internal\/access\+[0-9a-f]{8}\+/,
    );
    for (const path of ['tile/0/999', 'tile/0/../../x', 'tile/0/0', 'nothing', 'tile/entries/000.p/256']) {
      assert.equal(
        (await send('GET', `/orgs/acme/ledger/changes/${path}`)).code,
        path.includes('..') ? 404 : 404,
        path,
      );
    }
    assert.equal((await send('GET', '/orgs/acme/ledger/forbidden/checkpoint')).code, 403);
    assert.equal((await send('GET', '/orgs/acme/ledger/other/checkpoint')).code, 404);
    assert.equal((await send('DELETE', '/orgs/acme/ledger/changes/checkpoint')).code, 405);
  });

  test('finds leaves by what they are about, each as the log has it', async () => {
    const search = (query: string, log = 'changes') =>
      send('GET', `/orgs/acme/ledger/${log}/search?${query}`);
    const context = server.testRealms.context('/orgs/acme');
    const index = await server.testRealms.realms.use('/orgs/acme', async ({ resources }) => {
      const draft = { metadata: { name: 'sought' }, spec: { image: 'debian' } };
      const { object } = await resources.create(Machine, 'p', draft, context);
      return Number(object.metadata.resourceVersion);
    });
    const { items } = (await search(`resource=${Machine.resource}&namespace=p&name=sought`)).json();
    assert.deepEqual(
      items.map((item: { index: number; personal: { name: string } }) => [item.index, item.personal.name]),
      [[index, 'sought']],
    );
    const [{ leaf }] = items;
    const tile = await send('GET', `/orgs/acme/ledger/changes/tile/entries/000.p/${index + 1}`);
    assert.ok(tile.text.includes(leaf));
    assert.deepEqual((await search(`uid=${JSON.parse(leaf).uid}`)).json().items, items);
    for (const wrong of ['limit=0', 'limit=501', 'from=-1', 'since=yesterday', `name=${'n'.repeat(513)}`]) {
      const refused = await search(wrong);
      assert.deepEqual([refused.code, refused.json().reason], [400, 'BadRequest'], wrong);
    }
    assert.equal((await search('', 'forbidden')).code, 403);
  });

  test('gives what a leaf recorded to who may get the object, and of secrets to nobody', async () => {
    const body = (index: number) => send('GET', `/orgs/acme/ledger/changes/body/${index}`);
    const context = server.testRealms.context('/orgs/acme');
    const { made, hidden, sealed } = await server.testRealms.realms.use('/orgs/acme', async (realm) => {
      const create = async (kind: Kind, name: string, more = {}) => {
        const draft = { metadata: { name }, ...more };
        return Number(
          (await realm.resources.create(kind, 'p', draft, context)).object.metadata.resourceVersion,
        );
      };
      return {
        made: await create(Machine, 'recorded', { spec: { image: 'debian' } }),
        hidden: await create(Machine, 'forbidden-too', { spec: { image: 'debian' } }),
        sealed: await create(Secret, 'recorded', { data: { password: 'aHVudGVyMg==' } }),
      };
    });
    const given = await body(made);
    assert.equal(given.code, 200);
    const json = Buffer.from(bodyJson(Buffer.from(given.text))).toString('utf8');
    assert.equal(JSON.parse(json).metadata.name, 'recorded');
    const digests = (await send('GET', '/orgs/acme/ledger/changes/bodies/0')).json();
    assert.equal(digests[made], bodyDigest(Buffer.from(given.text)));
    const refused = await body(hidden);
    assert.equal(refused.code, 403);
    assert.match(refused.json().message, /"alice" may not get machines in the project "p"/);
    const secret = await body(sealed);
    assert.equal(secret.code, 403);
    assert.match(secret.json().message, new RegExp(`the body of leaf ${sealed} is sealed`));
    for (const index of [0, 1, 9_999]) assert.equal((await body(index)).code, 404, String(index));
    assert.equal((await send('GET', `/orgs/acme/ledger/access/body/${made}`)).code, 404);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { defineKind } from '../kind.ts';
import { KindRegistry } from '../registry.ts';
import { Catalogue } from './catalogue.ts';
import { Machine, TEST_KINDS } from './test-kinds.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const JSON_TYPE = 'application/json';
const aggregatedType = (version: string) =>
  `${JSON_TYPE};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

describe('discovery', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ kinds: TEST_KINDS });
  });
  after(() => server.close());
  const get = (path: string, accept?: string) =>
    server.send('GET', path, undefined, accept === undefined ? {} : { Accept: accept });

  test('in its legacy form is bare JSON, which old clients compare exactly', async () => {
    for (const [path, kind] of [
      ['/api', 'APIVersions'],
      ['/apis', 'APIGroupList'],
      ['/api/v1', 'APIResourceList'],
      ['/apis/lab.casemate.internal', 'APIGroup'],
      ['/apis/lab.casemate.internal/v1', 'APIResourceList'],
    ] as const) {
      const answer = await get(`/orgs/acme${path}`, JSON_TYPE);
      assert.deepEqual(
        [answer.code, answer.headers['content-type'], answer.json().kind],
        [200, JSON_TYPE, kind],
      );
    }
    assert.deepEqual((await get('/orgs/acme/apis/lab.casemate.internal/v1')).json().resources, [
      {
        name: 'machines',
        singularName: 'machine',
        namespaced: true,
        kind: 'Machine',
        verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
        shortNames: ['mc'],
        categories: ['all'],
      },
      {
        name: 'machines/status',
        singularName: '',
        namespaced: true,
        kind: 'Machine',
        verbs: ['get', 'patch', 'update'],
      },
      { name: 'machines/exec', singularName: '', namespaced: true, kind: 'Machine', verbs: ['create'] },
      { name: 'machines/log', singularName: '', namespaced: true, kind: 'Machine', verbs: ['get'] },
      {
        name: 'catalogs',
        singularName: 'catalog',
        namespaced: false,
        kind: 'Catalog',
        verbs: ['get', 'list', 'watch'],
      },
    ]);
    assert.equal((await get('/orgs/acme/apis/none')).code, 404);
    assert.equal((await get('/orgs/acme/apis/none/v1')).code, 404);
  });

  for (const version of ['v2', 'v2beta1']) {
    test(`aggregated ${version} answers at both roots with the exact type that was asked for`, async () => {
      for (const [path, groups] of [
        ['/orgs/acme/api', [undefined]],
        ['/orgs/acme/apis', ['authentication.k8s.io', 'authorization.k8s.io', 'lab.casemate.internal']],
      ] as const) {
        const answer = await get(path, `${aggregatedType(version)},${JSON_TYPE}`);
        assert.equal(answer.headers['content-type'], aggregatedType(version));
        const document = answer.json();
        assert.equal(document.apiVersion, `apidiscovery.k8s.io/${version}`);
        assert.deepEqual(
          document.items.map((item: { metadata: { name?: string } }) => item.metadata.name),
          groups,
        );
      }
    });
  }

  test('aggregated prefers what the client prefers', async () => {
    const all = [aggregatedType('v2'), aggregatedType('v2beta1'), JSON_TYPE].join(',');
    assert.equal((await get('/apis', all)).headers['content-type'], aggregatedType('v2'));
    assert.equal(
      (await get('/apis', `${aggregatedType('v9')},${JSON_TYPE}`)).headers['content-type'],
      JSON_TYPE,
    );
  });

  test('aggregated for who asks for no peers is the same: there are none to ask', async () => {
    const nopeer = `${aggregatedType('v2')};profile=nopeer`;
    const answer = await get('/orgs/acme/apis', `${nopeer},${JSON_TYPE}`);
    assert.equal(answer.headers['content-type'], aggregatedType('v2'));
    assert.deepEqual(answer.json(), (await get('/orgs/acme/apis', aggregatedType('v2'))).json());
  });

  test('shows each realm only what it serves', async () => {
    const names = async (path: string) =>
      (await get(path)).json().resources.map(({ name }: { name: string }) => name);
    assert.deepEqual(await names('/apis/lab.casemate.internal/v1'), ['catalogs']);
    assert.ok(!(await names('/api/v1')).includes('pods'));
    assert.ok((await names('/orgs/acme/api/v1')).includes('pods'));
  });

  test('OpenAPI v3 lists group-versions by hash, and kubectl finds what it looks for in them', async () => {
    const { paths } = (await get('/orgs/acme/openapi/v3')).json();
    assert.deepEqual(Object.keys(paths), [
      'api/v1',
      'apis/authentication.k8s.io/v1',
      'apis/authentication.k8s.io/v1beta1',
      'apis/authorization.k8s.io/v1',
      'apis/lab.casemate.internal/v1',
    ]);
    const url: string = paths['apis/lab.casemate.internal/v1'].serverRelativeURL;
    assert.match(url, /^\/orgs\/acme\/openapi\/v3\/apis\/lab\.casemate\.internal\/v1\?hash=[0-9A-F]{128}$/);
    const answer = await get(url);
    assert.equal(answer.headers['content-type'], JSON_TYPE);
    assert.match(String(answer.headers['cache-control']), /immutable/);
    const document = answer.json();
    const { patch } = document.paths['/apis/lab.casemate.internal/v1/namespaces/{namespace}/machines/{name}'];
    assert.deepEqual(patch['x-kubernetes-group-version-kind'], {
      group: 'lab.casemate.internal',
      version: 'v1',
      kind: 'Machine',
    });
    assert.ok(
      patch.parameters.some(
        ({ name, in: where }: { name: string; in: string }) =>
          name === 'fieldValidation' && where === 'query',
      ),
    );
    assert.deepEqual(Object.keys(patch.requestBody.content), [
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/apply-patch+yaml',
    ]);
    const schema = document.components.schemas['internal.casemate.lab.v1.Machine'];
    assert.deepEqual(schema['x-kubernetes-group-version-kind'], [
      { group: 'lab.casemate.internal', version: 'v1', kind: 'Machine' },
    ]);
    assert.deepEqual(schema.properties.spec.properties.power, {
      type: 'string',
      enum: ['on', 'off'],
      default: 'on',
      description: 'Whether it runs.',
    });
    assert.deepEqual(schema.properties.spec.required, ['image']);
    // Forms and other clients see what stays as it was set first.
    assert.deepEqual(schema.properties.spec.properties.image['x-kubernetes-validations'], [
      { rule: 'self == oldSelf', message: 'field is immutable' },
    ]);
  });

  for (const path of ['/openapi/v2', '/orgs/acme/openapi/v2']) {
    test(`every reference in ${path} leads somewhere`, async () => {
      const document = (await get(path, JSON_TYPE)).json();
      assert.equal(document.swagger, '2.0');
      for (const [, name] of JSON.stringify(document).matchAll(/"#\/definitions\/([^"]+)"/g)) {
        assert.ok(name !== undefined && name in document.definitions, String(name));
      }
    });
  }

  test('every reference in OpenAPI v3 leads somewhere', async () => {
    const { paths } = (await get('/orgs/acme/openapi/v3')).json();
    for (const { serverRelativeURL } of Object.values(paths) as { serverRelativeURL: string }[]) {
      const document = (await get(serverRelativeURL)).json();
      for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
        assert.ok(name !== undefined && name in document.components.schemas, String(name));
      }
    }
  });

  test('old clients that want OpenAPI v2 as protobuf get a document that says nothing', async () => {
    const asked = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    const type = asked.replace('@', '.');
    const answer = await get('/openapi/v2', asked);
    assert.deepEqual([answer.code, answer.headers['content-type'], answer.text], [200, type, '\x0a\x032.0']);
    assert.equal((await get('/openapi/v2', 'image/png')).code, 406);
  });

  test('tells the version that clients compare with', async () => {
    const version = (await get('/orgs/acme/version')).json();
    assert.deepEqual(
      [version.major, version.minor, version.gitVersion],
      ['1', '33', 'v1.33.0+casemate-0.0.0-test'],
    );
  });
});

test('two kinds cannot both be pods', () => {
  const other = defineKind({ ...Machine, plural: 'engines', kind: 'Engine' });
  assert.throws(
    () => new Catalogue(new KindRegistry([Machine, other])),
    /Machine and Engine both declare podView/,
  );
});

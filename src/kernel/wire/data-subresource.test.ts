import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Type } from 'typebox';
import { defineKind } from '../kind.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const Shelf = defineKind({
  group: 'lab.casemate.internal',
  version: 'v1',
  kind: 'Shelf',
  plural: 'shelves',
  scope: 'Realm',
  description: 'Something that holds things.',
  realms: ['organization'],
  spec: Type.Object({}, { default: {} }),
  subresources: {
    things: { type: 'data', description: 'ask at the counter', verbs: ['create', 'delete', 'get', 'list'] },
  },
});

const GROUP = '/orgs/acme/apis/lab.casemate.internal/v1';

suite('data that another process serves', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ kinds: [Shelf] });
    const { code } = await server.send('POST', `${GROUP}/shelves`, { metadata: { name: 'one' }, spec: {} });
    assert.equal(code, 201);
  });
  after(() => server.close());

  test('is in discovery with the verbs that permissions tell apart, and not in OpenAPI', async () => {
    const { resources } = (await server.send('GET', GROUP)).json();
    const found = resources.find(({ name }: { name: string }) => name === 'shelves/things');
    assert.deepEqual(found.verbs, ['create', 'delete', 'get', 'list']);
    const document = (await server.send('GET', '/orgs/acme/openapi/v3/apis/lab.casemate.internal/v1')).json();
    assert.deepEqual(
      Object.keys(document.paths).filter((path) => path.includes('things')),
      [],
    );
  });

  test('is answered with where it is served, whatever is asked of it here', async () => {
    for (const method of ['GET', 'POST', 'DELETE'] as const) {
      const answer = await server.send(
        method,
        `${GROUP}/shelves/one/things`,
        method === 'POST' ? {} : undefined,
      );
      assert.equal(answer.code, 405, method);
      assert.match(answer.text, /shelves\/things is not served by this API: ask at the counter/);
    }
    // A verb that it does not have.
    assert.equal((await server.send('PUT', `${GROUP}/shelves/one/things`, {})).code, 405);
  });
});

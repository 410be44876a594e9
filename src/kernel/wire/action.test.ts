import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Type } from 'typebox';
import type { ActionConnector } from '../connect.ts';
import { badRequest } from '../errors.ts';
import { defineKind } from '../kind.ts';
import { organizationRealm } from '../realm-id.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const Safe = defineKind({
  group: 'lab.casemate.internal',
  version: 'v1',
  kind: 'Safe',
  plural: 'safes',
  scope: 'Realm',
  description: 'Something that can be asked to do something.',
  realms: ['organization'],
  spec: Type.Object({}, { default: {} }),
  subresources: {
    turn: {
      type: 'action',
      description: 'Turns the wheel.',
      request: Type.Object({
        combination: Type.String({ minLength: 4, maxLength: 8 }),
        times: Type.Integer({ minimum: 1, default: 1 }),
        reason: Type.Optional(Type.String({ maxLength: 64 })),
      }),
      response: Type.Object({ opened: Type.Boolean() }),
      recorded: ['reason', 'times'],
    },
  },
});

const SAFES = '/orgs/acme/apis/lab.casemate.internal/v1/safes';

suite('an action', () => {
  let server: TestServer;
  const asked: unknown[] = [];
  const turn: ActionConnector = {
    type: 'action',
    async call({ body, object, actor }) {
      asked.push([actor.name, object.metadata.name, body]);
      if (body.combination === '0000') throw badRequest('combination: that one was never right');
      return { opened: true };
    },
  };

  before(async () => {
    server = await startTestServer({
      kinds: [Safe],
      create: [organizationRealm('acme')],
      connectors: { 'safes.lab.casemate.internal/turn': turn },
    });
    const { code } = await server.send('POST', SAFES, { metadata: { name: 'one' }, spec: {} });
    assert.equal(code, 201);
  });
  after(() => server.close());

  const act = (body: unknown, name = 'one') => server.send('POST', `${SAFES}/${name}/turn`, body);

  test('is given what was sent, with defaults, and answers with what its connector says', async () => {
    const answer = await act({ combination: '1234', reason: 'audit' });
    assert.deepEqual([answer.code, answer.json()], [200, { opened: true }]);
    assert.deepEqual(asked.at(-1), ['alice', 'one', { combination: '1234', reason: 'audit', times: 1 }]);
  });

  test('is on record with who asked, of what, and the properties that its kind declares', async () => {
    await act({ combination: '1234', reason: 'audit' });
    const { verb, resource, name, actor, decision, details } = server.accessRecords.at(-1) ?? {};
    assert.deepEqual(
      { verb, resource, name, actor, decision, details },
      {
        verb: 'create',
        resource: 'safes.lab.casemate.internal/turn',
        name: 'one',
        actor: 'alice',
        decision: 'allowed',
        details: { reason: 'audit', times: '1' },
      },
    );
  });

  test('refuses what its schema does not allow, names each field, and quotes no value', async () => {
    const before = asked.length;
    const answer = await act({ combination: 'a secret that is too long', times: 0, wheel: 1 });
    assert.equal(answer.code, 422);
    const fields = answer.json().details.causes.map(({ field }: { field: string }) => field);
    assert.deepEqual(fields.toSorted(), ['combination', 'times', 'wheel']);
    assert.doesNotMatch(answer.text, /a secret that/);
    assert.equal(asked.length, before);
  });

  test('answers what its connector refuses, and 404 for what is not there, 405 for another method', async () => {
    assert.match((await act({ combination: '0000' })).text, /never right/);
    assert.equal((await act({ combination: '1234' }, 'two')).code, 404);
    assert.equal((await server.send('GET', `${SAFES}/one/turn`)).code, 405);
  });

  test('is in discovery and in OpenAPI with its schemas', async () => {
    const resources = (await server.send('GET', '/orgs/acme/apis/lab.casemate.internal/v1')).json().resources;
    const found = resources.find(({ name }: { name: string }) => name === 'safes/turn');
    assert.deepEqual(found.verbs, ['create']);
    const document = (await server.send('GET', '/orgs/acme/openapi/v3/apis/lab.casemate.internal/v1')).json();
    const { post } = document.paths['/apis/lab.casemate.internal/v1/safes/{name}/turn'];
    const { schema } = post.requestBody.content['application/json'];
    assert.deepEqual(Object.keys(schema.properties), ['combination', 'times', 'reason']);
  });
});

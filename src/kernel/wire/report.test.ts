import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Type } from 'typebox';
import type { ReportConnector } from '../connect.ts';
import { badRequest } from '../errors.ts';
import { defineKind } from '../kind.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const Barometer = defineKind({
  group: 'lab.casemate.internal',
  version: 'v1',
  kind: 'Barometer',
  plural: 'barometers',
  scope: 'Realm',
  description: 'Something that can be read.',
  realms: ['organization'],
  spec: Type.Object({}, { default: {} }),
  subresources: {
    pressure: {
      type: 'report',
      description: 'What it shows.',
      parameters: { unit: 'hPa (the default) or mmHg.' },
      response: Type.Object({ pressure: Type.Number() }),
    },
  },
});

const GROUP = '/orgs/acme/apis/lab.casemate.internal/v1';
const ONE = `${GROUP}/barometers/one/pressure`;

suite('a report about an object', () => {
  let server: TestServer;
  const pressure: ReportConnector = {
    type: 'report',
    async read({ query }) {
      const unit = query.get('unit') ?? 'hPa';
      if (unit !== 'hPa' && unit !== 'mmHg') throw badRequest(`unit: "${unit}" is none`);
      return { pressure: unit === 'hPa' ? 1013 : 760 };
    },
  };
  before(async () => {
    server = await startTestServer({
      kinds: [Barometer],
      connectors: { 'barometers.lab.casemate.internal/pressure': pressure },
    });
    const { code } = await server.send('POST', `${GROUP}/barometers`, {
      metadata: { name: 'one' },
      spec: {},
    });
    assert.equal(code, 201);
  });
  after(() => server.close());

  test('is read with its parameters, and is no more on record than reading the object', async () => {
    const before = server.accessRecords.length;
    assert.deepEqual((await server.send('GET', ONE)).json(), { pressure: 1013 });
    assert.deepEqual((await server.send('GET', `${ONE}?unit=mmHg`)).json(), { pressure: 760 });
    assert.equal(server.accessRecords.length, before);
  });

  test('cannot be written, and is of an object that is there', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      assert.equal((await server.send(method, ONE, {})).code, 405, method);
    }
    assert.equal((await server.send('GET', `${GROUP}/barometers/two/pressure`)).code, 404);
    assert.equal((await server.send('GET', `${ONE}?unit=bar`)).code, 400);
  });

  test('is in discovery and in OpenAPI, with its parameters and its shape', async () => {
    const { resources } = (await server.send('GET', GROUP)).json();
    const found = resources.find(({ name }: { name: string }) => name === 'barometers/pressure');
    assert.deepEqual(found.verbs, ['get']);
    const { paths } = (
      await server.send('GET', '/orgs/acme/openapi/v3/apis/lab.casemate.internal/v1')
    ).json();
    const { get } = paths['/apis/lab.casemate.internal/v1/barometers/{name}/pressure'];
    assert.deepEqual(
      get.parameters.map(({ name }: { name: string }) => name),
      ['unit'],
    );
    const { schema } = get.responses['200'].content['application/json'];
    assert.deepEqual(Object.keys(schema.properties), ['pressure']);
  });
});

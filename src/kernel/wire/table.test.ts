/**
 * Tables to the letter, in every answer that can be one: `kubectl get` prints what the server says, and nothing else.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '../store/manual-clock.ts';
import { TEST_KINDS } from './test-kinds.ts';
import { startTestServer, type TestServer } from './test-server.ts';
import { openWatch } from './test-watch.ts';

const MACHINES = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/p/machines';
const tableType = (version = 'v1') => `application/json;as=Table;v=${version};g=meta.k8s.io`;
const COLUMNS = [
  {
    name: 'Name',
    type: 'string',
    format: 'name',
    description: 'Name of the object: unique for its kind in its project.',
    priority: 0,
  },
  { name: 'Size', type: 'integer', format: '', description: 'How large it is.', priority: 0 },
  { name: 'Phase', type: 'string', format: '', description: 'What it does.', priority: 0 },
  { name: 'Image', type: 'string', format: '', description: 'What it runs.', priority: 1 },
  {
    name: 'Age',
    type: 'string',
    format: '',
    description: 'How long ago the object was created.',
    priority: 0,
  },
];

describe('a Table', () => {
  let server: TestServer;
  // Five minutes after the store's clock, which stands still: so ages are what they are.
  const clock = new ManualClock(Date.UTC(2026, 0, 1, 0, 5));
  const get = (path: string, accept = tableType()) => server.send('GET', path, undefined, { Accept: accept });
  before(async () => {
    server = await startTestServer({ kinds: TEST_KINDS, clock });
    for (const name of ['a', 'b']) {
      await server.send('POST', MACHINES, { metadata: { name }, spec: { image: 'debian' } });
    }
  });
  after(() => server.close());

  test('of a list has columns, a row an object with its metadata, and goes on in chunks', async () => {
    const { metadata } = (await server.send('GET', `${MACHINES}/a`)).json();
    const answer = await get(`${MACHINES}?limit=1`);
    assert.equal(answer.headers['content-type'], 'application/json');
    const table = answer.json();
    assert.deepEqual(table, {
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: {
        resourceVersion: table.metadata.resourceVersion,
        continue: table.metadata.continue,
        remainingItemCount: 1,
      },
      columnDefinitions: COLUMNS,
      rows: [
        {
          cells: ['a', 1, '', 'debian', '5m'],
          object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata },
        },
      ],
    });
    const rest = (await get(`${MACHINES}?limit=1&continue=${table.metadata.continue}`)).json();
    assert.deepEqual(Object.keys(rest.metadata), ['resourceVersion']);
    assert.equal(rest.rows[0].cells[0], 'b');
  });

  test('of nothing has its columns and no row', async () => {
    const { columnDefinitions, rows } = (await get(`${MACHINES}?labelSelector=none`)).json();
    assert.deepEqual([columnDefinitions, rows], [COLUMNS, []]);
  });

  test('of one object has its revision', async () => {
    const object = (await server.send('GET', `${MACHINES}/a`)).json();
    const table = (await get(`${MACHINES}/a?includeObject=Object`)).json();
    assert.deepEqual(table.metadata, { resourceVersion: object.metadata.resourceVersion });
    assert.deepEqual(table.rows, [{ cells: ['a', 1, '', 'debian', '5m'], object }]);
    assert.equal((await get(`${MACHINES}/a?includeObject=Some`)).code, 400);
  });

  test('carries the version that was asked for', async () => {
    const table = (await get(MACHINES, tableType('v1beta1'))).json();
    assert.deepEqual(
      [table.apiVersion, table.rows[0].object.apiVersion],
      ['meta.k8s.io/v1beta1', 'meta.k8s.io/v1beta1'],
    );
  });

  test('that cannot be given is JSON where that is accepted too, and else 406', async () => {
    for (const accept of [
      tableType('v7'),
      'application/json;as=Table;v=v1;g=other.example',
      'application/json;as=Chart;v=v1;g=meta.k8s.io',
    ]) {
      const refused = await get(MACHINES, accept);
      assert.deepEqual([refused.code, refused.json().reason], [406, 'NotAcceptable'], accept);
      assert.equal((await get(MACHINES, `${accept},application/json`)).json().kind, 'MachineList', accept);
    }
  });

  test('is what a change answers, too; a refusal stays a Status', async () => {
    const accept = { Accept: `${tableType()},application/json` };
    const body = { metadata: { name: 'c' }, spec: { image: 'debian' } };
    const created = await server.send('POST', MACHINES, body, accept);
    assert.deepEqual(
      [created.code, created.json().kind, created.json().rows[0].cells[0]],
      [201, 'Table', 'c'],
    );
    const refused = await server.send('POST', MACHINES, body, accept);
    assert.deepEqual([refused.code, refused.json().kind], [409, 'Status']);
    assert.equal((await server.send('DELETE', `${MACHINES}/c`, undefined, accept)).json().kind, 'Status');
  });

  test('is each event of a watch: columns in the first only, and bookmarks are Tables as well', async () => {
    const watch = await openWatch(
      server,
      `${MACHINES}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      { Accept: tableType() },
    );
    const [first, second, end] = [await watch.next(), await watch.next(), await watch.next()];
    assert.deepEqual([first?.type, first?.object.columnDefinitions], ['ADDED', COLUMNS]);
    assert.deepEqual([second?.object.columnDefinitions, second?.object.rows.length], [[], 1]);
    assert.deepEqual(
      [end?.type, end?.object.kind, end?.object.rows[0].object.metadata.annotations],
      ['BOOKMARK', 'Table', { 'k8s.io/initial-events-end': 'true' }],
    );
    await server.send('DELETE', `${MACHINES}/b`);
    const gone = await watch.next();
    assert.deepEqual([gone?.type, gone?.object.rows[0].cells[0]], ['DELETED', 'b']);
    watch.close();
  });
});

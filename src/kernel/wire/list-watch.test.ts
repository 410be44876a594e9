import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '../store/manual-clock.ts';
import { TEST_KINDS } from './test-kinds.ts';
import { startTestServer, type TestServer } from './test-server.ts';
import { advanceUntil, openWatch } from './test-watch.ts';

const ROOT = '/orgs/acme/apis/lab.casemate.internal/v1';
const at = (project: string) => `${ROOT}/namespaces/${project}/machines`;
const machine = (name: string, labels: Record<string, string> = {}, spec: object = {}) => ({
  metadata: { name, labels },
  spec: { image: 'debian', ...spec },
});
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

interface Named {
  readonly metadata: { readonly name: string };
}
const names = (list: { items: Named[] }) => list.items.map(({ metadata }) => metadata.name);

let server: TestServer;
const clock = new ManualClock();
const send = (...parameters: Parameters<TestServer['send']>) => server.send(...parameters);

before(async () => {
  server = await startTestServer({ kinds: TEST_KINDS, clock });
});
after(() => server.close());

describe('lists', () => {
  before(async () => {
    for (const project of ['l1', 'l2']) {
      for (let index = 0; index < 5; index++) {
        await send(
          'POST',
          at(project),
          machine(`m${index}`, { parity: index % 2 ? 'odd' : 'even' }, { size: index + 1 }),
        );
      }
    }
  });

  test('hold everything in order, with the revision to watch from', async () => {
    const list = (await send('GET', `${ROOT}/machines`)).json();
    assert.equal(list.kind, 'MachineList');
    assert.equal(list.apiVersion, 'lab.casemate.internal/v1');
    assert.deepEqual(names(list), ['m0', 'm1', 'm2', 'm3', 'm4', 'm0', 'm1', 'm2', 'm3', 'm4']);
    assert.match(list.metadata.resourceVersion, /^[1-9]\d*$/);
    assert.deepEqual((await send('GET', at('empty'))).json().items, []);
  });

  for (const [query, expected] of [
    ['labelSelector=parity%3Dodd', ['m1', 'm3']],
    ['labelSelector=parity+in+(odd,even),!x', ['m0', 'm1', 'm2', 'm3', 'm4']],
    ['fieldSelector=metadata.name%3Dm2', ['m2']],
    ['fieldSelector=metadata.name!%3Dm2', ['m0', 'm1', 'm3', 'm4']],
    ['fieldSelector=spec.size%3D4', ['m3']],
    ['fieldSelector=spec.size%3D4,metadata.namespace%3Dl2', []],
    ['labelSelector=parity%3Dodd&fieldSelector=spec.size%3D2', ['m1']],
  ] as const) {
    test(`select by ${query}`, async () => {
      assert.deepEqual(names((await send('GET', `${at('l1')}?${query}`)).json()), expected);
    });
  }

  for (const query of [
    'fieldSelector=spec.nothing%3D1',
    'fieldSelector=spec',
    'labelSelector=%3D',
    'limit=-1',
    'limit=x',
    'continue=x',
    'resourceVersion=x',
    'watch=maybe',
    'watch=true&sendInitialEvents=maybe',
    'watch=true&timeoutSeconds=soon',
  ]) {
    test(`refuse ?${query} with what would be right`, async () => {
      const answer = await send('GET', `${at('l1')}?${query}`);
      assert.deepEqual([answer.code, answer.json().reason], [400, 'BadRequest']);
      assert.ok(answer.json().message.length > 20);
    });
  }

  test('come in chunks that all show the revision of the first, whatever happens in between', async () => {
    const first = (await send('GET', `${at('l2')}?limit=2`)).json();
    assert.deepEqual(names(first), ['m0', 'm1']);
    assert.equal(first.metadata.remainingItemCount, 3);
    await send('DELETE', `${at('l2')}/m3`);
    await send('POST', at('l2'), machine('m2a'));
    await send(
      'PATCH',
      `${at('l2')}/m4`,
      { spec: { size: 50 } },
      { 'Content-Type': 'application/merge-patch+json' },
    );
    const next = async (token: string) => (await send('GET', `${at('l2')}?limit=2&continue=${token}`)).json();
    const second = await next(first.metadata.continue);
    assert.deepEqual(names(second), ['m2', 'm3']);
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
    const third = await next(second.metadata.continue);
    assert.deepEqual(names(third), ['m4']);
    assert.equal(third.items[0].spec.size, 5);
    assert.equal(third.metadata.continue, undefined);
    const exact = await send(
      'GET',
      `${at('l2')}?resourceVersionMatch=Exact&resourceVersion=${first.metadata.resourceVersion}`,
    );
    assert.deepEqual(names(exact.json()), ['m0', 'm1', 'm2', 'm3', 'm4']);
    assert.deepEqual(names((await send('GET', at('l2'))).json()), ['m0', 'm1', 'm2', 'm2a', 'm4']);
  });

  test('of a revision that has not come are a Timeout once the wait is over', async () => {
    const answer = send('GET', `${at('l1')}?resourceVersion=999999`);
    const status = await advanceUntil(answer, server.testRealms.clock, 3_000);
    assert.deepEqual([status.code, status.json().reason], [504, 'Timeout']);
    assert.equal(status.json().details.causes[0].reason, 'ResourceVersionTooLarge');
  });

  test('are Tables when asked, with what includeObject says', async () => {
    const table = (await send('GET', `${at('l1')}?limit=1`, undefined, { Accept: TABLE })).json();
    assert.equal(table.kind, 'Table');
    assert.deepEqual(
      table.columnDefinitions.map(({ name, priority }: { name: string; priority: number }) => [
        name,
        priority,
      ]),
      [
        ['Name', 0],
        ['Size', 0],
        ['Phase', 0],
        ['Image', 1],
        ['Age', 0],
      ],
    );
    assert.deepEqual(table.rows[0].cells, ['m0', 1, '', 'debian', '0s']);
    assert.equal(table.rows[0].object.kind, 'PartialObjectMetadata');
    assert.equal(table.rows[0].object.spec, undefined);
    const whole = (
      await send('GET', `${at('l1')}/m0?includeObject=Object`, undefined, { Accept: TABLE })
    ).json();
    assert.equal(whole.rows[0].object.spec.size, 1);
    const none = (
      await send('GET', `${at('l1')}/m0?includeObject=None`, undefined, { Accept: TABLE })
    ).json();
    assert.equal(none.rows[0].object, null);
  });

  test('are metadata only when asked', async () => {
    const as = (shape: string) => ({ Accept: `application/json;as=${shape};g=meta.k8s.io;v=v1` });
    const list = (await send('GET', at('l1'), undefined, as('PartialObjectMetadataList'))).json();
    assert.equal(list.kind, 'PartialObjectMetadataList');
    assert.deepEqual(Object.keys(list.items[0]), ['kind', 'apiVersion', 'metadata']);
    const one = (await send('GET', `${at('l1')}/m0`, undefined, as('PartialObjectMetadata'))).json();
    assert.equal(one.kind, 'PartialObjectMetadata');
  });

  test('show pods as a view that cannot be written', async () => {
    const pods = '/orgs/acme/api/v1/namespaces/l1/pods';
    const list = (await send('GET', `${pods}?fieldSelector=status.phase%3DRunning`)).json();
    assert.equal(list.kind, 'PodList');
    assert.deepEqual(names(list), ['m0', 'm1', 'm2', 'm3', 'm4']);
    assert.equal(list.items[0].spec.containers[0].name, 'machine');
    assert.equal((await send('DELETE', `${pods}/m0`)).code, 405);
    assert.equal((await send('POST', pods, {})).code, 405);
  });
});

const watch = (path: string, headers?: Record<string, string>) => openWatch(server, path, headers);

describe('watches', () => {
  test('begin with what there is, and go on with each change once', async () => {
    await send('POST', at('w1'), machine('a'));
    const events = await watch(`${at('w1')}?watch=true`);
    assert.equal(events.response.headers['content-type'], 'application/json');
    assert.equal(events.response.headers['transfer-encoding'], 'chunked');
    await send('POST', at('w1'), machine('b'));
    await send(
      'PATCH',
      `${at('w1')}/a`,
      { spec: { size: 2 } },
      { 'Content-Type': 'application/merge-patch+json' },
    );
    await send('POST', at('elsewhere'), machine('c'));
    await send('DELETE', `${at('w1')}/b`);
    assert.deepEqual(await events.take(4), ['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
    events.close();
  });

  test('send their head before there is anything to say, and end after timeoutSeconds', async () => {
    const events = await watch(`${at('quiet')}?watch=true&timeoutSeconds=5`);
    assert.equal(events.response.statusCode, 200);
    await clock.advance(5_000);
    assert.equal(await events.next(), undefined);
  });

  test('resume after a revision, missing and repeating nothing', async () => {
    const { metadata } = (await send('POST', at('w2'), machine('a'))).json();
    await send('POST', at('w2'), machine('b'));
    const events = await watch(`${at('w2')}?watch=true&resourceVersion=${metadata.resourceVersion}`);
    assert.deepEqual(await events.take(1), ['ADDED b']);
    await send('DELETE', `${at('w2')}/a`);
    const deleted = await events.next();
    assert.equal(deleted?.type, 'DELETED');
    assert.ok(Number(deleted?.object.metadata.resourceVersion) > Number(metadata.resourceVersion));
    events.close();
  });

  test('with sendInitialEvents give the state, the bookmark that ends it, and what follows', async () => {
    await send('POST', at('w3'), machine('a'));
    const query =
      'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const events = await watch(`${at('w3')}?${query}`);
    assert.deepEqual(await events.take(1), ['ADDED a']);
    const bookmark = await events.next();
    assert.equal(bookmark?.type, 'BOOKMARK');
    assert.equal(bookmark?.object.kind, 'Machine');
    assert.equal(bookmark?.object.metadata.annotations['k8s.io/initial-events-end'], 'true');
    assert.match(bookmark?.object.metadata.resourceVersion, /^\d+$/);
    await send('POST', at('w3'), machine('b'));
    assert.deepEqual(await events.take(1), ['ADDED b']);
    events.close();
  });

  test('send bookmarks about every minute to who allows them', async () => {
    const events = await watch(`${at('w4')}?watch=true&allowWatchBookmarks=true`);
    await send('POST', at('w4'), machine('a'));
    assert.deepEqual(await events.take(1), ['ADDED a']);
    const head = (await send('POST', at('unrelated'), machine('x'))).json().metadata.resourceVersion;
    await server.testRealms.clock.advance(60_000);
    const bookmark = await events.next();
    assert.equal(bookmark?.type, 'BOOKMARK');
    assert.equal(bookmark?.object.metadata.name, undefined);
    assert.ok(Number(bookmark?.object.metadata.resourceVersion) >= Number(head));
    events.close();
  });

  test('show objects that come into a selection as ADDED, and that leave it as DELETED', async () => {
    await send('POST', at('w5'), machine('a', { on: 'no' }));
    const events = await watch(`${at('w5')}?watch=true&labelSelector=on%3Dyes`);
    const label = (on: string, note = '') =>
      send(
        'PATCH',
        `${at('w5')}/a`,
        { metadata: { labels: { on, note } } },
        { 'Content-Type': 'application/merge-patch+json' },
      );
    await label('yes');
    await label('yes', 'again');
    await label('no');
    await label('no', 'unseen');
    await label('yes');
    await send('DELETE', `${at('w5')}/a`);
    assert.deepEqual(await events.take(5), ['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED a', 'DELETED a']);
    events.close();
    const byField = await watch(`${at('w5')}?watch=true&fieldSelector=metadata.name%3Db`);
    await send('POST', at('w5'), machine('c'));
    await send('POST', at('w5'), machine('b'));
    assert.deepEqual(await byField.take(1), ['ADDED b']);
    byField.close();
  });

  test('give Tables, with columns in the first event only', async () => {
    await send('POST', at('w6'), machine('a'));
    const events = await watch(`${at('w6')}?watch=true`, { Accept: TABLE });
    const first = await events.next();
    assert.deepEqual([first?.object.kind, first?.object.columnDefinitions.length], ['Table', 5]);
    assert.equal(first?.object.rows[0].cells[0], 'a');
    await send('POST', at('w6'), machine('b'));
    const second = await events.next();
    assert.deepEqual([second?.object.columnDefinitions, second?.object.rows[0].cells[0]], [[], 'b']);
    events.close();
  });

  test('of the pod view follow the kind behind it', async () => {
    const events = await watch('/orgs/acme/api/v1/namespaces/w7/pods?watch=true');
    await send('POST', at('w7'), machine('a'));
    const event = await events.next();
    assert.deepEqual([event?.type, event?.object.kind, event?.object.metadata.name], ['ADDED', 'Pod', 'a']);
    events.close();
  });

  test('of one name by its path see that name only', async () => {
    const events = await watch(`${at('w8')}/b?watch=true`);
    await send('POST', at('w8'), machine('a'));
    await send('POST', at('w8'), machine('b'));
    assert.deepEqual(await events.take(1), ['ADDED b']);
    events.close();
  });

  test('end whole when the server closes', async () => {
    const own = await startTestServer({ kinds: TEST_KINDS });
    const request = own.open(`${at('w9')}?watch=true`, {
      agent: false,
      ca: own.ca,
      ...own.clientCertificate,
    });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    const ended = once(response, 'end');
    await own.close();
    await ended;
  });
});

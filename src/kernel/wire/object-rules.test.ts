/**
 * The rules of objects as clients meet them over the wire: names, revisions, generation, what cannot change, and the causes that say so.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TEST_KINDS } from './test-kinds.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const MACHINES = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/p/machines';
const MERGE = { 'Content-Type': 'application/merge-patch+json' };
const machine = (name: string, spec: object = {}, metadata: object = {}) => ({
  metadata: { name, ...metadata },
  spec: { image: 'debian', ...spec },
});

describe('an object', () => {
  let server: TestServer;
  const send = (...parameters: Parameters<TestServer['send']>) => server.send(...parameters);
  before(async () => {
    server = await startTestServer({ kinds: TEST_KINDS });
  });
  after(() => server.close());

  test('that is there already is 409 AlreadyExists, and says which', async () => {
    await send('POST', MACHINES, machine('once'));
    const { code, reason, message, details } = (await send('POST', MACHINES, machine('once'))).json();
    assert.deepEqual([code, reason], [409, 'AlreadyExists']);
    assert.equal(message, 'machines.lab.casemate.internal "once" already exists');
    assert.deepEqual(details, { group: 'lab.casemate.internal', kind: 'machines', name: 'once' });
  });

  test('replaced from a stale revision is 409 Conflict; without a revision, what is sent counts', async () => {
    const first = (await send('POST', MACHINES, machine('stale'))).json();
    const second = (
      await send('PUT', `${MACHINES}/stale`, { ...first, spec: { ...first.spec, size: 2 } })
    ).json();
    for (const path of [`${MACHINES}/stale`, `${MACHINES}/stale/status`]) {
      const refused = await send('PUT', path, first);
      assert.deepEqual([refused.code, refused.json().reason], [409, 'Conflict'], path);
    }
    assert.deepEqual((await send('GET', `${MACHINES}/stale`)).json(), second);
    const { resourceVersion: _, ...metadata } = first.metadata;
    const forced = await send('PUT', `${MACHINES}/stale`, {
      ...first,
      metadata,
      spec: { ...first.spec, size: 3 },
    });
    assert.deepEqual([forced.code, forced.json().spec.size], [200, 3]);
  });

  test('made with a resourceVersion is refused: nothing has one before it is', async () => {
    const answer = await send('POST', MACHINES, machine('early', {}, { resourceVersion: '7' }));
    assert.equal(answer.json().status, 'Failure');
    assert.match(answer.json().message, /resourceVersion/);
    assert.equal((await send('GET', `${MACHINES}/early`)).code, 404);
  });

  test('has a generation that rises with its spec only', async () => {
    const generation = async (path: string, patch: object) =>
      (await send('PATCH', `${MACHINES}/counted${path}`, patch, MERGE)).json().metadata.generation;
    assert.equal((await send('POST', MACHINES, machine('counted'))).json().metadata.generation, 1);
    assert.equal(await generation('', { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } } }), 1);
    assert.equal(await generation('/status', { status: { phase: 'Up' } }), 1);
    assert.equal(await generation('', { spec: { size: 2 } }), 2);
    assert.equal(await generation('', { spec: { size: 2 } }), 2);
    assert.equal(await generation('', { metadata: { generation: 99 } }), 2);
    assert.equal(await generation('', { metadata: { finalizers: ['lab.casemate.internal/hold'] } }), 2);
    const deleted = (await send('DELETE', `${MACHINES}/counted`)).json();
    assert.equal(deleted.metadata.generation, 3, 'that it shall go is desired state');
    await send('PATCH', `${MACHINES}/counted`, { metadata: { finalizers: null } }, MERGE);
  });

  test('that is written as it was keeps its revision, and watchers hear nothing', async () => {
    const first = (await send('POST', MACHINES, machine('same'))).json();
    const second = (await send('PUT', `${MACHINES}/same`, first)).json();
    assert.deepEqual(second, first);
  });

  test('has fields that cannot change: 422 Invalid, with the path of each', async () => {
    const { spec, metadata } = (await send('POST', MACHINES, machine('fixed'))).json();
    const refusals = [
      await send('PATCH', `${MACHINES}/fixed`, { spec: { image: 'other' } }, MERGE),
      await send('PUT', `${MACHINES}/fixed`, { metadata, spec: { ...spec, image: 'other' } }),
      await send('PATCH', `${MACHINES}/fixed`, [{ op: 'replace', path: '/spec/image', value: 'other' }], {
        'Content-Type': 'application/json-patch+json',
      }),
    ];
    for (const refused of refusals) {
      const { code, reason, details } = refused.json();
      assert.deepEqual([code, reason, details.kind, details.name], [422, 'Invalid', 'Machine', 'fixed']);
      assert.deepEqual(
        details.causes.map(({ field }: { field: string }) => field),
        ['spec.image'],
      );
    }
  });

  test('that breaks several rules hears of all of them at once', async () => {
    const answer = await send('POST', MACHINES, machine('many', { size: 'x', power: 'maybe', ports: ['y'] }));
    assert.equal(answer.code, 422);
    assert.deepEqual(
      answer
        .json()
        .details.causes.map(({ field }: { field: string }) => field)
        .sort(),
      ['spec.ports[0]', 'spec.power', 'spec.size'],
    );
  });

  for (const name of ['', '.', 'Upper', 'a_b', '-a', 'a-', 'a/b', 'a b', 'ü', 'x'.repeat(254), 'a\0b']) {
    test(`cannot be called ${JSON.stringify(name.slice(0, 20))}`, async () => {
      const answer = await send('POST', MACHINES, machine(name));
      assert.deepEqual([answer.code, answer.json().reason], [422, 'Invalid'], answer.text);
      assert.equal(answer.json().details.causes[0].field, 'metadata.name');
    });
  }

  test('is read as of a revision that has come, and waits for one that has not: 504 with the cause', async () => {
    const { metadata } = (await send('POST', MACHINES, machine('read'))).json();
    const at = (revision: string) => send('GET', `${MACHINES}/read?resourceVersion=${revision}`);
    assert.equal((await at('0')).code, 200);
    assert.equal((await at(metadata.resourceVersion)).code, 200);
    const waiting = at(String(Number(metadata.resourceVersion) + 1));
    await send('POST', MACHINES, machine('next'));
    assert.equal((await waiting).code, 200, 'the next change brought it');
    assert.equal((await at('x')).code, 400);
  });
});

describe('a list in chunks', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ kinds: TEST_KINDS });
  });
  after(() => server.close());

  test('gives every object of its beginning once, while everything changes under it', async () => {
    const name = (index: number) => `m${String(index).padStart(3, '0')}`;
    for (let index = 0; index < 60; index++)
      await server.send('POST', MACHINES, machine(name(index), { size: 1 }));
    const got: string[] = [];
    const revisions = new Set<string>();
    let token = '';
    let remaining: number | undefined;
    for (let page = 0; page === 0 || token !== ''; page++) {
      const { items, metadata } = (await server.send('GET', `${MACHINES}?limit=7&continue=${token}`)).json();
      for (const { metadata: own, spec } of items) {
        got.push(own.name);
        assert.equal(spec.size, 1, 'as it was when the list began');
      }
      revisions.add(metadata.resourceVersion);
      remaining = metadata.remainingItemCount;
      token = metadata.continue ?? '';
      if (token !== '') assert.equal(remaining, 60 - got.length);
      // Behind and ahead of the page: one goes, one comes, one changes.
      await server.send('DELETE', `${MACHINES}/${name(page * 5)}`);
      await server.send('POST', MACHINES, machine(`${name(page * 6)}-new`));
      await server.send('PATCH', `${MACHINES}/${name(59 - page)}`, { spec: { size: 9 } }, MERGE);
    }
    assert.deepEqual(
      got,
      Array.from({ length: 60 }, (_, index) => name(index)),
    );
    assert.equal(revisions.size, 1);
    assert.equal(remaining, undefined);
  });

  test('counts what remains without selectors only', async () => {
    const page = (await server.send('GET', `${MACHINES}?limit=1&labelSelector=!x`)).json();
    assert.equal(typeof page.metadata.continue, 'string');
    assert.equal(page.metadata.remainingItemCount, undefined);
  });
});

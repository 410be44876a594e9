/** Watches over WebSocket: what a browser takes, which keeps only six connections of HTTP/1.1. The events are those of a watch over HTTP. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import type { Authorizer } from '../access.ts';
import { ManualClock } from '../store/manual-clock.ts';
import { REVALIDATION_INTERVAL_MS, SLOW_CLIENT_LIMIT_MS } from './limits.ts';
import { TEST_KINDS } from './test-kinds.ts';
import { startTestServer, type TestServer } from './test-server.ts';
import { TABLE_PROTOCOL } from './watch-protocol.ts';

const MACHINES = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/p/machines';
const MERGE = { 'Content-Type': 'application/merge-patch+json' };
const TOKEN = `base64url.bearer.authorization.k8s.io.${Buffer.from('a.token').toString('base64url')}`;

interface Told {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: events hold objects of every shape
  readonly object: any;
}

describe('a watch over WebSocket', () => {
  let server: TestServer;
  let clock: ManualClock;
  let allowed: boolean;
  const authorizer: Authorizer = {
    decide: async () => ({ allowed, reason: 'the test says so' }),
    rules: async () => [],
  };
  beforeEach(async () => {
    allowed = true;
    clock = new ManualClock();
    server = await startTestServer({
      kinds: TEST_KINDS,
      clock,
      authorizer,
      limits: { watchRing_max: 4, watchHistory_max: 4, history_ms: 1_000, housekeeping_ms: 1_000 },
    });
  });
  afterEach(() => server.close());

  const create = async (name: string, metadata: object = {}) => {
    const body = { metadata: { name, ...metadata }, spec: { image: 'debian' } };
    const answer = await server.send('POST', MACHINES, body);
    assert.equal(answer.code, 201);
    return answer.json();
  };
  const connect = (query: string, protocols: string[] = [], headers: Record<string, string> = {}) =>
    new WebSocket(`${server.url.replace('https', 'wss')}${MACHINES}${query}`, protocols, {
      ca: server.ca,
      ...server.clientCertificate,
      headers,
    });

  /** What it tells, in turn; undefined when it has ended. */
  function reader(socket: WebSocket): () => Promise<Told | undefined> {
    const told: Told[] = [];
    let arrived = Promise.withResolvers<void>();
    let isClosed = false;
    const wake = () => {
      arrived.resolve();
      arrived = Promise.withResolvers();
    };
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      assert.equal(isBinary, false);
      told.push(JSON.parse(data.toString()));
      wake();
    });
    socket.on('close', () => {
      isClosed = true;
      wake();
    });
    return async () => {
      while (told.length === 0 && !isClosed) await arrived.promise;
      return told.shift();
    };
  }

  async function refusal(query: string, headers?: Record<string, string>) {
    const socket = connect(query, [], headers);
    socket.on('error', () => {});
    const [, response] = await once(socket, 'unexpected-response');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString());
  }

  test('tells what there is and each change, a text message each', async () => {
    await create('a');
    const socket = connect('?watch=1');
    const next = reader(socket);
    assert.equal((await next())?.object.metadata.name, 'a');
    const { metadata } = await create('b');
    const event = await next();
    assert.deepEqual(
      [event?.type, event?.object.kind, event?.object.metadata.name],
      ['ADDED', 'Machine', 'b'],
    );
    await server.send('PATCH', `${MACHINES}/a`, { spec: { size: 3 } }, MERGE);
    assert.equal((await next())?.object.spec.size, 3);
    socket.close();
    await once(socket, 'close');
    const onward = connect(
      `?watch=1&resourceVersion=${metadata.resourceVersion}&fieldSelector=metadata.name=a`,
    );
    const follow = reader(onward);
    assert.equal((await follow())?.type, 'MODIFIED');
    await server.send('DELETE', `${MACHINES}/a`);
    assert.equal((await follow())?.type, 'DELETED');
    onward.close();
  });

  test('of one object by its path tells of that one', async () => {
    const socket = new WebSocket(`${server.url.replace('https', 'wss')}${MACHINES}/b?watch=1`, {
      ca: server.ca,
      ...server.clientCertificate,
    });
    const next = reader(socket);
    await once(socket, 'open');
    await create('a');
    await create('b');
    assert.equal((await next())?.object.metadata.name, 'b');
    socket.close();
  });

  test('gives rows of a Table to a page that asks for them by subprotocol, and never says the token again', async () => {
    await create('a');
    const socket = connect('?watch=1&includeObject=Object', [TOKEN, TABLE_PROTOCOL]);
    const next = reader(socket);
    const event = await next();
    assert.equal(socket.protocol, TABLE_PROTOCOL);
    assert.deepEqual([event?.object.kind, event?.object.rows[0].object.spec.image], ['Table', 'debian']);
    socket.close();
    const other = connect('?watch=1', [TOKEN, 'base64.binary.k8s.io']);
    const told = reader(other);
    assert.equal((await told())?.object.kind, 'Machine');
    assert.equal(other.protocol, 'base64.binary.k8s.io');
    other.close();
  });

  test('that may not be is refused before it begins: no right, another origin, a revision long gone, a list', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await create(name);
    assert.equal((await refusal('?watch=1&resourceVersion=1')).code, 410);
    const foreign = await refusal('?watch=1', { Origin: 'https://elsewhere.example' });
    assert.deepEqual([foreign.code, foreign.reason], [403, 'Forbidden']);
    assert.match((await refusal('')).message, /only terminals of objects and watches/);
    assert.equal((await refusal('?watch=1&labelSelector=%3D')).code, 400);
    allowed = false;
    assert.equal((await refusal('?watch=1')).code, 403);
  });

  test('ends with an ERROR event when its holder has lost access', async () => {
    const socket = connect('?watch=1');
    const next = reader(socket);
    await once(socket, 'open');
    await create('a');
    assert.equal((await next())?.type, 'ADDED');
    allowed = false;
    await clock.advance(REVALIDATION_INTERVAL_MS);
    const last = await next();
    assert.deepEqual([last?.type, last?.object.reason], ['ERROR', 'Forbidden']);
    assert.equal(await next(), undefined);
  });

  test('that takes nothing is cut off, and what it held is given back', async () => {
    const socket = connect('?watch=1');
    await once(socket, 'open');
    socket.pause();
    const closed = once(socket, 'close');
    const note = 'x'.repeat(200_000);
    for (let index = 0; index < 100; index++) await create(`big${index}`, { annotations: { note } });
    await clock.advance(SLOW_CLIENT_LIMIT_MS);
    socket.resume();
    const [code] = await closed;
    assert.notEqual(code, 1_000);
  });

  test('ends when the server closes', async () => {
    const socket = connect('?watch=1');
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await server.close();
    await closed;
    server = await startTestServer({ kinds: TEST_KINDS });
  });
});

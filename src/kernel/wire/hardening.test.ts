/**
 * What the wire does with clients that misbehave, lose their access, or come too late.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent } from 'node:https';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import tls from 'node:tls';
import type { Authorizer } from '../access.ts';
import { isStatusError } from '../errors.ts';
import { silentLogger } from '../logger.ts';
import { ManualClock } from '../store/manual-clock.ts';
import { openTestRealms } from '../store/test-realms.ts';
import { REVALIDATION_INTERVAL_MS, SLOW_CLIENT_LIMIT_MS, STRANGER_RECORDS_PER_MINUTE_MAX } from './limits.ts';
import { Quota } from './quota.ts';
import { createApiServer } from './server.ts';
import { FrameReader, HeaderReader, SpdyError } from './spdy-frames.ts';
import { testAuthority } from './test-certificates.ts';
import { TEST_KINDS } from './test-kinds.ts';
import { sendRequest, startTestServer, type TestServer, type TestServerOptions } from './test-server.ts';

const MACHINES = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/p/machines';
const machine = (name: string) => ({ metadata: { name }, spec: { image: 'debian' } });

async function withServer(options: Partial<TestServerOptions>, work: (server: TestServer) => Promise<void>) {
  const server = await startTestServer({ kinds: TEST_KINDS, ...options });
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

async function openWatch(server: TestServer, path: string): Promise<IncomingMessage> {
  const request = server.open(path);
  request.on('error', () => {});
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  return response;
}

/** Sends bytes as they are and gives the first line of the answer. */
async function raw(server: TestServer, text: string): Promise<string> {
  const port = Number(new URL(server.url).port);
  const socket = tls.connect({ host: '127.0.0.1', port, ca: server.ca, ...server.clientCertificate });
  socket.on('error', () => {});
  socket.end(text);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

test('a watch ends with an ERROR event soon after its holder lost access', async () => {
  const clock = new ManualClock();
  let allowed = true;
  const authorizer: Authorizer = {
    decide: async () => ({ allowed, reason: 'the test says so' }),
    rules: async () => [],
  };
  await withServer({ clock, authorizer }, async (server) => {
    const response = await openWatch(server, `${MACHINES}?watch=true`);
    const lines = createInterface({ input: response })[Symbol.asyncIterator]();
    await clock.advance(REVALIDATION_INTERVAL_MS);
    await server.send('POST', MACHINES, machine('seen'));
    assert.equal(JSON.parse((await lines.next()).value ?? '').type, 'ADDED');
    allowed = false;
    await clock.advance(REVALIDATION_INTERVAL_MS);
    const event = JSON.parse((await lines.next()).value ?? '');
    assert.deepEqual([event.type, event.object.reason], ['ERROR', 'Forbidden']);
    assert.equal((await lines.next()).done, true);
  });
});

test('a watch or a chunk from before history begins is 410 Expired, before the stream begins', async () => {
  await withServer(
    { limits: { watchRing_max: 2, watchHistory_max: 2, history_ms: 1_000, housekeeping_ms: 1_000 } },
    async (server) => {
      for (const name of ['a', 'b', 'c', 'd']) await server.send('POST', MACHINES, machine(name));
      const first = (await server.send('GET', `${MACHINES}?limit=1`)).json();
      for (const name of ['e', 'f', 'g', 'h']) await server.send('POST', MACHINES, machine(name));
      const answer = await server.send('GET', `${MACHINES}?watch=true&resourceVersion=2`);
      assert.deepEqual([answer.code, answer.json().reason], [410, 'Expired']);
      const chunk = await server.send('GET', `${MACHINES}?limit=1&continue=${first.metadata.continue}`);
      assert.deepEqual([chunk.code, chunk.json().reason], [410, 'Expired']);
      const onward = await server.send('GET', `${MACHINES}?continue=${chunk.json().metadata.continue}`);
      assert.deepEqual(
        onward.json().items.map((item: { metadata: { name: string } }) => item.metadata.name),
        ['b', 'c', 'd', 'e', 'f', 'g', 'h'],
      );
    },
  );
});

test('a watcher that takes nothing is disconnected, and the others go on', async () => {
  const clock = new ManualClock();
  await withServer({ clock }, async (server) => {
    const slow = await openWatch(server, `${MACHINES}?watch=true`);
    slow.pause();
    const gone = new Promise((resolve) => slow.once('close', resolve));
    const note = 'x'.repeat(200_000);
    for (let index = 0; index < 100; index++) {
      const patch = { ...machine('big'), metadata: { name: `big${index}`, annotations: { note } } };
      assert.equal((await server.send('POST', MACHINES, patch)).code, 201);
    }
    await clock.advance(SLOW_CLIENT_LIMIT_MS);
    slow.resume();
    await gone;
    assert.equal(slow.complete, false);
    assert.equal((await server.send('GET', MACHINES)).json().items.length, 100);
  });
});

test('strangers cannot fill the access log: past a bound they are counted', async () => {
  const clock = new ManualClock();
  await withServer({ clock }, async (server) => {
    const stranger = () => server.open('/api', { agent: false, ca: server.ca, method: 'GET' });
    const agent = new Agent({ keepAlive: true, ca: server.ca });
    for (let index = 0; index < STRANGER_RECORDS_PER_MINUTE_MAX + 5; index++) {
      assert.equal((await sendRequest(server.open('/api', { agent }))).code, 401);
    }
    agent.destroy();
    const unauthenticated = () =>
      server.accessRecords.filter(({ decision }) => decision === 'unauthenticated');
    assert.equal(unauthenticated().length, STRANGER_RECORDS_PER_MINUTE_MAX);
    await clock.advance(60_000);
    await sendRequest(stranger());
    assert.equal(
      unauthenticated().at(-2)?.reason,
      '5 more requests without valid credentials were counted, not recorded one by one',
    );
  });
});

test('a renewed certificate serves new connections', async () => {
  const authority = testAuthority();
  const served: string[] = [];
  const realms = await openTestRealms({ kinds: TEST_KINDS });
  const server = createApiServer({
    registry: realms.registry,
    realms: realms.realms,
    authenticator: { authenticate: async () => assert.fail('nobody asks') },
    authorizer: { decide: async () => assert.fail('nobody asks'), rules: async () => [] },
    accessLog: realms.realms.access,
    tls: authority.server(),
    clock: realms.clock,
    random: realms.random,
    logger: silentLogger,
    version: { casemate: 'test' },
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const connect = async () => {
    const socket = tls.connect({ host: '127.0.0.1', port: server.address?.port ?? 0, ca: authority.ca });
    await once(socket, 'secureConnect');
    served.push(socket.getPeerCertificate().serialNumber);
    socket.destroy();
  };
  await connect();
  const renewed = authority.server();
  server.renewTls(renewed);
  await connect();
  assert.equal(served[1], new X509Certificate(renewed.cert).serialNumber);
  assert.notEqual(served[0], served[1]);
  assert.throws(() => server.renewTls({ key: authority.server().key, cert: renewed.cert }));
  await server.close();
  await realms.close();
});

test('malformed requests get an answer, and the server lives', async () => {
  await withServer({}, async (server) => {
    for (const [text, code] of [
      ['GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
      ['GET /orgs/%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
      [`GET /${'a'.repeat(17_000)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, 400],
      ['PROPFIND /api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 405],
      ['OPTIONS /api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 405],
      ['nonsense\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
      ['GET /api HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n', 400],
    ] as const) {
      assert.match(await raw(server, text), new RegExp(`^HTTP/1\\.1 ${code} `), text.slice(0, 40));
    }
    assert.equal((await server.send('GET', '/version')).code, 200);
  });
});

test('a quota refuses past its bounds, and takes back what is given back once', () => {
  const quota = new Quota('watches', 2, 3);
  const give = quota.take('a');
  quota.take('a');
  const tooMany = (error: unknown) => isStatusError(error, 'TooManyRequests');
  assert.throws(() => quota.take('a'), tooMany);
  quota.take('b');
  assert.throws(() => quota.take('c'), tooMany);
  give();
  give();
  quota.take('c');
  assert.throws(() => quota.take('c'), tooMany);
});

test('broken SPDY is refused, never a fault', async () => {
  const frames = new FrameReader();
  assert.throws(() => [...frames.push(Buffer.from([0, 0, 0, 1, 0, 0xff, 0xff, 0xff]))], SpdyError);
  assert.throws(() => [...new FrameReader().push(Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0]))], SpdyError);
  await assert.rejects(new HeaderReader().read(Buffer.from('no zlib')), SpdyError);
});

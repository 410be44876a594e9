import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import { badRequest } from '../errors.ts';
import { type Logger, silentLogger } from '../logger.ts';
import { organizationRealm, REGION } from '../realm-id.ts';
import type { RealmRoute } from '../route.ts';
import { ManualClock } from '../store/manual-clock.ts';
import { CLOSE_GRACE_MS, STREAM_END_MS } from './limits.ts';
import { checkRoutes } from './routes.ts';
import { Machine, Namespace } from './test-kinds.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const echo: RealmRoute = {
  segment: 'echo',
  realms: ['region', 'organization'],
  async handle({ realm, prefix, path, incoming, response }) {
    if (path === '/refused') throw badRequest('path: not this one');
    if (path === '/broken') throw new Error('a secret detail');
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ realm, prefix, path, url: incoming.url }));
  },
};

suite('a protocol beside the API', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      kinds: [Namespace, Machine],
      create: [REGION, organizationRealm('acme')],
      options: { routes: [echo] },
    });
  });
  after(() => server.close());

  test('is given its realm and the rest of the path, and answers by itself', async () => {
    const answer = await server.send('GET', '/orgs/acme/echo/a%2Fb?c=1');
    assert.deepEqual(answer.json(), {
      realm: '/orgs/acme',
      prefix: '/orgs/acme',
      path: '/a%2Fb',
      url: '/orgs/acme/echo/a%2Fb?c=1',
    });
    assert.deepEqual((await server.send('GET', '/echo')).json(), {
      realm: '/',
      prefix: '',
      path: '',
      url: '/echo',
    });
  });

  test('refuses with a Status, and keeps faults of ours to itself', async () => {
    const refused = await server.send('GET', '/echo/refused');
    assert.deepEqual([refused.code, refused.json().kind], [400, 'Status']);
    const broken = await server.send('GET', '/echo/broken');
    assert.equal(broken.code, 500);
    assert.doesNotMatch(broken.text, /secret detail/);
  });

  test('is not there in a realm that does not exist, nor where nothing has its name', async () => {
    for (const path of ['/orgs/nobody/echo', '/orgs/acme/other', '/other']) {
      assert.equal((await server.send('GET', path)).code, path.startsWith('/orgs/nobody') ? 401 : 404);
    }
  });

  test('cannot take a segment of the API or of another', () => {
    assert.throws(() => checkRoutes([{ ...echo, segment: 'apis' }]), /no route can be at "apis"/);
    assert.throws(() => checkRoutes([{ ...echo, segment: 'Echo' }]), /no route can be at/);
    assert.throws(() => checkRoutes([echo, echo]), /two routes at "echo"/);
  });
});

test('a protocol that never comes to its end does not keep the server from closing', async () => {
  const clock = new ManualClock();
  const faults: unknown[] = [];
  const logger: Logger = { ...silentLogger, error: (fields) => void faults.push(fields) };
  const asked = Promise.withResolvers<void>();
  const stuck: RealmRoute = {
    segment: 'stuck',
    realms: ['region'],
    handle() {
      asked.resolve();
      return new Promise(() => {});
    },
  };
  const server = await startTestServer({
    kinds: [Namespace, Machine],
    create: [REGION],
    clock,
    logger,
    options: { routes: [stuck] },
  });
  const asking = server.open('/stuck').end();
  const cut = once(asking, 'error');
  await asked.promise;
  // The answer has begun by then.
  await clock.advance(0);
  const closed = server.close();
  await clock.advance(CLOSE_GRACE_MS);
  await cut;
  await clock.advance(STREAM_END_MS);
  await closed;
  assert.deepEqual(faults, [{ streams: 1 }]);
});

/**
 * What passes says when to come back: 429 and 503 carry `Retry-After` and the same in the Status, which clients of Kubernetes obey.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unavailable } from '../errors.ts';
import { TEST_KINDS } from './test-kinds.ts';
import { startTestServer, type TestAnswer, type TestServerOptions } from './test-server.ts';
import { openWatch } from './test-watch.ts';

const MACHINES = '/orgs/acme/apis/lab.casemate.internal/v1/namespaces/p/machines';
const machine = (name: string) => ({ metadata: { name }, spec: { image: 'debian' } });

function assertComeBack(answer: TestAnswer, code: number, reason: string): void {
  const status = answer.json();
  assert.deepEqual([answer.code, status.code, status.reason], [code, code, reason]);
  const seconds = Number(answer.headers['retry-after']);
  assert.ok(Number.isInteger(seconds) && seconds > 0, String(answer.headers['retry-after']));
  assert.equal(status.details.retryAfterSeconds, seconds);
}

async function withServer(
  options: Partial<TestServerOptions>,
  work: (server: Awaited<ReturnType<typeof startTestServer>>) => Promise<void>,
): Promise<void> {
  const server = await startTestServer({ kinds: TEST_KINDS, ...options });
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

test('more writes than the lane takes are 429 with Retry-After, and none of them is half done', async () => {
  await withServer({ limits: { laneQueue_max: 2, laneBatch_max: 1 } }, async (server) => {
    const { storage } = server.testRealms;
    const commit = storage.commitChanges.bind(storage);
    const gate = Promise.withResolvers<void>();
    storage.commitChanges = async (append) => {
      await gate.promise;
      return commit(append);
    };
    const names = Array.from({ length: 10 }, (_, index) => `m${index}`);
    const refused: TestAnswer[] = [];
    const all = names.map(async (name) => {
      const answer = await server.send('POST', MACHINES, machine(name));
      if (answer.code !== 201) refused.push(answer);
      // One is being committed and two wait: everybody else has been refused by now.
      if (refused.length === 7) gate.resolve();
      return { name, code: answer.code };
    });
    const made = (await Promise.all(all)).filter(({ code }) => code === 201).map(({ name }) => name);
    assert.equal(made.length, 3);
    for (const answer of refused) assertComeBack(answer, 429, 'TooManyRequests');
    const { items } = (await server.send('GET', MACHINES)).json();
    assert.deepEqual(
      items.map((item: { metadata: { name: string } }) => item.metadata.name),
      made,
    );
  });
});

test('more watches than a realm takes are 429 with Retry-After, and a place that is free again is taken', async () => {
  await withServer({ limits: { watches_max: 1 } }, async (server) => {
    const first = await openWatch(server, `${MACHINES}?watch=true`);
    assertComeBack(await server.send('GET', `${MACHINES}?watch=true`), 429, 'TooManyRequests');
    first.close();
    for (;;) {
      const again = await openWatch(server, `${MACHINES}?watch=true`);
      again.close();
      if (again.response.statusCode === 200) break;
      assert.equal(again.response.statusCode, 429);
    }
  });
});

test('storage that does not answer is 503 with Retry-After, and /livez lives on', async () => {
  await withServer({}, async (server) => {
    server.testRealms.realms.fresh = async () => {
      throw unavailable('the storage does not answer; try again in a moment', 2);
    };
    assertComeBack(await server.send('GET', MACHINES), 503, 'ServiceUnavailable');
    assertComeBack(await server.send('POST', MACHINES, machine('a')), 503, 'ServiceUnavailable');
    assert.equal((await server.send('GET', '/livez')).code, 200);
  });
});
